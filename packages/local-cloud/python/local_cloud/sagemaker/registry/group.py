"""A model package group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..listing import Listing, seconds


@dataclass
class Group:
    """A group; `last_version` only grows, so that no version is ever given out twice."""

    name: str
    arn: str
    created: float
    created_by: dict[str, Any]
    given: dict[str, Any]
    tags: dict[str, str]
    last_version: int = 0

    def summary(self) -> dict[str, Any]:
        """As ListModelPackageGroups gives it."""
        return {
            "ModelPackageGroupName": self.name,
            "ModelPackageGroupArn": self.arn,
            "CreationTime": self.created,
            "ModelPackageGroupStatus": "Completed",
            **self.given,
        }

    def describe(self) -> dict[str, Any]:
        """As DescribeModelPackageGroup gives it."""
        return {**self.summary(), "CreatedBy": self.created_by}


#: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackageGroups.html
GROUPS = Listing(
    keys={"Name": lambda group: group.name, "CreationTime": lambda group: group.created},
    filters={
        "NameContains": lambda group, value: value.lower() in group.name.lower(),
        "CreationTimeAfter": lambda group, value: group.created > seconds(value),
        "CreationTimeBefore": lambda group, value: group.created < seconds(value),
        "CrossAccountFilterOption": lambda group, value: value == "SameAccount",
    },
    order="Ascending",
)
