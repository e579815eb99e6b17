"""Validation, faults, the recorder, S3's own rules, and the life of the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
from conftest import Cloud, phase, script, training, until


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def unchecked(cloud: Cloud, service: str) -> Any:
    """A client that sends what it is told, once."""
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=cloud.endpoint,
        aws_access_key_id="AKIALOCALADMIN000000",
        aws_secret_access_key="local-admin",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


def test_all_faults_of_a_request_are_named_in_the_words_of_aws(cloud: Cloud) -> None:
    with pytest.raises(ClientError) as caught:
        unchecked(cloud, "sagemaker").create_training_job(
            TrainingJobName="bad name!",
            AlgorithmSpecification={"TrainingInputMode": "Floppy"},
            OutputDataConfig={"S3OutputPath": "nowhere"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 0},
        )
    assert code_of(caught) == "ValidationException"
    message = str(caught.value)
    assert "validation errors detected" in message
    for part in (
        "Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        "Value 'bad name!' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression",
        "'algorithmSpecification.trainingInputMode' failed to satisfy constraint: Member must satisfy enum value set",
        "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value",
        "'outputDataConfig.s3OutputPath' failed to satisfy constraint: Member must satisfy regular expression",
    ):
        assert part in message


def test_a_member_that_is_null_is_absent(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="Missing ARN"):
        unchecked(cloud, "sagemaker").create_model_package(ModelPackageGroupName=None)


def test_what_the_cloud_does_not_have_is_said_by_name(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="sagemaker:ListEndpoints is not part of the local cloud") as caught:
        unchecked(cloud, "sagemaker").list_endpoints()
    assert code_of(caught) == "NotImplemented"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("throttle", "ThrottlingException"),
        ("500", "InternalFailure"),
        ("503", "ServiceUnavailable"),
        ("expired", "ExpiredTokenException"),
    ],
)
def test_faults_befall_the_next_request_only(cloud: Cloud, kind: str, code: str) -> None:
    client = unchecked(cloud, "sagemaker")
    cloud.control("POST", "faults", {"kind": kind, "operation": "ListTrainingJobs"})
    client.list_processing_jobs()
    with pytest.raises(ClientError) as caught:
        client.list_training_jobs()
    assert code_of(caught) == code
    client.list_training_jobs()


@pytest.mark.parametrize(("kind", "happened"), [("reset", False), ("lost-response", True)])
def test_connections_break_before_or_after_the_work(cloud: Cloud, s3: Any, kind: str, happened: bool) -> None:
    cloud.control("POST", "faults", {"kind": kind, "operation": "PutObject"})
    with pytest.raises((ConnectionError, HTTPClientError)):
        unchecked(cloud, "s3").put_object(Bucket="data", Key=f"broken/{kind}", Body=b"x")
    assert ("Contents" in s3.list_objects_v2(Bucket="data", Prefix=f"broken/{kind}")) == happened


def test_the_recorder_knows_who_called_what_and_what_the_policies_said(cloud: Cloud) -> None:
    cloud.control("DELETE", "calls")
    cloud.client("s3", "AKIADEV0000000000000", "dev").list_objects_v2(Bucket="data", Prefix="train/")
    (call,) = cloud.control("GET", "calls")
    assert (call["service"], call["operation"], call["status"]) == ("s3", "ListObjectsV2", 200)
    assert call["principal"] == "arn:aws:iam::123456789012:user/dev"
    assert call["checks"] == [{"action": "s3:ListBucket", "resource": "arn:aws:s3:::data", "allowed": True}]


def test_the_bucket_of_somebody_else(s3: Any) -> None:
    for call in (s3.list_objects_v2, s3.head_bucket):
        with pytest.raises(ClientError) as caught:
            call(Bucket="of-others")
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_conditional_writes(s3: Any) -> None:
    first = s3.put_object(Bucket="data", Key="latest", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="data", Key="latest", Body=b"2", IfNoneMatch="*")
    second = s3.put_object(Bucket="data", Key="latest", Body=b"2", IfMatch=first)["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="data", Key="latest", Body=b"3", IfMatch=first)
    assert s3.head_object(Bucket="data", Key="latest")["ETag"] == second
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.put_object(Bucket="data", Key="never", Body=b"3", IfMatch=first)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def busy(cloud: Cloud, folder: Path) -> int:
    """A job under way; gives the pid of its process."""
    sm, s3 = cloud.client("sagemaker"), cloud.client("s3")
    s3.put_object(Bucket="data", Key="train/a.csv", Body=b"x\n")
    sm.create_training_job(**training("busy", HyperParameters=script(s3, "busy", "import time; time.sleep(60)")))
    phase(sm, "busy", "Training")
    (note,) = until(lambda: list((folder / "states").glob("*/processes/*.json")))
    return int(note.stem)


def test_it_stops_with_all_its_jobs(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    pid = busy(cloud, tmp_path)
    cloud.stop()
    until(lambda: not is_alive(pid))
    assert list((tmp_path / "states").iterdir()) == []


def test_after_a_kill_the_next_start_reaps_what_is_left(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    pid = busy(cloud, tmp_path)
    cloud.process.kill()
    cloud.process.wait()
    assert is_alive(pid)
    again = Cloud(tmp_path)
    assert again.hello["reaped"] == 1
    until(lambda: not is_alive(pid))
    again.stop()


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    starter = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import conftest\n"
        "cloud = conftest.Cloud(Path(sys.argv[2])); print(cloud.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", starter, str(Path(__file__).parent), str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until(lambda: not is_alive(pid))
