"""Every operation of the registry under faults: clients get over them, and the world is as if nothing had happened."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import botocore.endpoint
import pytest
from botocore.exceptions import ClientError
from conftest import Cloud
from registry import SERVING, described, new_group, register

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"


@pytest.fixture(autouse=True)
def no_fault_stays(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """And boto3 tries again at once."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    yield
    cloud.control("DELETE", "faults")


def fresh(cloud: Cloud, sm: Any) -> dict[str, str]:
    """A group, a completed version of it, and two artifacts, all new."""
    group = new_group(sm)
    artifacts = [
        sm.create_artifact(Source={"SourceUri": uuid.uuid4().hex}, ArtifactType="T")["ArtifactArn"] for _ in range(2)
    ]
    arn = register(sm, group)
    cloud.control("POST", "clock", {"advance": 1})
    return {"group": group, "package": arn, "source": artifacts[0], "destination": artifacts[1]}


Operation = Callable[[Any, dict[str, str]], Any]
#: Each operation, and what is to be seen once it has been done exactly once.
READS: dict[str, Operation] = {
    "DescribeModelPackageGroup": lambda sm, at: sm.describe_model_package_group(ModelPackageGroupName=at["group"]),
    "ListModelPackageGroups": lambda sm, at: sm.list_model_package_groups(NameContains=at["group"]),
    "DescribeModelPackage": lambda sm, at: described(sm, at["package"]),
    "BatchDescribeModelPackage": lambda sm, at: sm.batch_describe_model_package(ModelPackageArnList=[at["package"]]),
    "ListModelPackages": lambda sm, at: sm.list_model_packages(ModelPackageGroupName=at["group"]),
    "DescribeArtifact": lambda sm, at: sm.describe_artifact(ArtifactArn=at["source"]),
    "ListArtifacts": lambda sm, at: sm.list_artifacts(ArtifactType="T"),
    "ListAssociations": lambda sm, at: sm.list_associations(SourceArn=at["source"]),
}
#: Writes that may be sent again, as they are the same twice or carry a token.
WRITES: dict[str, Operation] = {
    "CreateModelPackage": lambda sm, at: register(sm, at["group"]),
    "UpdateModelPackage": lambda sm, at: sm.update_model_package(
        ModelPackageArn=at["package"], ModelApprovalStatus="Approved"
    ),
    "AddTags": lambda sm, at: sm.add_tags(ResourceArn=at["source"], Tags=[{"Key": "a", "Value": "1"}]),
}
#: Writes whose second try finds that the first one had come through.
ONCE: dict[str, Operation] = {
    "CreateModelPackageGroup": lambda sm, at: sm.create_model_package_group(ModelPackageGroupName=f"{at['group']}-x"),
    "DeleteModelPackage": lambda sm, at: sm.delete_model_package(ModelPackageName=at["package"]),
    "CreateArtifact": lambda sm, at: sm.create_artifact(Source={"SourceUri": at["source"]}, ArtifactType="T"),
    "AddAssociation": lambda sm, at: sm.add_association(SourceArn=at["source"], DestinationArn=at["destination"]),
}
ALL = {**READS, **WRITES, **ONCE}


def counts(sm: Any, at: dict[str, str]) -> dict[str, Any]:
    """What a write of these can have changed."""
    packages = sm.list_model_packages(ModelPackageGroupName=at["group"])["ModelPackageSummaryList"]
    return {
        "groups": len(sm.list_model_package_groups(NameContains=at["group"])["ModelPackageGroupSummaryList"]),
        "packages": {one["ModelPackageVersion"]: one["ModelApprovalStatus"] for one in packages},
        "artifacts": len(sm.list_artifacts(SourceUri=at["source"])["ArtifactSummaries"]),
        "associations": len(sm.list_associations(SourceArn=at["source"])["AssociationSummaries"]),
        "tags": sm.list_tags(ResourceArn=at["source"])["Tags"],
    }


PENDING = "PendingManualApproval"
BEFORE = {"groups": 1, "packages": {1: PENDING}, "artifacts": 0, "associations": 0, "tags": []}
AFTER: dict[str, dict[str, Any]] = {
    **{name: {} for name in READS},
    "CreateModelPackageGroup": {"groups": 2},
    "CreateModelPackage": {"packages": {1: PENDING, 2: PENDING}},
    "UpdateModelPackage": {"packages": {1: "Approved"}},
    "DeleteModelPackage": {"packages": {}},
    "AddTags": {"tags": [{"Key": "a", "Value": "1"}]},
    "CreateArtifact": {"artifacts": 1},
    "AddAssociation": {"associations": 1},
}


@pytest.mark.parametrize("kind", ["throttle", "500", "reset"])
@pytest.mark.parametrize("name", ALL)
def test_clients_get_over_it(cloud: Cloud, sm: Any, name: str, kind: str) -> None:
    at = fresh(cloud, sm)
    assert counts(sm, at) == BEFORE
    cloud.control("DELETE", "calls")
    cloud.control("POST", "faults", {"kind": kind, "operation": name})
    ALL[name](sm, at)
    assert counts(sm, at) == {**BEFORE, **AFTER[name]}
    tried = [call.get("fault") for call in cloud.control("GET", "calls") if call["operation"] == name]
    assert tried[:2] == [kind, None]


@pytest.mark.parametrize("name", [*READS, *WRITES])
def test_an_answer_that_is_lost_changes_nothing(cloud: Cloud, sm: Any, name: str) -> None:
    at = fresh(cloud, sm)
    cloud.control("POST", "faults", {"kind": "lost-response", "operation": name})
    ALL[name](sm, at)
    assert counts(sm, at) == {**BEFORE, **AFTER[name]}


@pytest.mark.parametrize("name", ONCE)
def test_after_a_lost_answer_a_client_is_told_that_it_is_done(cloud: Cloud, sm: Any, name: str) -> None:
    at = fresh(cloud, sm)
    cloud.control("POST", "faults", {"kind": "lost-response", "operation": name})
    with pytest.raises(ClientError, match=r"already exists|does not exist") as caught:
        ONCE[name](sm, at)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert counts(sm, at) == {**BEFORE, **AFTER[name]}


def test_a_conflict_can_be_asked_for(cloud: Cloud, sm: Any) -> None:
    at = fresh(cloud, sm)
    fault = {"kind": "throttle", "operation": "UpdateModelPackage", "code": "ConflictException", "message": "at once"}
    cloud.control("POST", "faults", fault)
    with pytest.raises(sm.exceptions.ConflictException, match="at once"):
        WRITES["UpdateModelPackage"](sm, at)
    assert counts(sm, at) == BEFORE


def test_what_was_called_is_on_record(cloud: Cloud, sm: Any) -> None:
    group = new_group(sm)
    cloud.control("DELETE", "calls")
    dev = cloud.client("sagemaker", "AKIADEV0000000000000", "dev")
    dev.create_model_package(ModelPackageGroupName=group, InferenceSpecification=SERVING)
    sm.update_model_package(ModelPackageArn=f"{ACCOUNT}:model-package/{group}/1", ModelApprovalStatus="Approved")
    call, update = cloud.control("GET", "calls")
    assert (update["operation"], update["name"]) == ("UpdateModelPackage", f"{ACCOUNT}:model-package/{group}/1")
    assert (call["operation"], call["status"], call["name"]) == ("CreateModelPackage", 200, group)
    assert call["checks"] == [
        {
            "action": "sagemaker:CreateModelPackage",
            "resource": f"{ACCOUNT}:model-package-group/{group}",
            "allowed": True,
        },
        {
            "action": "sagemaker:CreateModelPackage",
            "resource": f"{ACCOUNT}:model-package/{group}/*",
            "allowed": True,
        },
    ]
