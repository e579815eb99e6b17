from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import EXECUTION, IMAGE, Cloud, until


def processing(name: str, command: str, **more: Any) -> dict[str, Any]:
    s3 = {"S3Uri": "s3://data/train/", "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix"}
    output = {"S3Uri": f"s3://data/processed/{name}", "LocalPath": "/opt/ml/processing/output"}
    return {
        "ProcessingJobName": name,
        "RoleArn": EXECUTION,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["sh", "-c", command]},
        "ProcessingInputs": [{"InputName": "in", "S3Input": {**s3, "S3InputMode": "File"}}],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "out", "S3Output": {**output, "S3UploadMode": "EndOfJob"}}]
        },
        **more,
    }


def ended(sm: Any, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = sm.describe_processing_job(ProcessingJobName=name)
        return found if found["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return until(look)


def test_inputs_come_in_and_outputs_go_out(sm: Any, s3: Any) -> None:
    sm.create_processing_job(
        **processing("count", "wc -l < /opt/ml/processing/input/a.csv > /opt/ml/processing/output/count.txt")
    )
    job = ended(sm, "count")
    assert job["ProcessingJobStatus"] == "Completed", job.get("FailureReason")
    assert s3.get_object(Bucket="data", Key="processed/count/count.txt")["Body"].read().strip() == b"2"
    assert job["ProcessingResources"]["ClusterConfig"]["InstanceType"] == "ml.m5.large"
    assert job["ProcessingEndTime"] >= job["ProcessingStartTime"]


def test_a_failure_keeps_the_exit_message_and_uploads_nothing(sm: Any, s3: Any) -> None:
    command = "echo partial > /opt/ml/processing/output/x; echo sorry > /opt/ml/output/message; exit 4"
    sm.create_processing_job(**processing("sorry", command))
    job = ended(sm, "sorry")
    assert (job["ProcessingJobStatus"], job["ExitMessage"]) == ("Failed", "sorry\n")
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 4"
    assert "Contents" not in s3.list_objects_v2(Bucket="data", Prefix="processed/sorry/")


def test_stop_and_time_limit(cloud: Cloud, sm: Any) -> None:
    limited = processing("limited", "sleep 60", StoppingCondition={"MaxRuntimeInSeconds": 60})
    for request in (processing("stop-me", "sleep 60"), limited):
        sm.create_processing_job(**request)
    for name in ("stop-me", "limited"):
        until(lambda name=name: "ProcessingStartTime" in sm.describe_processing_job(ProcessingJobName=name))
    sm.stop_processing_job(ProcessingJobName="stop-me")
    assert ended(sm, "stop-me")["ProcessingJobStatus"] == "Stopped"
    cloud.control("POST", "clock", {"advance": 61})
    job = ended(sm, "limited")
    assert job["ProcessingJobStatus"] == "Stopped" and "MaxRuntime" in job["FailureReason"]
    with pytest.raises(ClientError, match="processing job is in status Stopped"):
        sm.stop_processing_job(ProcessingJobName="limited")


def test_names_are_taken_once_and_unknown_ones_are_not_found(sm: Any) -> None:
    sm.create_processing_job(**processing("taken", "true"))
    with pytest.raises(ClientError, match="ResourceInUse"):
        sm.create_processing_job(**processing("taken", "true"))
    with pytest.raises(ClientError, match="Requested resource not found"):
        sm.describe_processing_job(ProcessingJobName="nobody")
