"""Which permissions the registry and lineage need, by the service authorization reference, and over the wire.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Cloud, refused
from registry import MODEL, SERVING, described

from local_cloud import access_sagemaker
from local_cloud.call import Access, Call, Principal
from local_cloud.sagemaker.lineage import artifact_arn

ARNS = "arn:aws:sagemaker:us-east-1:123456789012"
GROUP, PACKAGE = f"{ARNS}:model-package-group/g", f"{ARNS}:model-package/g/1"
SESSION = Principal("role", "arn:aws:sts::123456789012:assumed-role/ci/run", "KEY")
TAGS = {"Tags": [{"Key": "team", "Value": "retail"}]}


def needed(operation: str, params: dict[str, Any]) -> list[Access]:
    call = Call("sagemaker", operation, SESSION, "us-east-1", "123456789012", params, {}, b"")
    return access_sagemaker.required(call)


def of_source(uri: str) -> str:
    call = Call("sagemaker", "CreateArtifact", SESSION, "us-east-1", "123456789012", {}, {}, b"")
    return artifact_arn(call, uri)


CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("CreateModelPackageGroup", {"ModelPackageGroupName": "g"}, [GROUP]),
    ("DescribeModelPackageGroup", {"ModelPackageGroupName": "g"}, [GROUP]),
    ("DescribeModelPackageGroup", {"ModelPackageGroupName": GROUP}, [GROUP]),
    ("DeleteModelPackageGroup", {"ModelPackageGroupName": "g"}, [GROUP]),
    ("ListModelPackageGroups", {}, ["*"]),
    ("CreateModelPackage", {"ModelPackageGroupName": "g"}, [GROUP, f"{ARNS}:model-package/g/*"]),
    ("CreateModelPackage", {"ModelPackageGroupName": GROUP}, [GROUP, f"{ARNS}:model-package/g/*"]),
    ("CreateModelPackage", {"ModelPackageName": "p"}, [f"{ARNS}:model-package/p"]),
    ("DescribeModelPackage", {"ModelPackageName": PACKAGE}, [PACKAGE]),
    ("DescribeModelPackage", {"ModelPackageName": "p"}, [f"{ARNS}:model-package/p"]),
    ("BatchDescribeModelPackage", {"ModelPackageArnList": [PACKAGE, f"{PACKAGE}0"]}, [PACKAGE, f"{PACKAGE}0"]),
    ("ListModelPackages", {"ModelPackageGroupName": "g"}, ["*"]),
    ("UpdateModelPackage", {"ModelPackageArn": PACKAGE}, [PACKAGE]),
    ("DeleteModelPackage", {"ModelPackageName": PACKAGE}, [PACKAGE]),
    ("CreateArtifact", {"Source": {"SourceUri": "s3://b/k"}}, [of_source("s3://b/k")]),
    ("DescribeArtifact", {"ArtifactArn": f"{ARNS}:artifact/a"}, [f"{ARNS}:artifact/a"]),
    ("ListArtifacts", {}, ["*"]),
    ("AddAssociation", {"SourceArn": "a", "DestinationArn": "b"}, ["a", "b"]),
    ("DeleteAssociation", {"SourceArn": "a", "DestinationArn": "b"}, ["a", "b"]),
    ("ListAssociations", {"SourceArn": "a"}, ["*"]),
    ("ListTags", {"ResourceArn": GROUP}, [GROUP]),
]


@pytest.mark.parametrize(("operation", "params", "resources"), CASES)
def test_permissions(operation: str, params: dict[str, Any], resources: list[str]) -> None:
    found = [(one.action, one.resource) for one in needed(operation, params)]
    assert found == [(f"sagemaker:{operation}", resource) for resource in resources]


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("CreateModelPackageGroup", {"ModelPackageGroupName": "g"}, GROUP),
        ("CreateModelPackage", {"ModelPackageName": "p"}, f"{ARNS}:model-package/p"),
        ("CreateArtifact", {"Source": {"SourceUri": "u"}}, of_source("u")),
    ],
)
def test_who_creates_with_tags_must_be_allowed_to_tag(operation: str, params: dict[str, Any], resource: str) -> None:
    create, tagging = needed(operation, {**params, **TAGS})
    assert create.context["aws:RequestTag/team"] == "retail"
    assert (tagging.action, tagging.resource) == ("sagemaker:AddTags", resource)
    assert tagging.context["sagemaker:TaggingAction"] == operation
    assert tagging.context["aws:TagKeys"] == ["team"]


def test_what_a_request_says_of_a_package_can_be_a_condition() -> None:
    said = {
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"run-key": "k"},
        "ModelLifeCycle": {"Stage": "Prod", "StageStatus": "Live"},
    }
    removed = {"CustomerMetadataPropertiesToRemove": ["old"]}
    (update,) = needed("UpdateModelPackage", {"ModelPackageArn": PACKAGE, **said, **removed})
    expected = {
        "sagemaker:ModelApprovalStatus": "Approved",
        "sagemaker:CustomerMetadataProperties/run-key": "k",
        "sagemaker:ModelLifeCycle:Stage": "Prod",
        "sagemaker:ModelLifeCycle:StageStatus": "Live",
    }
    assert update.context == {**expected, "sagemaker:CustomerMetadataPropertiesToRemove": ["old"]}
    for create in needed("CreateModelPackage", {"ModelPackageGroupName": "g", **said}):
        assert expected.items() <= create.context.items()


# -- over the wire


@pytest.fixture(scope="module")
def registrar(cloud: Cloud) -> Any:
    """The role of conftest's REGISTRAR, and a group that it has created."""
    cloud.client("s3").put_object(Bucket="data", Key="secret/model.tar.gz", Body=b"model")
    client = cloud.as_role("registrar", "sagemaker")
    client.create_model_package_group(ModelPackageGroupName="mine-1", **TAGS)
    return client


def denied(action: str, resource: str, call: Any, **request: Any) -> None:
    words = f"User: arn:aws:sts::123456789012:assumed-role/registrar/test is not authorized to perform: {action} on "
    refused("AccessDeniedException", f"{words}resource: {resource} ", call, **request)


def test_a_group_needs_its_tags(registrar: Any) -> None:
    arn = f"{ARNS}:model-package-group/mine-2"
    create = registrar.create_model_package_group
    denied("sagemaker:CreateModelPackageGroup", arn, create, ModelPackageGroupName="mine-2")
    other = {"Tags": [{"Key": "team", "Value": "other"}]}
    denied("sagemaker:CreateModelPackageGroup", arn, create, ModelPackageGroupName="mine-2", **other)
    theirs = f"{ARNS}:model-package-group/theirs"
    denied("sagemaker:CreateModelPackageGroup", theirs, create, ModelPackageGroupName="theirs", **TAGS)


def test_who_registers_may_not_approve(cloud: Cloud, sm: Any, registrar: Any) -> None:
    create = {"ModelPackageGroupName": "mine-1", "InferenceSpecification": SERVING}
    arn = registrar.create_model_package(**create)["ModelPackageArn"]
    assert described(sm, arn)["CreatedBy"]["IamIdentity"]["Arn"].endswith("assumed-role/registrar/test")
    registrar.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    update = {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"}
    denied("sagemaker:UpdateModelPackage", arn, registrar.update_model_package, **update)
    group = f"{ARNS}:model-package-group/mine-1"
    approved = {**create, "ModelApprovalStatus": "Approved"}
    denied("sagemaker:CreateModelPackage", group, registrar.create_model_package, **approved)
    assert described(sm, arn)["ModelApprovalStatus"] == "Rejected"
    denied("sagemaker:DeleteModelPackage", arn, registrar.delete_model_package, ModelPackageName=arn)
    denied("sagemaker:ListModelPackages", "*", registrar.list_model_packages, ModelPackageGroupName="mine-1")


def test_the_whole_batch_must_be_allowed(registrar: Any) -> None:
    create = {"ModelPackageGroupName": "mine-1", "InferenceSpecification": SERVING}
    mine, theirs = registrar.create_model_package(**create)["ModelPackageArn"], f"{ARNS}:model-package/theirs/1"
    batch = registrar.batch_describe_model_package
    assert len(batch(ModelPackageArnList=[mine])["ModelPackageSummaries"]) == 1
    denied("sagemaker:BatchDescribeModelPackage", theirs, batch, ModelPackageArnList=[mine, theirs])


@pytest.mark.parametrize("key", ["secret/model.tar.gz", "registry/none.tar.gz"])
def test_model_data_is_read_with_the_permissions_of_the_caller(registrar: Any, key: str) -> None:
    url = f"s3://data/{key}"
    serving = {"Containers": [{**SERVING["Containers"][0], "ModelDataUrl": url}]}
    create = {"ModelPackageGroupName": "mine-1", "InferenceSpecification": serving}
    # Without s3:ListBucket nobody learns whether a key exists.
    words = f"Could not access model data at {url}."
    refused("ValidationException", words, registrar.create_model_package, **create)
    serving["Containers"][0]["ModelDataUrl"] = MODEL
    assert registrar.create_model_package(**create)["ModelPackageArn"]
