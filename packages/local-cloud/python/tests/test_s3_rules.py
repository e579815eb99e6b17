"""What a role may do in S3, over the wire, and what is written down about it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Cloud, ended, script, training

GET = {"action": "s3:GetObject", "resource": "arn:aws:s3:::data/missing", "allowed": True}
LIST = {"action": "s3:ListBucket", "resource": "arn:aws:s3:::data", "allowed": False}


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def test_a_session_may_do_what_its_role_may(cloud: Cloud) -> None:
    reader = cloud.as_reader("s3")
    assert reader.get_object(Bucket="data", Key="train/a.csv")["Body"].read() == b"x\n1\n"
    for refused, request in (
        (reader.put_object, {"Bucket": "data", "Key": "x", "Body": b"1"}),
        (reader.delete_object, {"Bucket": "data", "Key": "train/a.csv"}),
        (reader.get_object, {"Bucket": "other", "Key": "x"}),
        (reader.list_objects_v2, {"Bucket": "data"}),
        (cloud.as_reader("sagemaker").list_training_jobs, {}),
    ):
        with pytest.raises(ClientError, match=r"assumed-role/reader/test is not authorized to perform") as caught:
            refused(**request)
        assert code_of(caught) in ("AccessDenied", "AccessDeniedException")


def test_who_may_not_list_is_not_told_that_a_key_is_missing(cloud: Cloud, s3: Any) -> None:
    cloud.control("DELETE", "calls")
    with pytest.raises(ClientError) as caught:
        cloud.as_reader("s3").get_object(Bucket="data", Key="missing")
    assert code_of(caught) == "AccessDenied"
    call = cloud.control("GET", "calls")[-1]
    assert (call["operation"], call["error"], call["checks"]) == ("GetObject", "AccessDenied", [GET, LIST])
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="data", Key="missing")


def test_a_session_ends_on_the_clock_of_the_cloud(cloud: Cloud) -> None:
    reader = cloud.as_reader("s3")
    cloud.control("POST", "clock", {"advance": 890})
    reader.get_object(Bucket="data", Key="train/a.csv")
    cloud.control("POST", "clock", {"advance": 20})
    with pytest.raises(ClientError) as caught:
        reader.get_object(Bucket="data", Key="train/a.csv")
    assert code_of(caught) == "ExpiredToken"


def test_a_job_writes_only_where_its_role_may(sm: Any, s3: Any) -> None:
    hyperparameters = script(s3, "writes", "print(1)")
    output = {"S3OutputPath": "s3://other/out"}
    sm.create_training_job(**training("writes", HyperParameters=hyperparameters, OutputDataConfig=output))
    job = ended(sm, "writes")
    assert job["TrainingJobStatus"] == "Failed" and "ModelArtifacts" not in job
    assert job["FailureReason"].startswith("ClientError: Data upload failed") and "s3:PutObject" in job["FailureReason"]
    assert "Contents" not in s3.list_objects_v2(Bucket="other")


def test_the_code_of_a_job_is_the_execution_role(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = (
        "import boto3\n"
        "from botocore.exceptions import ClientError\n"
        "s3 = boto3.client('s3')\n"
        "s3.put_object(Bucket='data', Key='written-by-code', Body=boto3.client('sts').get_caller_identity()['Arn'])\n"
        "try:\n"
        "    s3.get_object(Bucket='other', Key='x')\n"
        "except ClientError as error:\n"
        "    assert error.response['Error']['Code'] == 'AccessDenied', error\n"
        "else:\n"
        "    raise SystemExit('it could read another bucket')\n"
    )
    sm.create_training_job(**training("code-calls", HyperParameters=script(s3, "code-calls", text)))
    job = ended(sm, "code-calls")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    written = s3.get_object(Bucket="data", Key="written-by-code")["Body"].read().decode()
    assert written == "arn:aws:sts::123456789012:assumed-role/execution/SageMaker-code-calls"


def test_large_objects_go_up_and_come_down_in_parts(s3: Any, tmp_path: Any) -> None:
    whole, back = tmp_path / "whole", tmp_path / "back"
    whole.write_bytes(bytes(range(256)) * (12 << 12))
    s3.upload_file(str(whole), "data", "parts/whole")
    s3.copy({"Bucket": "data", "Key": "parts/whole"}, "data", "parts/copy")
    s3.download_file("data", "parts/copy", str(back))
    assert back.read_bytes() == whole.read_bytes()
    assert s3.get_object(Bucket="data", Key="parts/whole", Range="bytes=255-256")["Body"].read() == b"\xff\x00"
