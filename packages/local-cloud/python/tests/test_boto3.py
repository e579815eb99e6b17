"""boto3's own waiters and paginators, with more than a page of everything."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from conftest import Cloud, ended, training
from test_processing import processing

COUNT = 105
#: So much that the server works on several of them at a time.
SIZE = 8 << 20


def read(client: Any, operation: str, size: int, members: str, **request: Any) -> list[Any]:
    """Everything that a paginator finds, by pages of a size."""
    pages = client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": size})
    return [one for page in pages for one in page.get(members, [])]


@pytest.fixture(scope="module")
def processors(cloud: Cloud) -> list[str]:
    """Jobs whose image nobody mapped: they fail at once."""
    sm = cloud.client("sagemaker")
    names = [f"pages-{index:03}" for index in range(COUNT)]
    for name in names:
        sm.create_processing_job(**processing(name, "true", AppSpecification={"ImageUri": "unmapped"}))
    return names


@pytest.mark.parametrize("size", [1, 10, 100])
def test_processing_jobs(sm: Any, processors: list[str], size: int) -> None:
    options = {"NameContains": "pages-", "SortBy": "Name", "SortOrder": "Ascending"}
    found = read(sm, "list_processing_jobs", size, "ProcessingJobSummaries", **options)
    assert [job["ProcessingJobName"] for job in found] == processors


def test_the_waiter_of_processing_jobs(sm: Any, processors: list[str]) -> None:
    waiter = sm.get_waiter("processing_job_completed_or_stopped")
    with pytest.raises(WaiterError, match="terminal failure"):
        waiter.wait(ProcessingJobName=processors[0], WaiterConfig={"Delay": 1})
    sm.create_processing_job(**processing("waited-for", "true"))
    waiter.wait(ProcessingJobName="waited-for", WaiterConfig={"Delay": 1})
    assert sm.describe_processing_job(ProcessingJobName="waited-for")["ProcessingJobStatus"] == "Completed"


def test_the_waiter_of_training_jobs_takes_a_stopped_one(sm: Any) -> None:
    request = training("waited-stop")
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["sleep", "60"]
    sm.create_training_job(**request)
    sm.stop_training_job(TrainingJobName="waited-stop")
    waiter = sm.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="waited-stop", WaiterConfig={"Delay": 1})
    assert ended(sm, "waited-stop")["TrainingJobStatus"] == "Stopped"


def test_tags(sm: Any) -> None:
    tags = [{"Key": f"key-{index:02}", "Value": str(index)} for index in range(50)]
    arn = sm.create_training_job(**training("many-tags", Tags=tags))["TrainingJobArn"]
    assert read(sm, "list_tags", 50, "Tags", ResourceArn=arn) == tags


def test_objects(s3: Any) -> None:
    keys = [f"pages/{index:03}" for index in range(COUNT)]
    for key in keys:
        s3.put_object(Bucket="data", Key=key, Body=b"")
    for operation in ("list_objects_v2", "list_objects"):
        found = read(s3, operation, 10, "Contents", Bucket="data", Prefix="pages/")
        assert [one["Key"] for one in found] == keys
    versions = read(s3, "list_object_versions", 10, "Versions", Bucket="data", Prefix="pages/")
    assert [one["Key"] for one in versions] == keys
    folders = read(s3, "list_objects_v2", 10, "CommonPrefixes", Bucket="data", Prefix="pag", Delimiter="/")
    assert [one["Prefix"] for one in folders] == ["pages/"]


def test_parts_and_uploads(s3: Any) -> None:
    part = b"x" * (5 << 20)
    upload = s3.create_multipart_upload(Bucket="data", Key="parts/big")["UploadId"]
    place = {"Bucket": "data", "Key": "parts/big", "UploadId": upload}
    tags = [s3.upload_part(**place, PartNumber=number, Body=part)["ETag"] for number in (1, 2, 3)]
    assert [one["ETag"] for one in read(s3, "list_parts", 1, "Parts", **place)] == tags
    uploads = read(s3, "list_multipart_uploads", 1, "Uploads", Bucket="data", Prefix="parts/")
    assert [one["UploadId"] for one in uploads] == [upload]
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert s3.head_object(Bucket="data", Key="parts/big")["ContentLength"] == 3 * len(part)


def test_the_waiters_of_s3(s3: Any) -> None:
    quick = {"Delay": 1, "MaxAttempts": 1}
    s3.put_object(Bucket="data", Key="waited", Body=b"x")
    s3.get_waiter("bucket_exists").wait(Bucket="data", WaiterConfig=quick)
    s3.get_waiter("object_exists").wait(Bucket="data", Key="waited", WaiterConfig=quick)
    s3.delete_object(Bucket="data", Key="waited")
    s3.get_waiter("object_not_exists").wait(Bucket="data", Key="waited", WaiterConfig=quick)


def test_logs(cloud: Cloud) -> None:
    logs = cloud.client("logs")
    streams = [f"stream-{index:02}" for index in range(60)]
    groups = [f"/pages/{index:02}" for index in range(60)]
    for group in groups:
        logs.create_log_group(logGroupName=group)
    for stream in streams:
        logs.create_log_stream(logGroupName=groups[0], logStreamName=stream)
        events = [{"timestamp": int(time.time() * 1000), "message": f"{stream} {number}"} for number in range(2)]
        logs.put_log_events(logGroupName=groups[0], logStreamName=stream, logEvents=events)
    found = read(logs, "describe_log_groups", 7, "logGroups", logGroupNamePrefix="/pages/")
    assert [one["logGroupName"] for one in found] == groups
    found = read(logs, "describe_log_streams", 7, "logStreams", logGroupName=groups[0])
    assert [one["logStreamName"] for one in found] == streams
    request = {"logGroupName": groups[0], "logStreamNamePrefix": "stream-1"}
    found = read(logs, "filter_log_events", 7, "events", **request)
    assert [one["message"] for one in found] == [f"stream-1{d} {number}" for d in range(10) for number in range(2)]


def test_of_many_writers_that_saw_the_same_only_one_writes(cloud: Cloud) -> None:
    writers = 8
    clients = [cloud.client("s3") for _ in range(writers)]
    seen = clients[0].put_object(Bucket="data", Key="race", Body=b"first")["ETag"]
    together = threading.Barrier(writers)

    def write(number: int) -> bool:
        together.wait()
        try:
            clients[number].put_object(Bucket="data", Key="race", Body=bytes([number]) * SIZE, IfMatch=seen)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return False
        return True

    with ThreadPoolExecutor(writers) as pool:
        wrote = list(pool.map(write, range(writers)))
    assert wrote.count(True) == 1
    assert clients[0].get_object(Bucket="data", Key="race")["Body"].read(1) == bytes([wrote.index(True)])
