"""Jobs that wait: for a machine, longer than they may, or for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Cloud, begun, ended, log_of, phase, script, training, until
from test_processing import ended as processed
from test_processing import processing

SLEEP = "import time; print('begun', flush=True); time.sleep(60)"
SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}
#: As many jobs as run at once.
MACHINES = 4


@pytest.fixture
def busy(sm: Any, s3: Any, request: pytest.FixtureRequest) -> Any:
    """Jobs on all machines; what is left of them is stopped afterwards."""
    hyperparameters = script(s3, "busy", SLEEP)
    # Their limit is past what the tests step the clock by.
    limit = {"MaxRuntimeInSeconds": 86_400}
    names = [f"busy-{request.node.name[5:30].replace('_', '-')}-{number}" for number in range(MACHINES)]
    for name in names:
        sm.create_training_job(**training(name, HyperParameters=hyperparameters, StoppingCondition=limit))
    for name in names:
        phase(sm, name, "Training")
    yield names
    for name in names:
        if sm.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress":
            sm.stop_training_job(TrainingJobName=name)
        ended(sm, name)


def test_a_job_begins_when_a_machine_is_free(sm: Any, s3: Any, busy: list[str]) -> None:
    sm.create_training_job(**training("queued", HyperParameters=script(s3, "queued", "print(1)")))
    assert sm.describe_training_job(TrainingJobName="queued")["SecondaryStatus"] == "Starting"
    sm.stop_training_job(TrainingJobName=busy[0])
    job = ended(sm, "queued")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["TrainingStartTime"] >= sm.describe_training_job(TrainingJobName=busy[0])["TrainingEndTime"]


def test_a_spot_job_without_a_machine_ends_when_it_has_waited_long_enough(
    cloud: Cloud, sm: Any, s3: Any, busy: list[str]
) -> None:
    sm.create_training_job(**training("spot-waits", HyperParameters=script(s3, "spot-waits", "print(1)"), **SPOT))
    # Waiting is no running: the limit of the run passes without an effect.
    cloud.control("POST", "clock", {"advance": 700})
    assert sm.describe_training_job(TrainingJobName="spot-waits")["SecondaryStatus"] == "Starting"
    cloud.control("POST", "clock", {"advance": 600})
    job = ended(sm, "spot-waits")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "TrainingStartTime" not in job and "BillableTimeInSeconds" not in job


def test_a_processing_job_that_waits_can_be_stopped(sm: Any, busy: list[str]) -> None:
    sm.create_processing_job(**processing("processing-waits", "true"))
    sm.stop_processing_job(ProcessingJobName="processing-waits")
    job = processed(sm, "processing-waits")
    assert job["ProcessingJobStatus"] == "Stopped" and "ProcessingStartTime" not in job


def test_a_limit_ends_a_job_that_traps_the_signal_too(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n"
        "print('begun', flush=True)\n"
        "for _ in range(60): time.sleep(1)\n"
    )
    sm.create_training_job(**training("over-limit", HyperParameters=script(s3, "over-limit", text)))
    begun(cloud, sm, "over-limit")
    cloud.control("POST", "clock", {"advance": 601})
    until(lambda: "no" in log_of(cloud, "over-limit"))
    cloud.control("POST", "clock", {"advance": 60})
    assert sm.describe_training_job(TrainingJobName="over-limit")["TrainingJobStatus"] == "InProgress"
    cloud.control("POST", "clock", {"advance": 121})
    job = ended(sm, "over-limit")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


MISSING = {"S3Uri": "s3://data/none/", "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix"}
FOREIGN = {**MISSING, "S3Uri": "s3://other/x/"}


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("p-image", {"AppSpecification": {"ImageUri": "unknown"}}, "Cannot pull the image unknown"),
        ("p-data", {"ProcessingInputs": [{"InputName": "i", "S3Input": MISSING}]}, "no S3 objects found"),
        ("p-role", {"ProcessingInputs": [{"InputName": "i", "S3Input": FOREIGN}]}, "AccessDenied"),
    ],
)
def test_what_a_processing_job_lacks_is_its_reason(sm: Any, name: str, change: dict[str, Any], words: str) -> None:
    sm.create_processing_job(**processing(name, "true", **change))
    job = processed(sm, name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ") and words in job["FailureReason"]
