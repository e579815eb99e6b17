from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import ended, training

COUNT = 105
MIDDLE = 50


@pytest.fixture(scope="module")
def many(cloud: Any) -> list[str]:
    """Jobs whose image nobody mapped: they fail at once."""
    sm = cloud.client("sagemaker")
    names = [f"in-the-list-{index:03}" for index in range(COUNT)]
    algorithm = {"TrainingImage": "unmapped", "TrainingInputMode": "File"}
    for index, name in enumerate(names):
        if index == MIDDLE:
            cloud.control("POST", "clock", {"advance": 5})
        sm.create_training_job(**training(name, AlgorithmSpecification=algorithm))
    for name in names:
        ended(sm, name)
    return names


def listed(sm: Any, **options: Any) -> list[str]:
    pages = sm.get_paginator("list_training_jobs").paginate(NameContains="in-the-list-", **options)
    return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_paginator_sees_every_job_once(sm: Any, many: list[str], size: int) -> None:
    found = listed(sm, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": size})
    assert found == many


def test_the_newest_come_first_unless_asked_otherwise(sm: Any, many: list[str]) -> None:
    assert listed(sm, SortBy="CreationTime") == many[::-1]
    assert listed(sm, SortBy="CreationTime", SortOrder="Ascending") == many


def test_filters_come_before_pages(sm: Any, many: list[str]) -> None:
    page = sm.list_training_jobs(NameContains="in-the-list-10", StatusEquals="Failed", MaxResults=100)
    assert len(page["TrainingJobSummaries"]) == 5 and "NextToken" not in page
    assert sm.list_training_jobs(NameContains="in-the-list-", StatusEquals="Completed")["TrainingJobSummaries"] == []


def test_time_filters(sm: Any, many: list[str]) -> None:
    # In the pause before that job: clients round to whole seconds.
    moment = sm.describe_training_job(TrainingJobName=many[MIDDLE])["CreationTime"] - timedelta(seconds=2)
    order = {"SortBy": "Name", "SortOrder": "Ascending"}
    assert listed(sm, CreationTimeAfter=moment, **order) == many[MIDDLE:]
    assert listed(sm, CreationTimeBefore=moment, **order) == many[:MIDDLE]


def test_a_token_that_was_not_given_is_refused(sm: Any) -> None:
    with pytest.raises(ClientError, match="NextToken"):
        sm.list_training_jobs(NextToken="made-up")


def test_waiters_take_the_statuses_as_they_are(sm: Any, many: list[str]) -> None:
    waiter = sm.get_waiter("training_job_completed_or_stopped")
    with pytest.raises(Exception, match="terminal failure state"):
        waiter.wait(TrainingJobName=many[0])
