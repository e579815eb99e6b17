"""What an update of a package changes and what it leaves alone, and what AWS refuses in a package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ACCOUNT, IMAGE, Cloud, refused
from registry import ALONE, MODEL, SERVING, completed, described, new_group, register

CARD = {"intended_uses": {"risk_rating": "Low", "purpose_of_model": "p"}, "additional_information": {"notes": "n"}}
CONTENT = json.dumps(CARD)


@pytest.fixture(scope="module", autouse=True)
def model(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    for key in ("registry/other.tar.gz", "registry/folder/a"):
        s3.put_object(Bucket="data", Key=key, Body=key.encode())


@pytest.fixture
def package(sm: Any) -> str:
    return register(
        sm,
        new_group(sm),
        ModelPackageDescription="baskets",
        CustomerMetadataProperties={"run-key": "k", "verdict": "approve"},
        ModelLifeCycle={"Stage": "Dev", "StageStatus": "Trained", "StageDescription": "first"},
        ModelCard={"ModelCardContent": CONTENT, "ModelCardStatus": "Draft"},
    )


CHANGES = [
    {"ModelApprovalStatus": "Approved"},
    {"ModelApprovalStatus": "Rejected", "ApprovalDescription": "worse than the champion"},
    {"ApprovalDescription": "seen"},
    {"ModelLifeCycle": {"Stage": "Prod", "StageStatus": "Live"}},
    {"SourceUri": "https://example.com/run/1"},
    {"ModelPackageRegistrationType": "Registered"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "-".join(change))
def test_an_update_changes_what_it_names_and_nothing_else(sm: Any, package: str, change: dict[str, Any]) -> None:
    before = completed(sm, package)
    assert sm.update_model_package(ModelPackageArn=package, **change)["ModelPackageArn"] == package
    after = described(sm, package)
    assert after.pop("LastModifiedTime") >= before["CreationTime"]
    assert after.pop("LastModifiedBy") == before["CreatedBy"]
    for found in (before, after):
        del found["ResponseMetadata"]
    assert after == {**before, **change}


def test_metadata_is_merged_and_removed_by_key(sm: Any, package: str) -> None:
    sm.update_model_package(
        ModelPackageArn=package,
        CustomerMetadataProperties={"verdict": "reject", "alias:champion": "prod"},
        CustomerMetadataPropertiesToRemove=["run-key", "never-there"],
    )
    found = described(sm, package)
    assert found["CustomerMetadataProperties"] == {"verdict": "reject", "alias:champion": "prod"}
    keys = list(found["CustomerMetadataProperties"])
    sm.update_model_package(ModelPackageArn=package, CustomerMetadataPropertiesToRemove=keys)
    assert "CustomerMetadataProperties" not in described(sm, package)


def test_a_package_holds_fifty_metadata_entries(sm: Any, package: str) -> None:
    more = {f"n{number}": "1" for number in range(48)}
    sm.update_model_package(ModelPackageArn=package, CustomerMetadataProperties=more)
    update = {"ModelPackageArn": package, "CustomerMetadataProperties": {"one-more": "1"}}
    refused("ValidationException", "at most 50", sm.update_model_package, **update)
    swap = {"CustomerMetadataPropertiesToRemove": ["n0"]}
    sm.update_model_package(**update, **swap)
    assert len(described(sm, package)["CustomerMetadataProperties"]) == 50


def test_an_update_that_comes_again_is_done_once(sm: Any, package: str) -> None:
    sm.update_model_package(ModelPackageArn=package, ApprovalDescription="first", ClientToken="update-1")
    sm.update_model_package(ModelPackageArn=package, ApprovalDescription="second")
    sm.update_model_package(ModelPackageArn=package, ApprovalDescription="first", ClientToken="update-1")
    assert described(sm, package)["ApprovalDescription"] == "second"
    update = {"ModelPackageArn": package, "ApprovalDescription": "third", "ClientToken": "update-1"}
    refused("ConflictException", "ClientToken", sm.update_model_package, **update)


def test_the_container_of_an_update_is_pinned_as_well(sm: Any, s3: Any, package: str) -> None:
    serving = {"Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://data/registry/other.tar.gz"}]}
    sm.update_model_package(ModelPackageArn=package, InferenceSpecification=serving)
    (container,) = described(sm, package)["InferenceSpecification"]["Containers"]
    etag = s3.head_object(Bucket="data", Key="registry/other.tar.gz")["ETag"].strip('"')
    assert container == {**serving["Containers"][0], "ModelDataETag": etag}
    # The tag tells of the artifact at that moment, whatever becomes of it.
    s3.put_object(Bucket="data", Key="registry/other.tar.gz", Body=b"swapped")
    (container,) = described(sm, package)["InferenceSpecification"]["Containers"]
    assert container["ModelDataETag"] == etag
    serving["Containers"][0]["ModelDataUrl"] = "s3://data/registry/none.tar.gz"
    update = {"ModelPackageArn": package, "InferenceSpecification": serving}
    refused("ValidationException", "Could not find model data", sm.update_model_package, **update)


def test_additional_specifications_are_added(sm: Any, package: str) -> None:
    def named(name: str) -> dict[str, Any]:
        return {"Name": name, "Containers": [{"Image": IMAGE, "ModelDataUrl": MODEL}]}

    add = sm.update_model_package
    add(ModelPackageArn=package, AdditionalInferenceSpecificationsToAdd=[named("a")])
    add(ModelPackageArn=package, AdditionalInferenceSpecificationsToAdd=[named("b")])
    found = described(sm, package)["AdditionalInferenceSpecifications"]
    assert [one["Name"] for one in found] == ["a", "b"]
    assert all("ModelDataETag" in one["Containers"][0] for one in found)
    again = {"ModelPackageArn": package, "AdditionalInferenceSpecificationsToAdd": [named("a")]}
    refused("ValidationException", "must be unique", add, **again)
    many = {**again, "AdditionalInferenceSpecificationsToAdd": [named(f"n{number}") for number in range(14)]}
    refused("ValidationException", "at most 15", add, **many)


def test_a_package_that_is_not_there_is_not_updated(sm: Any, package: str) -> None:
    refused("ValidationException", "does not exist", sm.update_model_package, ModelPackageArn=f"{package}9")


# -- model cards


def test_a_card_keeps_what_an_update_does_not_name(sm: Any, package: str) -> None:
    sm.update_model_package(ModelPackageArn=package, ModelCard={"ModelCardStatus": "Archived"})
    archived = {"ModelCardContent": CONTENT, "ModelCardStatus": "Archived"}
    assert described(sm, package)["ModelCard"] == archived
    update = {"ModelPackageArn": package, "ModelCard": {"ModelCardContent": "{}"}}
    refused("ValidationException", "Model Card is in Archived state", sm.update_model_package, **update)
    assert described(sm, package)["ModelCard"] == archived


def test_a_card_can_be_described_without_its_content(sm: Any, package: str) -> None:
    found = sm.describe_model_package(ModelPackageName=package, IncludedData="MetadataOnly")["ModelCard"]
    assert json.loads(found["ModelCardContent"]) == {"intended_uses": {"risk_rating": "Low"}}
    assert found["ModelCardStatus"] == "Draft"
    assert described(sm, package)["ModelCard"]["ModelCardContent"] == CONTENT


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ('{"model_overview": 1}', "not an object"),
        ('{"metrics": {}}', "not allowed: metrics"),
        ('{"model_overview": {"model_name": "m"}}', "not allowed: model_overview.model_name"),
    ],
)
def test_a_card_follows_its_schema(sm: Any, content: str, why: str) -> None:
    create = {"ModelPackageGroupName": new_group(sm), "InferenceSpecification": SERVING}
    refused("ValidationException", why, sm.create_model_package, **create, ModelCard={"ModelCardContent": content})


# -- what is refused in a new package


NOT_HERE = {"S3DataType": "S3Object", "S3Uri": MODEL}


def serving(**container: Any) -> dict[str, Any]:
    return {"Containers": [{"Image": IMAGE, "ModelDataUrl": MODEL, **container}]}


REFUSED = [
    ({}, "Missing ARN"),
    ({"group": True, "ModelPackageName": "x"}, "Cannot determine which one to use"),
    ({"group": True, "Tags": [{"Key": "a", "Value": "1"}]}, "Tags are not supported in Model Package versions"),
    ({"group": True, "CertifyForMarketplace": True}, "CertifyForMarketplace"),
    ({"group": True, "SourceUri": "x"}, "SourceUri and InferenceSpecification"),
    (
        {
            "group": True,
            "InferenceSpecification": serving(AdditionalS3DataSource=NOT_HERE),
        },
        "AdditionalS3DataSource is not allowed in InferenceSpecification",
    ),
    (
        {"group": True, "InferenceSpecification": serving(ModelDataUrl="s3://data/registry/none")},
        "Could not find model data at s3://data/registry/none.",
    ),
    (
        {"group": True, "InferenceSpecification": serving(ModelDataUrl="s3://of-others/model.tar.gz")},
        "Could not access model data at s3://of-others/model.tar.gz.",
    ),
    ({"ModelPackageName": "x"}, "SupportedTransformInstanceTypes must be provided"),
    (
        {"ModelPackageName": "x", "InferenceSpecification": {**ALONE, **serving(Environment={"A": "1"})}},
        "Environment variable map cannot be specified when using non-versioned ModelPackages",
    ),
    ({"ModelPackageName": "x", "InferenceSpecification": None}, "Either InferenceSpecification or"),
    (
        {"ModelPackageName": "x", "InferenceSpecification": ALONE, "Tags": [{"Key": "aws:x", "Value": "1"}]},
        "aws: prefixed tag key names",
    ),
]


@pytest.mark.parametrize(("request_", "words"), REFUSED, ids=[words[:40] for _, words in REFUSED])
def test_what_is_refused(sm: Any, request_: dict[str, Any], words: str) -> None:
    request = {"InferenceSpecification": serving(), **request_}
    if request.pop("group", False):
        request["ModelPackageGroupName"] = new_group(sm)
    given = {name: value for name, value in request.items() if value is not None}
    refused("ValidationException", words, sm.create_model_package, **given)
    assert "x" not in [one.get("ModelPackageName") for one in sm.list_model_packages()["ModelPackageSummaryList"]]
    group = given.get("ModelPackageGroupName")
    if group is not None:
        assert sm.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"] == []
        # Nothing has used up a number.
        assert register(sm, group).endswith("/1")


def test_uncompressed_model_data(sm: Any) -> None:
    group = new_group(sm)

    def source(uri: str, kind: str) -> dict[str, Any]:
        data = {"S3Uri": uri, "S3DataType": kind, "CompressionType": "None"}
        return {"Containers": [{"Image": IMAGE, "ModelDataSource": {"S3DataSource": data}}]}

    found = described(sm, register(sm, group, InferenceSpecification=source(MODEL, "S3Object")))
    (container,) = found["InferenceSpecification"]["Containers"]
    assert container["ModelDataSource"]["S3DataSource"]["ETag"]
    register(sm, group, InferenceSpecification=source("s3://data/registry/folder/", "S3Prefix"))
    for uri, words in (("s3://data/registry/nowhere/", "Could not find"), ("s3://data/registry/folder", "slash")):
        create = {"ModelPackageGroupName": group, "InferenceSpecification": source(uri, "S3Prefix")}
        refused("ValidationException", words, sm.create_model_package, **create)


@pytest.mark.parametrize(
    "url",
    [
        "https://data.s3.us-east-1.amazonaws.com/registry/model.tar.gz",
        "https://s3.us-east-1.amazonaws.com/data/registry/model.tar.gz",
    ],
)
def test_model_data_by_its_web_address(sm: Any, url: str) -> None:
    found = described(sm, register(sm, new_group(sm), InferenceSpecification=serving(ModelDataUrl=url)))
    assert found["InferenceSpecification"]["Containers"][0]["ModelDataETag"]


def test_a_package_is_cloned_by_its_source(sm: Any, package: str) -> None:
    sm.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription="good")
    group = new_group(sm)
    clone = sm.create_model_package(ModelPackageGroupName=group, SourceUri=package)["ModelPackageArn"]
    found, source = described(sm, clone), described(sm, package)
    for name in ("InferenceSpecification", "CustomerMetadataProperties", "ModelPackageDescription"):
        assert found[name] == source[name]
    assert (found["SourceUri"], found["ModelApprovalStatus"]) == (package, "PendingManualApproval")
    assert "ApprovalDescription" not in found
    nobody = {"ModelPackageGroupName": group, "SourceUri": f"{package}9"}
    refused("ValidationException", "does not exist", sm.create_model_package, **nobody)
    model = {"ModelPackageGroupName": group, "SourceUri": "arn:aws:sagemaker:us-east-1:123456789012:model/m"}
    refused("NotImplemented", "local cloud", sm.create_model_package, **model)


# -- tags and quotas


def test_groups_carry_tags_and_versions_do_not(sm: Any) -> None:
    group = new_group(sm, Tags=[{"Key": "team", "Value": "retail"}])
    arn = sm.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "baskets"}, {"Key": "stage", "Value": ""}])
    tags = [{"Key": "team", "Value": "baskets"}, {"Key": "stage", "Value": ""}]
    assert sm.list_tags(ResourceArn=arn)["Tags"] == tags
    sm.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sm.list_tags(ResourceArn=arn)["Tags"] == tags[1:]
    version = register(sm, group)
    words = "Tags are not supported in Model Package versions"
    refused("ValidationException", words, sm.add_tags, ResourceArn=version, Tags=tags)
    refused("ValidationException", words, sm.list_tags, ResourceArn=version)
    many = [{"Key": f"n{number}", "Value": "1"} for number in range(50)]
    refused("ResourceLimitExceeded", "at most 50 tags", sm.add_tags, ResourceArn=arn, Tags=many)
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    refused("ValidationException", "must be unique", sm.add_tags, ResourceArn=arn, Tags=twice)


def test_quotas_of_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quotas = [{"usage": "model-package-group", "limit": 2}, {"usage": "model-package", "limit": 1}]
    monkeypatch.setitem(ACCOUNT, "quotas", quotas)
    small = Cloud(tmp_path)
    sm = small.client("sagemaker")
    small.client("s3").put_object(Bucket="data", Key="registry/model.tar.gz", Body=b"model")
    groups = [new_group(sm), new_group(sm)]
    code = "ResourceLimitExceeded"
    refused(code, "limit 'model-package-group' is 2", sm.create_model_package_group, ModelPackageGroupName="third")
    first = [register(sm, group) for group in groups]
    create = {"ModelPackageGroupName": groups[0], "InferenceSpecification": SERVING}
    refused(code, "limit 'model-package' is 1", sm.create_model_package, **create)
    completed(sm, first[0])
    sm.delete_model_package(ModelPackageName=first[0])
    assert register(sm, groups[0]).endswith("/2")
    small.stop()
