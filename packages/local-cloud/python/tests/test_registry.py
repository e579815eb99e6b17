"""Groups and packages of the model registry, from their creation to their end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Cloud, refused
from registry import ALONE, MODEL, SERVING, completed, described, new_group, register

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"


# -- groups


def test_a_group_is_described_as_it_was_created(sm: Any) -> None:
    group = new_group(sm, ModelPackageGroupDescription="baskets")
    found = sm.describe_model_package_group(ModelPackageGroupName=group)
    assert found["ModelPackageGroupName"] == group
    assert found["ModelPackageGroupArn"] == f"{ACCOUNT}:model-package-group/{group}"
    assert found["ModelPackageGroupDescription"] == "baskets"
    assert found["ModelPackageGroupStatus"] == "Completed"
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::123456789012:root"
    by_arn = sm.describe_model_package_group(ModelPackageGroupName=found["ModelPackageGroupArn"])
    assert by_arn["ModelPackageGroupName"] == group


def test_a_group_name_is_taken_once(sm: Any) -> None:
    group = new_group(sm)
    words = "Model Package Group already exists: arn:aws:sagemaker:"
    refused("ValidationException", words, sm.create_model_package_group, ModelPackageGroupName=group)


def test_a_group_that_is_not_there(sm: Any) -> None:
    words = f"ModelPackageGroup {ACCOUNT}:model-package-group/nobody does not exist."
    refused("ValidationException", words, sm.describe_model_package_group, ModelPackageGroupName="nobody")
    refused("ValidationException", words, sm.delete_model_package_group, ModelPackageGroupName="nobody")
    create = {"ModelPackageGroupName": "nobody", "InferenceSpecification": SERVING}
    refused("ValidationException", "Model Package Group does not exist.", sm.create_model_package, **create)


@pytest.mark.parametrize(
    ("operation", "member", "kind"),
    [
        ("describe_model_package_group", "ModelPackageGroupName", "model-package-group/theirs"),
        ("create_model_package", "ModelPackageGroupName", "model-package-group/theirs"),
        ("list_model_packages", "ModelPackageGroupName", "model-package-group/theirs"),
        ("describe_model_package", "ModelPackageName", "model-package/theirs/1"),
        ("update_model_package", "ModelPackageArn", "model-package/theirs/1"),
    ],
)
def test_what_belongs_to_another_account_is_closed(sm: Any, operation: str, member: str, kind: str) -> None:
    arn = f"arn:aws:sagemaker:us-east-1:999999999999:{kind}"
    words = f"on resource: {arn} because no resource-based policy allows"
    refused("AccessDeniedException", words, getattr(sm, operation), **{member: arn})


def test_an_arn_of_something_else_is_nothing_here(sm: Any) -> None:
    group = new_group(sm)
    arn = f"{ACCOUNT}:model-package/{group}"
    refused("ValidationException", "does not exist", sm.describe_model_package_group, ModelPackageGroupName=arn)


def test_a_group_goes_only_when_it_is_empty(sm: Any) -> None:
    group = new_group(sm)
    package = completed(sm, register(sm, group))["ModelPackageArn"]
    delete = sm.delete_model_package_group
    refused("ConflictException", "contains model packages", delete, ModelPackageGroupName=group)
    sm.delete_model_package(ModelPackageName=package)
    delete(ModelPackageGroupName=group)
    refused("ValidationException", "does not exist", sm.describe_model_package_group, ModelPackageGroupName=group)


# -- versions


def test_versions_count_up_and_are_never_used_again(sm: Any) -> None:
    group = new_group(sm)
    arns = [register(sm, group) for _ in range(3)]
    assert arns == [f"{ACCOUNT}:model-package/{group}/{number}" for number in (1, 2, 3)]
    completed(sm, arns[2])
    sm.delete_model_package(ModelPackageName=arns[2])
    assert register(sm, group).endswith("/4")
    refused("ValidationException", f"ModelPackage {arns[2]} does not exist.", described, sm=sm, arn=arns[2])


def test_a_version_is_described_as_it_was_registered(sm: Any, s3: Any) -> None:
    group = new_group(sm)
    report = {"ContentType": "application/json", "S3Uri": "s3://data/m.json", "ContentDigest": "sha256:" + "0a" * 32}
    given = {
        "ModelPackageDescription": "baskets",
        "ModelMetrics": {"ModelQuality": {"Statistics": report}},
        "MetadataProperties": {"CommitId": "abc", "Repository": "r", "GeneratedBy": "g", "ProjectId": "p"},
        "CustomerMetadataProperties": {"run-key": "k"},
        "DriftCheckBaselines": {"ModelDataQuality": {"Statistics": report}},
        "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Trained"},
        "ModelCard": {"ModelCardContent": '{"intended_uses": {"risk_rating": "Low"}}', "ModelCardStatus": "Draft"},
        "Domain": "MACHINE_LEARNING",
        "Task": "CLASSIFICATION",
        "SamplePayloadUrl": "s3://data/payload.tar.gz",
        "SkipModelValidation": "All",
    }
    found = completed(sm, register(sm, group, **given))
    assert {name: found[name] for name in given} == given
    etag = s3.head_object(Bucket="data", Key="registry/model.tar.gz")["ETag"].strip('"')
    container = {**SERVING["Containers"][0], "ModelDataETag": etag}
    assert found["InferenceSpecification"] == {**SERVING, "Containers": [container]}
    assert (found["ModelPackageGroupName"], found["ModelPackageVersion"]) == (group, 1)
    assert found["ModelApprovalStatus"] == "PendingManualApproval"
    assert found["ModelPackageStatusDetails"] == {"ValidationStatuses": [], "ImageScanStatuses": []}
    assert found["CertifyForMarketplace"] is False
    assert found["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::123456789012:root"
    assert not {"ModelPackageName", "LastModifiedTime", "LastModifiedBy", "ApprovalDescription"} & set(found)


def test_a_package_takes_its_time(cloud: Cloud, sm: Any) -> None:
    arn = register(sm, new_group(sm))
    assert described(sm, arn)["ModelPackageStatus"] in ("Pending", "InProgress")
    refused("ConflictException", "is in status", sm.delete_model_package, ModelPackageName=arn)
    cloud.control("POST", "clock", {"advance": 1})
    assert described(sm, arn)["ModelPackageStatus"] == "Completed"


def test_a_package_may_fail(cloud: Cloud, sm: Any) -> None:
    fault = {"kind": "internal", "service": "sagemaker", "operation": "CreateModelPackage", "message": "no luck"}
    cloud.control("POST", "faults", fault)
    found = completed(sm, register(sm, new_group(sm)))
    assert found["ModelPackageStatus"] == "Failed"
    (status,) = found["ModelPackageStatusDetails"]["ValidationStatuses"]
    assert (status["Status"], status["FailureReason"]) == ("Failed", "no luck")


def test_the_image_is_pinned_as_far_as_it_is_known(sm: Any) -> None:
    group = new_group(sm)
    digest = "sha256:" + "ab" * 32
    named = {"Image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/x@{digest}", "ModelDataUrl": MODEL}
    found = described(sm, register(sm, group, InferenceSpecification={"Containers": [named]}))
    assert found["InferenceSpecification"]["Containers"][0]["ImageDigest"] == digest
    told = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/told:1", "ModelDataUrl": MODEL}
    found = described(sm, register(sm, group, InferenceSpecification={"Containers": [told]}))
    assert found["InferenceSpecification"]["Containers"][0]["ImageDigest"] == "sha256:" + "cd" * 32


# -- packages without a version


def test_a_package_without_a_version(sm: Any) -> None:
    arn = sm.create_model_package(
        ModelPackageName="alone", InferenceSpecification=ALONE, Tags=[{"Key": "a", "Value": "1"}]
    )["ModelPackageArn"]
    assert arn == f"{ACCOUNT}:model-package/alone"
    for given in ("alone", arn):
        found = described(sm, given)
        assert (found["ModelPackageName"], found["ModelPackageArn"]) == ("alone", arn)
        assert not {"ModelPackageGroupName", "ModelPackageVersion", "ModelApprovalStatus"} & set(found)
    assert sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    create = {"ModelPackageName": "alone", "InferenceSpecification": ALONE}
    refused("ValidationException", "already exists", sm.create_model_package, **create)
    update = {"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"}
    refused("ValidationException", "not a versioned model package", sm.update_model_package, **update)


# -- the same request twice


def test_a_request_that_comes_again_has_one_outcome(sm: Any) -> None:
    group = new_group(sm)
    arns = {register(sm, group, ClientToken="token-1") for _ in range(2)}
    assert arns == {f"{ACCOUNT}:model-package/{group}/1"}
    create = {"ModelPackageGroupName": group, "ClientToken": "token-1", "ModelPackageDescription": "other"}
    refused("ConflictException", "ClientToken", sm.create_model_package, InferenceSpecification=SERVING, **create)
    assert register(sm, group, ClientToken="token-2").endswith("/2")


def test_a_client_token_is_forgotten(cloud: Cloud, sm: Any) -> None:
    group = new_group(sm)
    register(sm, group, ClientToken="token-forgotten")
    cloud.control("POST", "clock", {"advance": 601})
    assert register(sm, group, ClientToken="token-forgotten").endswith("/2")


def test_an_answer_that_was_lost_registers_nothing_twice(cloud: Cloud, sm: Any) -> None:
    group = new_group(sm)
    fault = {"kind": "lost-response", "service": "sagemaker", "operation": "CreateModelPackage"}
    cloud.control("POST", "faults", fault)
    # boto3 itself tries again, with the token that it made up for the first try.
    assert register(sm, group).endswith("/1")
    assert len(sm.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]) == 1


# -- at once


def together(count: int, call: Callable[[int], None]) -> None:
    """Calls from as many threads, as nearly at once as threads can."""
    gate = threading.Barrier(count)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            call(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_creates_at_once_get_versions_of_their_own(sm: Any) -> None:
    group = new_group(sm)
    arns: list[str] = []
    together(12, lambda number: arns.append(register(sm, group, CustomerMetadataProperties={"n": str(number)})))
    assert sorted(int(arn.rsplit("/", 1)[1]) for arn in arns) == list(range(1, 13))
    told = {described(sm, arn)["CustomerMetadataProperties"]["n"] for arn in arns}
    assert told == {str(number) for number in range(12)}


def test_one_token_at_once_makes_one_version(sm: Any) -> None:
    group = new_group(sm)
    arns: list[str] = []
    together(8, lambda _: arns.append(register(sm, group, ClientToken="at-once")))
    assert set(arns) == {f"{ACCOUNT}:model-package/{group}/1"}
    assert len(sm.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]) == 1


def test_updates_at_once_all_count(sm: Any) -> None:
    arn = register(sm, new_group(sm))

    def update(number: int) -> None:
        sm.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={f"n{number}": "1"})

    together(10, update)
    assert described(sm, arn)["CustomerMetadataProperties"] == {f"n{number}": "1" for number in range(10)}


def test_groups_at_once_are_one_group(sm: Any) -> None:
    outcomes: list[str] = []

    def create(_: int) -> None:
        try:
            sm.create_model_package_group(ModelPackageGroupName="raced")
            outcomes.append("created")
        except sm.exceptions.ClientError as error:
            assert "already exists" in str(error)
            outcomes.append("refused")

    together(6, create)
    assert sorted(outcomes) == ["created", *["refused"] * 5]
