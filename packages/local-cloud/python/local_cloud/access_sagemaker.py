"""Which permissions SageMaker's operations need.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .call import Access, Call
from .sagemaker.lineage import artifact_arn


def required(call: Call) -> list[Access]:
    """Every permission of an operation; one that the tables don't know needs its action on `*`."""
    match = re.fullmatch(r"(Create|Describe|Stop|Delete)(Training|Processing)Job", call.operation)
    if match is not None:
        verb, kind = match.groups()
        job = _job_arn(call, kind)
        return _create_job(call, kind, job) if verb == "Create" else [Access(_action(call), job, {})]
    if call.operation in ("AddTags", "DeleteTags", "ListTags"):
        return [Access(_action(call), str(call.params.get("ResourceArn", "*")), _tag_context(call))]
    known = _REGISTRY.get(call.operation)
    return known(call) if known else [Access(_action(call), "*", {})]


def _action(call: Call) -> str:
    return f"sagemaker:{call.operation}"


def _job_arn(call: Call, kind: str) -> str:
    name = call.params.get(f"{kind}JobName", "")
    return f"arn:aws:sagemaker:{call.region}:{call.account}:{kind.lower()}-job/{name}"


def _create_job(call: Call, kind: str, job: str) -> list[Access]:
    context = {**_tag_context(call), **_job_context(call, kind)}
    passing = {"iam:PassedToService": "sagemaker.amazonaws.com", "iam:AssociatedResourceArn": job}
    return [
        Access(_action(call), job, context),
        Access("iam:PassRole", str(call.params.get("RoleArn", "*")), passing),
        *_tagging(call, job, context),
    ]


def _tagging(call: Call, arn: str, context: Mapping[str, Any]) -> list[Access]:
    """Who creates something with tags must be allowed to tag it."""
    if not call.params.get("Tags"):
        return []
    return [Access("sagemaker:AddTags", arn, {**context, "sagemaker:TaggingAction": call.operation})]


def _tag_context(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html"""
    tags = call.params.get("Tags") or []
    keys = [tag["Key"] for tag in tags] + list(call.params.get("TagKeys") or [])
    requested = {f"aws:RequestTag/{tag['Key']}": tag.get("Value", "") for tag in tags}
    return {**requested, "aws:TagKeys": keys or None}


def _job_context(call: Call, kind: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html"""
    params = call.params
    if kind == "Training":
        resources = params.get("ResourceConfig") or {}
        output = params.get("OutputDataConfig") or {}
        vpc = params.get("VpcConfig") or {}
        network = params
    else:
        resources = (params.get("ProcessingResources") or {}).get("ClusterConfig") or {}
        output = params.get("ProcessingOutputConfig") or {}
        network = params.get("NetworkConfig") or {}
        vpc = network.get("VpcConfig") or {}
    encryption = network.get("EnableInterContainerTrafficEncryption")
    return {
        "sagemaker:InstanceTypes": _instance_types(resources),
        "sagemaker:VolumeKmsKey": resources.get("VolumeKmsKeyId"),
        "sagemaker:OutputKmsKey": output.get("KmsKeyId"),
        "sagemaker:VpcSubnets": vpc.get("Subnets"),
        "sagemaker:VpcSecurityGroupIds": vpc.get("SecurityGroupIds"),
        "sagemaker:NetworkIsolation": network.get("EnableNetworkIsolation"),
        "sagemaker:InterContainerTrafficEncryption": encryption,
        "sagemaker:MaxRuntimeInSeconds": (params.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds"),
    }


def _instance_types(resources: Mapping[str, Any]) -> list[str] | None:
    groups = resources.get("InstanceGroups") or [resources]
    return [group["InstanceType"] for group in groups if group.get("InstanceType")] or None


# -- the model registry and lineage


def _arn(call: Call, kind: str, given: str) -> str:
    """The ARN of what a request gives by name or ARN."""
    return given if given.startswith("arn:") else f"arn:aws:sagemaker:{call.region}:{call.account}:{kind}/{given}"


def _named(call: Call, kind: str, member: str) -> str:
    return _arn(call, kind, str(call.params.get(member, "")))


def _on(kind: str, member: str) -> Callable[[Call], list[Access]]:
    """An operation on the one resource that a member of its request names."""
    return lambda call: [Access(_action(call), _named(call, kind, member), {})]


def _create_group(call: Call) -> list[Access]:
    group = _named(call, "model-package-group", "ModelPackageGroupName")
    return [Access(_action(call), group, _tag_context(call)), *_tagging(call, group, _tag_context(call))]


def _create_package(call: Call) -> list[Access]:
    """In a group both the group and the version to come are checked; the version has no number yet."""
    context = {**_tag_context(call), **_package_context(call)}
    if "ModelPackageGroupName" not in call.params:
        package = _named(call, "model-package", "ModelPackageName")
        return [Access(_action(call), package, context), *_tagging(call, package, context)]
    group = _named(call, "model-package-group", "ModelPackageGroupName")
    versions = f"{group.replace(':model-package-group/', ':model-package/')}/*"
    return [Access(_action(call), group, context), Access(_action(call), versions, context)]


def _update_package(call: Call) -> list[Access]:
    return [Access(_action(call), _named(call, "model-package", "ModelPackageArn"), _package_context(call))]


def _package_context(call: Call) -> dict[str, Any]:
    """What a request says of a package; what the package is at the moment (`Current…`) is not looked up."""
    cycle = call.params.get("ModelLifeCycle") or {}
    metadata = call.params.get("CustomerMetadataProperties") or {}
    return {
        "sagemaker:ModelApprovalStatus": call.params.get("ModelApprovalStatus"),
        "sagemaker:ModelLifeCycle:Stage": cycle.get("Stage"),
        "sagemaker:ModelLifeCycle:StageStatus": cycle.get("StageStatus"),
        "sagemaker:CustomerMetadataPropertiesToRemove": call.params.get("CustomerMetadataPropertiesToRemove"),
        **{f"sagemaker:CustomerMetadataProperties/{key}": value for key, value in metadata.items()},
    }


def _batch_describe(call: Call) -> list[Access]:
    return [Access(_action(call), str(arn), {}) for arn in call.params.get("ModelPackageArnList") or []]


def _create_artifact(call: Call) -> list[Access]:
    arn = artifact_arn(call, (call.params.get("Source") or {}).get("SourceUri", ""))
    return [Access(_action(call), arn, _tag_context(call)), *_tagging(call, arn, _tag_context(call))]


def _both_ends(call: Call) -> list[Access]:
    return [Access(_action(call), str(call.params.get(end, "*")), {}) for end in ("SourceArn", "DestinationArn")]


_REGISTRY: dict[str, Callable[[Call], list[Access]]] = {
    "CreateModelPackageGroup": _create_group,
    "DescribeModelPackageGroup": _on("model-package-group", "ModelPackageGroupName"),
    "DeleteModelPackageGroup": _on("model-package-group", "ModelPackageGroupName"),
    "CreateModelPackage": _create_package,
    "DescribeModelPackage": _on("model-package", "ModelPackageName"),
    "BatchDescribeModelPackage": _batch_describe,
    "UpdateModelPackage": _update_package,
    "DeleteModelPackage": _on("model-package", "ModelPackageName"),
    "CreateArtifact": _create_artifact,
    "DescribeArtifact": _on("artifact", "ArtifactArn"),
    "AddAssociation": _both_ends,
    "DeleteAssociation": _both_ends,
}
