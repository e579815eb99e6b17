"""The registry's lists: filters, order, pages, and descriptions in batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from conftest import Cloud, refused, until
from registry import ALONE, SERVING, completed, described, new_group, register

COUNT = 105


@pytest.fixture(scope="module")
def group(cloud: Cloud) -> str:
    """A group of many versions, of which every tenth is approved."""
    sm = cloud.client("sagemaker")
    name = new_group(sm)
    for number in range(1, COUNT + 1):
        status = "Approved" if number % 10 == 0 else "PendingManualApproval"
        register(sm, name, ModelApprovalStatus=status)
    return name


def versions(sm: Any, **options: Any) -> list[int]:
    pages = sm.get_paginator("list_model_packages").paginate(**options)
    return [one["ModelPackageVersion"] for page in pages for one in page["ModelPackageSummaryList"]]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_paginator_sees_every_version_once(sm: Any, group: str, size: int) -> None:
    found = versions(sm, ModelPackageGroupName=group, PaginationConfig={"PageSize": size})
    assert found == list(range(1, COUNT + 1))


def test_the_oldest_come_first_unless_asked_otherwise(sm: Any, group: str) -> None:
    ascending = list(range(1, COUNT + 1))
    for sort in ("CreationTime", "Name"):
        assert versions(sm, ModelPackageGroupName=group, SortBy=sort) == ascending
        assert versions(sm, ModelPackageGroupName=group, SortBy=sort, SortOrder="Descending") == ascending[::-1]


def test_filters_come_before_pages(sm: Any, group: str) -> None:
    request = {"ModelPackageGroupName": group, "ModelApprovalStatus": "Approved", "SortOrder": "Descending"}
    page = sm.list_model_packages(**request, MaxResults=4)
    assert [one["ModelPackageVersion"] for one in page["ModelPackageSummaryList"]] == [100, 90, 80, 70]
    page = sm.list_model_packages(**request, MaxResults=10, NextToken=page["NextToken"])
    assert [one["ModelPackageVersion"] for one in page["ModelPackageSummaryList"]] == [60, 50, 40, 30, 20, 10]
    assert "NextToken" not in page
    assert versions(sm, ModelPackageGroupName=group, ModelApprovalStatus="Rejected") == []


def test_a_page_has_ten_unless_asked_otherwise(sm: Any, group: str) -> None:
    page = sm.list_model_packages(ModelPackageGroupName=group)
    assert len(page["ModelPackageSummaryList"]) == 10 and page["NextToken"]
    arn = sm.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]
    by_arn = sm.list_model_packages(ModelPackageGroupName=arn)
    assert by_arn["ModelPackageSummaryList"] == page["ModelPackageSummaryList"]
    assert sm.list_model_packages(ModelPackageGroupName="nobody")["ModelPackageSummaryList"] == []


def test_summaries_do_not_say_where_the_model_is(sm: Any, group: str) -> None:
    summary = sm.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"][0]
    assert {name for name in summary if name != "CreationTime"} == {
        "ModelPackageGroupName",
        "ModelPackageVersion",
        "ModelPackageArn",
        "ModelPackageStatus",
        "ModelApprovalStatus",
    }


def test_lists_may_be_of_a_time(cloud: Cloud, sm: Any) -> None:
    name = new_group(sm)
    register(sm, name)
    cloud.control("POST", "clock", {"advance": 5})
    arn = register(sm, name)
    # Between the two: clients round to whole seconds.
    moment = described(sm, arn)["CreationTime"] - timedelta(seconds=2)
    assert versions(sm, ModelPackageGroupName=name, CreationTimeAfter=moment) == [2]
    assert versions(sm, ModelPackageGroupName=name, CreationTimeBefore=moment) == [1]


def test_types_of_packages(sm: Any, group: str) -> None:
    sm.create_model_package(ModelPackageName="typed-alone", InferenceSpecification=ALONE)

    def typed(**more: Any) -> set[str]:
        pages = sm.get_paginator("list_model_packages").paginate(**more)
        return {
            one.get("ModelPackageName") or one["ModelPackageGroupName"]
            for page in pages
            for one in page["ModelPackageSummaryList"]
        }

    assert typed(NameContains="TYPED") == {"typed-alone"}
    assert group not in typed() and "typed-alone" in typed()
    assert group in typed(ModelPackageType="Versioned") and "typed-alone" not in typed(ModelPackageType="Versioned")
    assert {group, "typed-alone"} <= typed(ModelPackageType="Both")


def test_groups_are_listed(sm: Any) -> None:
    names = [f"listed-{letter}" for letter in ("b", "c", "a")]
    for name in names:
        sm.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="d")

    def listed(**more: Any) -> list[str]:
        pages = sm.get_paginator("list_model_package_groups").paginate(NameContains="listed-", **more)
        return [one["ModelPackageGroupName"] for page in pages for one in page["ModelPackageGroupSummaryList"]]

    assert listed(PaginationConfig={"PageSize": 1}) == names
    assert listed(SortOrder="Descending") == names[::-1]
    assert listed(SortBy="Name") == sorted(names)
    assert listed(CrossAccountFilterOption="CrossAccount") == []
    summary = sm.list_model_package_groups(NameContains="listed-a")["ModelPackageGroupSummaryList"][0]
    assert (summary["ModelPackageGroupDescription"], summary["ModelPackageGroupStatus"]) == ("d", "Completed")


def test_a_token_that_was_not_given_is_refused(sm: Any) -> None:
    refused("ValidationException", "NextToken", sm.list_model_packages, NextToken="made-up")


def test_a_hundred_are_described_at_once(sm: Any, group: str) -> None:
    found = sm.list_model_packages(ModelPackageGroupName=group, MaxResults=100)["ModelPackageSummaryList"]
    arns = [one["ModelPackageArn"] for one in found]
    until(lambda: described(sm, arns[-1])["ModelPackageStatus"] == "Completed")
    batch = sm.batch_describe_model_package(ModelPackageArnList=arns)
    assert list(batch["ModelPackageSummaries"]) == arns
    assert batch["BatchDescribeModelPackageErrorMap"] == {}
    first = batch["ModelPackageSummaries"][arns[0]]
    (container,) = first["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == SERVING["Containers"][0]["ModelDataUrl"]
    assert (first["ModelPackageVersion"], first["ModelPackageStatus"]) == (1, "Completed")
    # Metadata takes a description of its own.
    assert "CustomerMetadataProperties" not in first
    too_many = [*arns, arns[0] + "999"]
    words = "less than or equal to 100"
    refused("ValidationException", words, sm.batch_describe_model_package, ModelPackageArnList=too_many)


def test_each_failure_in_a_batch_is_told_by_its_arn(sm: Any, group: str) -> None:
    good = completed(sm, register(sm, group))["ModelPackageArn"]
    missing = good.rsplit("/", 1)[0] + "/9999"
    foreign = good.replace("123456789012", "999999999999")
    alone = sm.create_model_package(ModelPackageName="in-batch", InferenceSpecification=ALONE)["ModelPackageArn"]
    batch = sm.batch_describe_model_package(ModelPackageArnList=[good, missing, foreign, alone])
    assert list(batch["ModelPackageSummaries"]) == [good]
    codes = {arn: one["ErrorCode"] for arn, one in batch["BatchDescribeModelPackageErrorMap"].items()}
    assert codes == {
        missing: "ValidationException",
        foreign: "AccessDeniedException",
        alone: "ValidationException",
    }
    assert "does not exist" in batch["BatchDescribeModelPackageErrorMap"][missing]["ErrorResponse"]
