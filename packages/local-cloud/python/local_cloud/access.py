"""Which permissions a call needs, and how a refusal reads.

The tables follow the service authorization reference,
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

from . import access_cloudwatch, access_ecr, access_sagemaker, eks, rest
from .call import Access, AwsError, Call
from .iam import Decision, Reason
from .roles import Roles
from .sessions import QUERY_SERVICES


def required(call: Call, roles: Roles) -> list[Access]:
    """Every permission that must be allowed before the call runs; empty when it needs none.

    An operation that the tables don't know needs `service:Operation` on `*`, so that only a policy with
    `Resource: *` allows it.
    """
    if call.service == "sts":
        return _sts(call, roles)
    known = _SERVICES.get(call.service)
    return known(call) if known else [_unknown(call)]


def to_see_missing(call: Call) -> Access | None:
    """The permission without which S3 answers 403 instead of 404 for a key that is not there.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
    """
    if call.service == "s3" and call.operation in _S3_READS:
        return Access("s3:ListBucket", f"arn:aws:s3:::{call.params['Bucket']}", {})
    return None


def context_of(call: Call, now: float) -> dict[str, Any]:
    """The global condition keys of a request; `now` is seconds since 1970.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    The loopback connection stands for one with TLS, which every SDK uses against AWS.
    """
    return {
        **call.principal.context,
        "aws:PrincipalAccount": call.account,
        "aws:RequestedRegion": call.region,
        "aws:SecureTransport": True,
        "aws:ViaAWSService": False,
        "aws:PrincipalIsAWSService": False,
        "aws:CurrentTime": datetime.fromtimestamp(now, UTC),
        "aws:EpochTime": int(now),
        "aws:UserAgent": _header(call, "user-agent"),
        "aws:ResourceAccount": call.account,
    }


def denied(call: Call, access: Access, decision: Decision) -> AwsError:
    """The refusal of a call for one missing permission, in AWS's words.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    resource = f'"{access.resource}"' if call.service == "s3" else access.resource
    why = (
        "with an explicit deny in an identity-based policy"
        if decision.reason is Reason.EXPLICIT_DENY
        else f"because no identity-based policy allows the {access.action} action"
    )
    asked = f"is not authorized to perform: {access.action} on resource: {resource}"
    message = f"User: {call.principal.arn} {asked} {why}"
    if call.service == "s3" or call.service in QUERY_SERVICES:
        return AwsError("AccessDenied", message, 403)
    return AwsError("AccessDeniedException", message, 403 if call.service in rest.SERVICES else 400)


def _unknown(call: Call) -> Access:
    return Access(f"{call.service}:{call.operation}", "*", {})


def _header(call: Call, name: str) -> str | None:
    return next((value for key, value in call.headers.items() if key.lower() == name), None)


def _sts(call: Call, roles: Roles) -> list[Access]:
    """A web identity is judged by the trust policy alone, and everybody may ask who they are.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    if call.operation in ("GetCallerIdentity", "AssumeRoleWithWebIdentity"):
        return []
    if call.operation != "AssumeRole":
        return [_unknown(call)]
    arn = str(call.params.get("RoleArn", "*"))
    role = roles.role_by_arn(arn)
    if role is not None and role.trusts_by_name(call.principal):
        return []
    return [Access("sts:AssumeRole", arn, {})]


def _action(call: Call) -> str:
    return f"{call.service}:{call.operation}"


def _s3(call: Call) -> list[Access]:
    special = _S3_SPECIAL.get(call.operation)
    if special is not None:
        return list(special(call))
    if call.operation in _S3_OBJECT:
        return [Access(_versioned(call, _S3_OBJECT[call.operation]), _object_arn(call), {})]
    if call.params.get("Key"):
        return [Access(f"s3:{call.operation}", _object_arn(call), {})]
    if call.params.get("Bucket"):
        action = _S3_BUCKET.get(call.operation, call.operation)
        return [Access(f"s3:{action}", f"arn:aws:s3:::{call.params['Bucket']}", _list_context(call))]
    return [Access(f"s3:{_S3_BUCKET.get(call.operation, call.operation)}", "*", {})]


#: Operations on objects and their actions, where one decides:
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_S3_OBJECT = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "SelectObjectContent": "s3:GetObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "DeleteObject": "s3:DeleteObject",
    "GetObjectTagging": "s3:GetObjectTagging",
    "PutObjectTagging": "s3:PutObjectTagging",
    "DeleteObjectTagging": "s3:DeleteObjectTagging",
    "GetObjectAcl": "s3:GetObjectAcl",
    "PutObjectAcl": "s3:PutObjectAcl",
    "RestoreObject": "s3:RestoreObject",
}
_S3_READS = {"GetObject", "HeadObject", "GetObjectAttributes"}
_S3_WITH_VERSION = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
}
_S3_BUCKET = {
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "HeadBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketTagging": "PutBucketTagging",
}


def _versioned(call: Call, action: str) -> str:
    return _S3_WITH_VERSION.get(action, action) if call.params.get("VersionId") else action


def _object_arn(call: Call) -> str:
    return f"arn:aws:s3:::{call.params.get('Bucket', '')}/{call.params.get('Key', '')}"


def _list_context(call: Call) -> dict[str, Any]:
    """Keys of a listing, absent as long as the request has no such parameter."""
    names = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter", "MaxKeys": "s3:max-keys"}
    return {key: call.params[name] for name, key in names.items() if call.params.get(name) is not None}


_S3_HEADER_KEYS = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class",
    "if-match",
    "if-none-match",
)


def _put_object(call: Call) -> Iterator[Access]:
    tags = dict(parse_qsl(_header(call, "x-amz-tagging") or "", keep_blank_values=True))
    context = {
        **{f"s3:{name}": _header(call, name) for name in _S3_HEADER_KEYS},
        **{f"s3:RequestObjectTag/{key}": value for key, value in tags.items()},
        "s3:RequestObjectTagKeys": list(tags) or None,
    }
    yield Access("s3:PutObject", _object_arn(call), context)
    if tags:
        yield Access("s3:PutObjectTagging", _object_arn(call), context)
    if _header(call, "x-amz-acl"):
        yield Access("s3:PutObjectAcl", _object_arn(call), context)


def _copy_object(call: Call) -> Iterator[Access]:
    bucket, key, version = _copy_source(call)
    yield Access("s3:GetObjectVersion" if version else "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", {})
    yield from _put_object(call)


def _copy_source(call: Call) -> tuple[str, str, str]:
    source = unquote(_header(call, "x-amz-copy-source") or "").lstrip("/")
    path, _, version = source.partition("?versionId=")
    bucket, _, key = path.partition("/")
    return bucket, key, version


def _get_object_attributes(call: Call) -> Iterator[Access]:
    suffix = "Version" if call.params.get("VersionId") else ""
    yield Access(f"s3:GetObject{suffix}", _object_arn(call), {})
    yield Access(f"s3:GetObject{suffix}Attributes", _object_arn(call), {})


def _delete_objects(call: Call) -> Iterator[Access]:
    bucket = call.params.get("Bucket", "")
    for key, version in _keys_to_delete(call.body):
        action = "s3:DeleteObjectVersion" if version else "s3:DeleteObject"
        yield Access(action, f"arn:aws:s3:::{bucket}/{key}", {})


def _keys_to_delete(body: bytes) -> Iterator[tuple[str, str | None]]:
    """The keys of a `Delete` document; one that can't be read counts as every key."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        yield "*", None
        return
    for element in root.iterfind("{*}Object"):
        yield element.findtext("{*}Key", "*"), element.findtext("{*}VersionId")


_S3_SPECIAL: dict[str, Callable[[Call], Iterator[Access]]] = {
    "PutObject": _put_object,
    "CreateMultipartUpload": _put_object,
    "CopyObject": _copy_object,
    "UploadPartCopy": _copy_object,
    "GetObjectAttributes": _get_object_attributes,
    "DeleteObjects": _delete_objects,
}

#: Actions on one stream; all others on a group name it with an empty stream, which is why AWS asks for `:*`
#: at the end of a log group's ARN in a policy:
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
_LOG_STREAM_OPERATIONS = {"GetLogEvents", "PutLogEvents", "CreateLogStream", "DeleteLogStream"}
_LOG_TAG_OPERATIONS = {"TagResource", "UntagResource", "ListTagsForResource"}


def _logs(call: Call) -> list[Access]:
    if call.operation in _LOG_TAG_OPERATIONS:
        return [Access(_action(call), str(call.params.get("resourceArn", "*")), {})]
    stream = call.params.get("logStreamName", "") if call.operation in _LOG_STREAM_OPERATIONS else ""
    group = _log_group_name(call)
    resource = f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}:log-stream:{stream}"
    return [Access(_action(call), resource, {})]


def _log_group_name(call: Call) -> str:
    """The name, also when the request gives the group's ARN."""
    given = str(call.params.get("logGroupName") or call.params.get("logGroupIdentifier") or "")
    return given.split(":", 6)[6].removesuffix(":*") if given.startswith("arn:") else given


def _iam(call: Call) -> list[Access]:
    role = call.params.get("RoleName")
    arn = f"arn:aws:iam::{call.account}:role/{role}" if role else str(call.params.get("PolicySourceArn", "*"))
    return [Access(_action(call), arn, {})]


def _eks(call: Call) -> list[Access]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html"""
    name = call.params.get("name")
    return [Access(_action(call), "*" if name is None else eks.arn_of(call, name), {})]


_SERVICES: dict[str, Callable[[Call], list[Access]]] = {
    "sagemaker": access_sagemaker.required,
    "ecr": access_ecr.required,
    "cloudwatch": access_cloudwatch.required,
    "s3": _s3,
    "logs": _logs,
    "iam": _iam,
    "eks": _eks,
}
