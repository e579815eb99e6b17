"""What bare moto gets wrong of the services the actions use. Each row passes here and fails there."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import ACCOUNT, EXECUTION, IMAGE, training
from test_processing import processing

Clients = Callable[[str], Any]


def clients_of(endpoint: str) -> Clients:
    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id=ACCOUNT["admin"]["accessKeyId"],
            aws_secret_access_key=ACCOUNT["admin"]["secretAccessKey"],
            config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        )

    return client


def refused(call: Callable[..., Any], code: str, **params: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == code


def final(sm: Any, name: str) -> dict[str, Any]:
    for _ in range(200):
        found = sm.describe_training_job(TrainingJobName=name)
        if found["TrainingJobStatus"] not in ("InProgress", "Stopping"):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name} does not end")


def echo(name: str, **more: Any) -> dict[str, Any]:
    request = training(name, **more)
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["sh", "-c", "echo score=3; sleep 0.3"]
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "score", "Regex": "score=([0-9]+)"}]
    return request


def a_job_is_born_in_progress(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("born"))
    assert sm.describe_training_job(TrainingJobName="born")["TrainingJobStatus"] == "InProgress"


def a_job_goes_through_its_phases(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("phases"))
    phases = [entry["Status"] for entry in final(sm, "phases")["SecondaryStatusTransitions"]]
    assert phases == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def a_job_really_runs_and_its_metrics_are_read(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("metrics"))
    found = final(sm, "metrics")["FinalMetricDataList"]
    assert [(metric["MetricName"], metric["Value"]) for metric in found] == [("score", 3.0)]


def metric_definitions_stay_as_they_were(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("definitions"))
    described = sm.describe_training_job(TrainingJobName="definitions")
    assert described["AlgorithmSpecification"]["MetricDefinitions"] == [{"Name": "score", "Regex": "score=([0-9]+)"}]


def the_artifact_is_there(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("artifact"))
    uri = final(sm, "artifact")["ModelArtifacts"]["S3ModelArtifacts"]
    client("s3").head_object(Bucket="data", Key=uri.removeprefix("s3://data/"))


def times_are_counted(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("times"))
    found = final(sm, "times")
    assert found["TrainingTimeInSeconds"] >= 1 and found["BillableTimeInSeconds"] >= 1


def environment_and_retry_strategy_are_kept(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("kept", Environment={"A": "1"}, RetryStrategy={"MaximumRetryAttempts": 2}))
    found = sm.describe_training_job(TrainingJobName="kept")
    assert (found["Environment"], found["RetryStrategy"]) == ({"A": "1"}, {"MaximumRetryAttempts": 2})


def a_training_name_is_taken_once(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("once"))
    refused(sm.create_training_job, "ResourceInUse", **echo("once"))


def a_bad_request_is_refused_in_words(client: Clients) -> None:
    refused(client("sagemaker").create_training_job, "ValidationException", TrainingJobName="bad name!")


def an_unknown_job_is_not_found_in_the_words_of_aws(client: Clients) -> None:
    with pytest.raises(ClientError, match=r"Requested resource not found\."):
        client("sagemaker").describe_training_job(TrainingJobName="nobody")


def a_training_job_can_be_stopped(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_training_job(**echo("stop-it"))
    sm.stop_training_job(TrainingJobName="stop-it")
    assert final(sm, "stop-it")["TrainingJobStatus"] == "Stopped"


def lists_are_sorted(client: Clients) -> None:
    sm = client("sagemaker")
    for name in ("sort-b", "sort-a", "sort-c"):
        sm.create_training_job(**echo(name))
    found = sm.list_training_jobs(NameContains="sort-", SortBy="Name", SortOrder="Ascending")["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in found] == ["sort-a", "sort-b", "sort-c"]


def filters_come_before_pages(client: Clients) -> None:
    sm = client("sagemaker")
    for name in ("page-x", "other-1", "other-2", "other-3", "page-y"):
        sm.create_training_job(**echo(name))
    found = sm.list_training_jobs(NameContains="page-", MaxResults=2)
    assert len(found["TrainingJobSummaries"]) == 2 and "NextToken" not in found


def a_processing_job_runs(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_processing_job(**processing("runs", "echo 1 > /opt/ml/processing/output/x"))
    for _ in range(200):
        if sm.describe_processing_job(ProcessingJobName="runs")["ProcessingJobStatus"] != "InProgress":
            break
        time.sleep(0.05)
    client("s3").head_object(Bucket="data", Key="processed/runs/x")


def a_processing_job_shows_its_resources(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_processing_job(**processing("resources", "true", Environment={"A": "1"}))
    found = sm.describe_processing_job(ProcessingJobName="resources")
    assert found["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 1 and found["Environment"] == {"A": "1"}


def a_processing_name_is_taken_once(client: Clients) -> None:
    sm = client("sagemaker")
    sm.create_processing_job(**processing("once-p", "true"))
    refused(sm.create_processing_job, "ResourceInUse", **processing("once-p", "true"))


def a_web_identity_must_be_a_token(client: Clients) -> None:
    refused(
        client("sts").assume_role_with_web_identity,
        "InvalidIdentityToken",
        RoleArn=EXECUTION,
        RoleSessionName="session",
        WebIdentityToken="not.a.jwt",
    )


def a_role_that_does_not_exist_is_not_assumed(client: Clients) -> None:
    refused(
        client("sts").assume_role,
        "AccessDenied",
        RoleArn="arn:aws:iam::123456789012:role/nobody",
        RoleSessionName="session",
    )


def the_bucket_of_somebody_else_is_closed(client: Clients) -> None:
    refused(client("s3").list_objects_v2, "AccessDenied", Bucket="of-others")


def what_is_missing_is_said_without_a_500(client: Clients) -> None:
    refused(client("sagemaker").stop_compilation_job, "NotImplemented", CompilationJobName="x")


ROWS = [
    a_job_is_born_in_progress,
    a_job_goes_through_its_phases,
    a_job_really_runs_and_its_metrics_are_read,
    metric_definitions_stay_as_they_were,
    the_artifact_is_there,
    times_are_counted,
    environment_and_retry_strategy_are_kept,
    a_training_name_is_taken_once,
    a_bad_request_is_refused_in_words,
    an_unknown_job_is_not_found_in_the_words_of_aws,
    a_training_job_can_be_stopped,
    lists_are_sorted,
    filters_come_before_pages,
    a_processing_job_runs,
    a_processing_job_shows_its_resources,
    a_processing_name_is_taken_once,
    a_web_identity_must_be_a_token,
    a_role_that_does_not_exist_is_not_assumed,
    the_bucket_of_somebody_else_is_closed,
    what_is_missing_is_said_without_a_500,
]

BARE = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def bare() -> Iterator[Clients]:
    """moto by itself, with the same buckets."""
    process = subprocess.Popen(
        [sys.executable, "-c", BARE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    client = clients_of(f"http://127.0.0.1:{int(process.stdout.readline())}")
    for bucket in ("data", "other"):
        client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket="data", Key="train/a.csv", Body=b"x\n1\n")
    yield client
    process.kill()
    process.wait()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_it_is_right_here(cloud: Any, row: Callable[[Clients], None]) -> None:
    row(clients_of(cloud.endpoint))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_it_is_wrong_on_bare_moto(bare: Clients, row: Callable[[Clients], None]) -> None:
    with pytest.raises((AssertionError, ClientError, KeyError, pytest.fail.Exception)):
        row(bare)


def test_the_image_of_these_rows_is_mapped() -> None:
    assert ACCOUNT["images"][0]["match"] == IMAGE
