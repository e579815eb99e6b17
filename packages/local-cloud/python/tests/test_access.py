"""Which permissions a call needs, after the service authorization reference, and how a refusal reads."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud import access
from local_cloud.call import Call, Principal
from local_cloud.iam import Decision, Reason, evaluate
from local_cloud.roles import Roles

REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
ACCOUNT = "123456789012"
SESSION = Principal(
    kind="role",
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/x",
    access_key="ASIA1",
    role_name="ci",
    session_name="x",
    context={"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/ci"},
)
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-execution"
JOBS = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
REPOSITORIES = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group"


def trusting(name: str, principal: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return {"name": name, "trust": {"Version": "2012-10-17", "Statement": [statement]}}


TRAIN_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sagemaker:CreateTrainingJob", "sagemaker:AddTags"],
            "Resource": f"{JOBS}:training-job/mlops-*",
            "Condition": {"StringEquals": {"aws:RequestTag/mlops:model": "basket"}},
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": EXECUTION,
            "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        },
    ],
}
ROLES = Roles(
    {
        "accountId": ACCOUNT,
        "admin": {"accessKeyId": "AKIAADMIN", "secretAccessKey": "s"},
        "roles": [
            {**trusting("ci", ACCOUNT), "policies": {"train-job": TRAIN_POLICY}},
            trusting("by-name", f"arn:aws:iam::{ACCOUNT}:role/ci"),
        ],
    }
)


def call(service: str, operation: str, params: dict[str, Any], headers: dict[str, str], body: bytes) -> Call:
    return Call(service, operation, SESSION, "us-east-1", ACCOUNT, params, headers, body)


def pairs(
    service: str,
    operation: str,
    params: dict[str, Any],
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> list[tuple[str, str]]:
    found = access.required(call(service, operation, params, headers or {}, body), ROLES)
    return [(one.action, one.resource) for one in found]


TRAINING = {
    "TrainingJobName": "mlops-t1",
    "RoleArn": EXECUTION,
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
}
TAGS = {"Tags": [{"Key": "mlops:model", "Value": "basket"}]}
ITEM = {"Bucket": "b", "Key": "raw/day 1.csv"}
OBJECT = "arn:aws:s3:::b/raw/day 1.csv"
CASES = [
    (
        "sagemaker",
        "CreateTrainingJob",
        TRAINING,
        [("sagemaker:CreateTrainingJob", f"{JOBS}:training-job/mlops-t1"), ("iam:PassRole", EXECUTION)],
    ),
    (
        "sagemaker",
        "CreateTrainingJob",
        {**TRAINING, **TAGS},
        [
            ("sagemaker:CreateTrainingJob", f"{JOBS}:training-job/mlops-t1"),
            ("iam:PassRole", EXECUTION),
            ("sagemaker:AddTags", f"{JOBS}:training-job/mlops-t1"),
        ],
    ),
    (
        "sagemaker",
        "CreateProcessingJob",
        {"ProcessingJobName": "p", "RoleArn": EXECUTION},
        [("sagemaker:CreateProcessingJob", f"{JOBS}:processing-job/p"), ("iam:PassRole", EXECUTION)],
    ),
    (
        "sagemaker",
        "DescribeTrainingJob",
        {"TrainingJobName": "T-1"},
        [("sagemaker:DescribeTrainingJob", f"{JOBS}:training-job/T-1")],
    ),
    (
        "sagemaker",
        "StopProcessingJob",
        {"ProcessingJobName": "p"},
        [("sagemaker:StopProcessingJob", f"{JOBS}:processing-job/p")],
    ),
    ("sagemaker", "ListTrainingJobs", {}, [("sagemaker:ListTrainingJobs", "*")]),
    ("sagemaker", "ListProcessingJobs", {}, [("sagemaker:ListProcessingJobs", "*")]),
    (
        "sagemaker",
        "AddTags",
        {"ResourceArn": f"{JOBS}:training-job/t", **TAGS},
        [("sagemaker:AddTags", f"{JOBS}:training-job/t")],
    ),
    (
        "sagemaker",
        "ListTags",
        {"ResourceArn": f"{JOBS}:training-job/t"},
        [("sagemaker:ListTags", f"{JOBS}:training-job/t")],
    ),
    ("sagemaker", "CreateLabelingJob", {"LabelingJobName": "x"}, [("sagemaker:CreateLabelingJob", "*")]),
    ("s3", "GetObject", ITEM, [("s3:GetObject", OBJECT)]),
    ("s3", "GetObject", {**ITEM, "VersionId": "v1"}, [("s3:GetObjectVersion", OBJECT)]),
    ("s3", "HeadObject", ITEM, [("s3:GetObject", OBJECT)]),
    ("s3", "GetObjectAttributes", ITEM, [("s3:GetObject", OBJECT), ("s3:GetObjectAttributes", OBJECT)]),
    ("s3", "PutObject", ITEM, [("s3:PutObject", OBJECT)]),
    ("s3", "CreateMultipartUpload", ITEM, [("s3:PutObject", OBJECT)]),
    ("s3", "UploadPart", ITEM, [("s3:PutObject", OBJECT)]),
    ("s3", "CompleteMultipartUpload", ITEM, [("s3:PutObject", OBJECT)]),
    ("s3", "AbortMultipartUpload", ITEM, [("s3:AbortMultipartUpload", OBJECT)]),
    ("s3", "ListParts", ITEM, [("s3:ListMultipartUploadParts", OBJECT)]),
    ("s3", "DeleteObject", ITEM, [("s3:DeleteObject", OBJECT)]),
    ("s3", "DeleteObject", {**ITEM, "VersionId": "v1"}, [("s3:DeleteObjectVersion", OBJECT)]),
    ("s3", "PutObjectTagging", ITEM, [("s3:PutObjectTagging", OBJECT)]),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "raw/"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
    ("s3", "HeadBucket", {"Bucket": "b"}, [("s3:ListBucket", "arn:aws:s3:::b")]),
    ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
    ("s3", "ListMultipartUploads", {"Bucket": "b"}, [("s3:ListBucketMultipartUploads", "arn:aws:s3:::b")]),
    ("s3", "GetBucketEncryption", {"Bucket": "b"}, [("s3:GetEncryptionConfiguration", "arn:aws:s3:::b")]),
    ("s3", "CreateBucket", {"Bucket": "b"}, [("s3:CreateBucket", "arn:aws:s3:::b")]),
    ("logs", "DescribeLogGroups", {}, [("logs:DescribeLogGroups", f"{LOGS}::log-stream:")]),
    ("logs", "CreateLogGroup", {"logGroupName": "/g"}, [("logs:CreateLogGroup", f"{LOGS}:/g:log-stream:")]),
    (
        "logs",
        "DescribeLogStreams",
        {"logGroupName": "/aws/sagemaker/TrainingJobs"},
        [("logs:DescribeLogStreams", f"{LOGS}:/aws/sagemaker/TrainingJobs:log-stream:")],
    ),
    (
        "logs",
        "FilterLogEvents",
        {"logGroupIdentifier": f"{LOGS}:/g:*", "logStreamNames": ["s"]},
        [("logs:FilterLogEvents", f"{LOGS}:/g:log-stream:")],
    ),
    (
        "logs",
        "GetLogEvents",
        {"logGroupName": "/g", "logStreamName": "t/algo-1-1"},
        [("logs:GetLogEvents", f"{LOGS}:/g:log-stream:t/algo-1-1")],
    ),
    (
        "logs",
        "PutLogEvents",
        {"logGroupName": "/g", "logStreamName": "s"},
        [("logs:PutLogEvents", f"{LOGS}:/g:log-stream:s")],
    ),
    ("sts", "GetCallerIdentity", {}, []),
    ("sts", "AssumeRoleWithWebIdentity", {"RoleArn": EXECUTION}, []),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/ci"},
        [("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/ci")],
    ),
    ("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/by-name"}, []),
    ("sts", "GetSessionToken", {}, [("sts:GetSessionToken", "*")]),
    ("iam", "GetRole", {"RoleName": "ci"}, [("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/ci")]),
    (
        "iam",
        "SimulatePrincipalPolicy",
        {"PolicySourceArn": EXECUTION},
        [("iam:SimulatePrincipalPolicy", EXECUTION)],
    ),
    ("s3", "GetObjectRetention", ITEM, [("s3:GetObjectRetention", OBJECT)]),
    ("ecr", "GetAuthorizationToken", {}, [("ecr:GetAuthorizationToken", "*")]),
    ("ecr", "PutImage", {"repositoryName": "a/b"}, [("ecr:PutImage", f"{REPOSITORIES}/a/b")]),
    (
        "ecr",
        "CreateRepository",
        {"repositoryName": "a", "tags": [{"Key": "k", "Value": "v"}]},
        [("ecr:CreateRepository", f"{REPOSITORIES}/a"), ("ecr:TagResource", f"{REPOSITORIES}/a")],
    ),
    (
        "ecr",
        "DescribeRepositories",
        {"repositoryNames": ["a", "b"]},
        [("ecr:DescribeRepositories", f"{REPOSITORIES}/a"), ("ecr:DescribeRepositories", f"{REPOSITORIES}/b")],
    ),
    ("ecr", "DescribeRepositories", {}, [("ecr:DescribeRepositories", f"{REPOSITORIES}/*")]),
]


@pytest.mark.parametrize(("service", "operation", "params", "expected"), CASES)
def test_permissions(service: str, operation: str, params: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert pairs(service, operation, params) == expected, REFERENCE


def test_a_copy_reads_its_source() -> None:
    headers = {"x-amz-copy-source": "/src/a%20b.csv"}
    assert pairs("s3", "CopyObject", ITEM, headers) == [
        ("s3:GetObject", "arn:aws:s3:::src/a b.csv"),
        ("s3:PutObject", OBJECT),
    ]


def test_tags_in_a_put_need_their_own_permission() -> None:
    request = call(
        "s3",
        "PutObject",
        ITEM,
        {"x-amz-tagging": "stage=raw", "x-amz-server-side-encryption": "aws:kms"},
        b"",
    )
    put, tagging = access.required(request, ROLES)
    assert (put.action, tagging.action) == ("s3:PutObject", "s3:PutObjectTagging")
    assert put.context["s3:RequestObjectTag/stage"] == "raw"
    assert put.context["s3:x-amz-server-side-encryption"] == "aws:kms"


def test_a_bulk_delete_needs_every_key() -> None:
    body = (
        b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key></Object>'
        b"<Object><Key>b/c</Key><VersionId>1</VersionId></Object></Delete>"
    )
    assert pairs("s3", "DeleteObjects", {"Bucket": "b"}, body=body) == [
        ("s3:DeleteObject", "arn:aws:s3:::b/a"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::b/b/c"),
    ]
    assert pairs("s3", "DeleteObjects", {"Bucket": "b"}, body=b"<Del") == [("s3:DeleteObject", "arn:aws:s3:::b/*")]


def test_a_listing_carries_its_prefix() -> None:
    [with_prefix] = access.required(call("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "raw/"}, {}, b""), ROLES)
    [without] = access.required(call("s3", "ListObjectsV2", {"Bucket": "b"}, {}, b""), ROLES)
    assert with_prefix.context == {"s3:prefix": "raw/"}
    assert without.context == {}


def test_who_may_not_list_does_not_see_that_a_key_is_missing() -> None:
    hidden = access.to_see_missing(call("s3", "HeadObject", ITEM, {}, b""))
    assert hidden is not None
    assert (hidden.action, hidden.resource) == ("s3:ListBucket", "arn:aws:s3:::b")
    assert access.to_see_missing(call("s3", "PutObject", ITEM, {}, b"")) is None
    assert access.to_see_missing(call("logs", "GetLogEvents", {}, {}, b"")) is None


def test_a_create_carries_tags_and_instance_types() -> None:
    create, pass_role, tagging = access.required(
        call("sagemaker", "CreateTrainingJob", {**TRAINING, **TAGS}, {}, b""), ROLES
    )
    assert create.context["aws:RequestTag/mlops:model"] == "basket"
    assert create.context["aws:TagKeys"] == ["mlops:model"]
    assert create.context["sagemaker:InstanceTypes"] == ["ml.m5.xlarge"]
    assert create.context["sagemaker:MaxRuntimeInSeconds"] == 600
    assert pass_role.context["iam:PassedToService"] == "sagemaker.amazonaws.com"
    assert tagging.context["sagemaker:TaggingAction"] == "CreateTrainingJob"


def test_a_processing_job_keeps_its_instances_elsewhere() -> None:
    cluster = {"InstanceType": "ml.m5.large", "VolumeKmsKeyId": "k"}
    params = {
        "ProcessingJobName": "p",
        "RoleArn": EXECUTION,
        "ProcessingResources": {"ClusterConfig": cluster},
        "NetworkConfig": {"EnableNetworkIsolation": True, "VpcConfig": {"Subnets": ["s-1"]}},
    }
    create = access.required(call("sagemaker", "CreateProcessingJob", params, {}, b""), ROLES)[0]
    assert create.context["sagemaker:InstanceTypes"] == ["ml.m5.large"]
    assert create.context["sagemaker:VolumeKmsKey"] == "k"
    assert create.context["sagemaker:NetworkIsolation"] is True
    assert create.context["sagemaker:VpcSubnets"] == ["s-1"]


def decisions(params: dict[str, Any]) -> list[tuple[str, bool]]:
    request = call("sagemaker", "CreateTrainingJob", params, {"User-Agent": "sdk"}, b"")
    context = access.context_of(request, 1_800_000_000)
    policies = ROLES.policies_of(SESSION)
    return [
        (needed.action.split(":")[1], evaluate(policies, needed, context).allowed)
        for needed in access.required(request, ROLES)
    ]


def test_a_policy_meets_a_real_call() -> None:
    full = {**TRAINING, **TAGS}
    assert decisions(full) == [("CreateTrainingJob", True), ("PassRole", True), ("AddTags", True)]
    assert decisions(TRAINING) == [("CreateTrainingJob", False), ("PassRole", True)]
    assert decisions({**full, "TrainingJobName": "other"})[0] == ("CreateTrainingJob", False)
    assert decisions({**full, "RoleArn": EXECUTION + "-admin"})[1] == ("PassRole", False)


def test_the_context_of_a_session() -> None:
    found = access.context_of(call("s3", "GetObject", ITEM, {"User-Agent": "sdk"}, b""), 1_800_000_000)
    assert found["aws:PrincipalArn"] == f"arn:aws:iam::{ACCOUNT}:role/ci"
    assert found["aws:RequestedRegion"] == "us-east-1"
    assert found["aws:UserAgent"] == "sdk"
    assert found["aws:EpochTime"] == 1_800_000_000


@pytest.mark.parametrize(
    ("service", "reason", "code", "status", "tail"),
    [
        (
            "sagemaker",
            Reason.IMPLICIT_DENY,
            "AccessDeniedException",
            400,
            f"on resource: {EXECUTION} because no identity-based policy allows the iam:PassRole action",
        ),
        (
            "s3",
            Reason.EXPLICIT_DENY,
            "AccessDenied",
            403,
            f'on resource: "{EXECUTION}" with an explicit deny in an identity-based policy',
        ),
        (
            "sts",
            Reason.IMPLICIT_DENY,
            "AccessDenied",
            403,
            f"on resource: {EXECUTION} because no identity-based policy allows the iam:PassRole action",
        ),
    ],
)
def test_a_refusal_reads_as_on_aws(service: str, reason: Reason, code: str, status: int, tail: str) -> None:
    needed = access.Access("iam:PassRole", EXECUTION, {})
    error = access.denied(call(service, "X", {}, {}, b""), needed, Decision(False, reason))
    assert (error.code, error.status) == (code, status)
    assert error.message == f"User: {SESSION.arn} is not authorized to perform: iam:PassRole {tail}"
