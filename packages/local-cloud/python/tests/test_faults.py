"""Faults as clients meet them, in the words of each service."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import Cloud, ended, script, training
from test_processing import ended as processed
from test_processing import processing

from local_cloud.faults import Faults

ONCE = Config(retries={"total_max_attempts": 1})
READER = "arn:aws:sts::*:assumed-role/reader/*"
#: A call of each protocol.
CALLS: dict[str, Callable[[Any], Any]] = {
    "sagemaker": lambda client: client.list_training_jobs(),
    "logs": lambda client: client.describe_log_groups(),
    "s3": lambda client: client.list_objects_v2(Bucket="data"),
    "sts": lambda client: client.get_caller_identity(),
}


@pytest.fixture(autouse=True)
def no_fault_stays(cloud: Cloud) -> Iterator[None]:
    yield
    cloud.control("DELETE", "faults")


@pytest.mark.parametrize(
    ("kind", "service", "status", "code"),
    [
        ("throttle", "sagemaker", 400, "ThrottlingException"),
        ("throttle", "logs", 400, "ThrottlingException"),
        ("throttle", "s3", 503, "SlowDown"),
        ("throttle", "sts", 400, "Throttling"),
        ("500", "sagemaker", 500, "InternalFailure"),
        ("500", "s3", 500, "InternalError"),
        ("503", "s3", 503, "ServiceUnavailable"),
        ("expired", "sagemaker", 400, "ExpiredTokenException"),
        ("expired", "s3", 400, "ExpiredToken"),
        ("expired", "sts", 403, "ExpiredToken"),
        ("denied", "sagemaker", 400, "AccessDeniedException"),
        ("denied", "s3", 403, "AccessDenied"),
        ("denied", "sts", 403, "AccessDenied"),
    ],
)
def test_each_service_has_its_words(cloud: Cloud, kind: str, service: str, status: int, code: str) -> None:
    client = cloud.client(service, config=ONCE)
    cloud.control("POST", "faults", {"kind": kind, "service": service})
    with pytest.raises(ClientError) as caught:
        CALLS[service](client)
    found = caught.value.response
    assert (found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Code"]) == (status, code)
    CALLS[service](client)


@pytest.mark.parametrize("kind", ["throttle", "500", "503", "reset"])
@pytest.mark.parametrize("service", CALLS)
def test_the_retries_of_a_client_get_over_it(cloud: Cloud, kind: str, service: str) -> None:
    client = cloud.client(service, config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    cloud.control("DELETE", "calls")
    cloud.control("POST", "faults", {"kind": kind, "service": service})
    CALLS[service](client)
    assert [call.get("fault") for call in cloud.control("GET", "calls")] == [kind, None]


def test_a_large_body_is_taken_after_a_refusal_on_the_same_connection(cloud: Cloud, s3: Any) -> None:
    body = b"x" * (20 << 20)
    cloud.control("POST", "faults", {"kind": "throttle", "operation": "PutObject"})
    s3.put_object(Bucket="data", Key="large", Body=body)
    assert s3.head_object(Bucket="data", Key="large")["ContentLength"] == len(body)


def test_a_fault_waits_for_its_turn_and_its_caller(cloud: Cloud) -> None:
    cloud.control("POST", "faults", {"kind": "denied", "service": "s3", "skip": 1, "times": 2, "principal": READER})
    reader, admin = cloud.as_reader("s3"), cloud.client("s3")
    outcomes = []
    for client in (reader, admin, reader, admin, reader, reader):
        try:
            client.get_object(Bucket="data", Key="train/a.csv")
            outcomes.append("well")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["well", "well", "AccessDenied", "well", "AccessDenied", "well"]


def test_a_fault_may_have_its_own_code_and_words(cloud: Cloud) -> None:
    cloud.control("POST", "faults", {"kind": "500", "code": "KMSInternalException", "message": "no key"})
    with pytest.raises(ClientError, match=r"KMSInternalException.*no key"):
        cloud.client("sagemaker", config=ONCE).list_training_jobs()


def test_latency_only_delays(cloud: Cloud, sm: Any) -> None:
    cloud.control("DELETE", "calls")
    cloud.control("POST", "faults", {"kind": "latency", "seconds": 0.1})
    sm.list_training_jobs()
    assert [(call["fault"], call["status"]) for call in cloud.control("GET", "calls")] == [("latency", 200)]


def test_chances_are_the_same_in_every_run() -> None:
    def happened() -> list[bool]:
        faults = Faults()
        faults.add({"kind": "500", "probability": 0.5, "times": 1000})
        return [faults.take(frozenset({"500"}), "s3", "GetObject", "x") is not None for _ in range(50)]

    assert happened() == happened()
    assert 10 < sum(happened()) < 40


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "flood"}, "unknown kind 'flood'"),
        ({"kind": "500", "often": 2}, "unknown fields"),
        ({}, "unknown kind"),
    ],
)
def test_a_fault_that_is_none_is_refused(cloud: Cloud, fault: dict[str, Any], words: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control("POST", "faults", fault)
    assert caught.value.code == 400 and words in json.loads(caught.value.read())["error"]


@pytest.mark.parametrize("name", ["on-demand", "nobody"])
def test_only_spot_jobs_are_interrupted(cloud: Cloud, sm: Any, name: str) -> None:
    if name == "on-demand":
        sm.create_training_job(**training(name))
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control("POST", "interrupt", {"job": name})
    assert caught.value.code == 400 and name in json.loads(caught.value.read())["error"]


def test_the_control_api_says_what_it_does_not_have(cloud: Cloud) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        cloud.control("GET", "secrets")
    assert caught.value.code == 404


@pytest.mark.parametrize(("kind", "reason"), [("capacity", "CapacityError"), ("internal", "InternalServerError")])
def test_processing_jobs_fail_for_the_same_reasons(cloud: Cloud, sm: Any, kind: str, reason: str) -> None:
    cloud.control("POST", "faults", {"kind": kind})
    sm.create_processing_job(**processing(f"fault-{kind}", "true"))
    job = processed(sm, f"fault-{kind}")
    assert job["ProcessingJobStatus"] == "Failed" and job["FailureReason"].startswith(f"{reason}: ")


def test_a_quota_fault_refuses_the_creation_and_leaves_no_job(cloud: Cloud, sm: Any) -> None:
    cloud.control("POST", "faults", {"kind": "quota", "operation": "CreateTrainingJob"})
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        sm.create_training_job(**training("no-quota"))
    with pytest.raises(ClientError, match="Requested resource not found"):
        sm.describe_training_job(TrainingJobName="no-quota")


def test_a_lost_response_leaves_one_job_that_its_name_finds(cloud: Cloud, s3: Any) -> None:
    cloud.control("POST", "faults", {"kind": "lost-response", "operation": "CreateTrainingJob"})
    sm = cloud.client("sagemaker", config=Config(retries={"mode": "standard", "total_max_attempts": 2}))
    with pytest.raises(ClientError, match="ResourceInUse"):
        sm.create_training_job(**training("lost", HyperParameters=script(s3, "lost", "print(1)")))
    assert ended(sm, "lost")["TrainingJobStatus"] == "Completed"


def test_a_spot_machine_may_be_taken_away_by_a_fault(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = (
        "import os, time\n"
        "done = os.listdir(os.environ['CHECKPOINTS'])\n"
        "open(os.environ['CHECKPOINTS'] + '/1', 'w').write('1')\n"
        "time.sleep(0 if done else 60)\n"
    )
    cloud.control("POST", "faults", {"kind": "interrupt", "seconds": 60})
    request = training(
        "taken-away",
        HyperParameters=script(s3, "taken-away", text),
        Environment={"CHECKPOINTS": "/opt/ml/checkpoints"},
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
        CheckpointConfig={"S3Uri": "s3://data/checkpoints/taken-away"},
    )
    sm.create_training_job(**request)
    saved = {"Bucket": "data", "Key": "checkpoints/taken-away/1"}
    s3.get_waiter("object_exists").wait(**saved, WaiterConfig={"Delay": 1})
    cloud.control("POST", "clock", {"advance": 61})
    job = ended(sm, "taken-away")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [entry["Status"] for entry in job["SecondaryStatusTransitions"]].count("Interrupted") == 1
