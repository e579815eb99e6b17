"""Which operation an S3 request is: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import ACCOUNT, Cloud

from local_cloud.call import AwsError
from local_cloud.s3_operations import operation_of

ITEM = {"Bucket": "b", "Key": "k/1"}


def asked(method: str, path: str, query: str = "", **headers: str) -> tuple[str, dict[str, Any]]:
    return operation_of({"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, **headers})


@pytest.mark.parametrize(
    ("method", "path", "query", "operation", "members"),
    [
        ("GET", "/", "", "ListBuckets", {}),
        ("GET", "/b", "", "ListObjects", {"Bucket": "b"}),
        ("GET", "/b/", "list-type=2&prefix=a%2Fb", "ListObjectsV2", {"Bucket": "b", "Prefix": "a/b"}),
        ("GET", "/b", "policy", "GetBucketPolicy", {"Bucket": "b"}),
        ("PUT", "/b", "policy", "PutBucketPolicy", {"Bucket": "b"}),
        ("PUT", "/b", "", "CreateBucket", {"Bucket": "b"}),
        ("GET", "/b", "lifecycle", "GetBucketLifecycleConfiguration", {"Bucket": "b"}),
        ("POST", "/b", "delete", "DeleteObjects", {"Bucket": "b"}),
        ("GET", "/b/k/1", "", "GetObject", ITEM),
        ("GET", "/b/k/1", "x-id=GetObject&versionId=7", "GetObject", {**ITEM, "VersionId": "7"}),
        ("GET", "/b/k/1", "acl", "GetObjectAcl", ITEM),
        ("GET", "/b/k/1", "uploadId=u", "ListParts", {**ITEM, "UploadId": "u"}),
        ("POST", "/b/k/1", "uploads", "CreateMultipartUpload", ITEM),
        ("PUT", "/b/k/1", "partNumber=1&uploadId=u", "UploadPart", {**ITEM, "PartNumber": "1", "UploadId": "u"}),
        ("POST", "/b/k/1", "uploadId=u", "CompleteMultipartUpload", {**ITEM, "UploadId": "u"}),
        ("DELETE", "/b/k/1", "uploadId=u", "AbortMultipartUpload", {**ITEM, "UploadId": "u"}),
        ("PUT", "/b/k/1", "", "PutObject", ITEM),
        ("HEAD", "/b/k/1", "", "HeadObject", ITEM),
    ],
)
def test_operations(method: str, path: str, query: str, operation: str, members: dict[str, Any]) -> None:
    assert asked(method, path, query) == (operation, members)


def test_a_copy_is_told_by_its_header() -> None:
    assert asked("PUT", "/b/k/1", HTTP_X_AMZ_COPY_SOURCE="a/x") == ("CopyObject", ITEM)


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [("GET", "/b", "acl&policy"), ("PUT", "/b/k", "partNumber=1"), ("POST", "/b", ""), ("GET", "/b/k", "uploads")],
)
def test_what_is_no_operation_is_refused(method: str, path: str, query: str) -> None:
    with pytest.raises(AwsError) as caught:
        asked(method, path, query)
    assert (caught.value.code, caught.value.status) == ("MethodNotAllowed", 405)


def test_a_sub_resource_needs_its_own_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    statement = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
    reader = {
        "name": "reader",
        "accessKeyId": "AKIAREADER0000000000",
        "secretAccessKey": "reader",
        "policies": {"x": {"Version": "2012-10-17", "Statement": [statement]}},
    }
    monkeypatch.setitem(ACCOUNT, "users", [json.loads(json.dumps(reader))])
    cloud = Cloud(tmp_path)
    try:
        cloud.client("s3").put_object(Bucket="data", Key="a", Body=b"x")
        s3 = cloud.client("s3", "AKIAREADER0000000000", "reader")
        assert s3.get_object(Bucket="data", Key="a")["Body"].read() == b"x"
        for refused, action in ((s3.get_bucket_policy, "s3:GetBucketPolicy"), (s3.get_bucket_acl, "s3:GetBucketAcl")):
            with pytest.raises(ClientError, match=action):
                refused(Bucket="data")
        with pytest.raises(ClientError, match="s3:GetObjectAcl"):
            s3.get_object_acl(Bucket="data", Key="a")
    finally:
        cloud.stop()
