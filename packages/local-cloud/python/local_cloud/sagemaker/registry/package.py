"""A model package: a version of a group, or one that stands alone under its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..listing import Listing, seconds

#: How long a new package stays in its first two statuses, on the cloud's clock.
PENDING_SECONDS = 0.1
IN_PROGRESS_SECONDS = 0.4
#: Members that UpdateModelPackage puts in the place of the old ones; whatever else a package has it leaves alone.
_REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
)
_IN_SUMMARY = (
    "ModelPackageDescription",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)
_IN_BATCH = (
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
)


@dataclass(frozen=True)
class Package:
    """One state of a package; an update makes the next. `fields` are members of requests as Describe gives them."""

    key: str
    arn: str
    created: float
    created_by: Mapping[str, Any]
    fields: Mapping[str, Any]
    #: The one thing that changes in place, and belongs to all states.
    tags: dict[str, str]
    #: Why the package fails, when it is fated to.
    failure: str | None = None
    modified: float | None = None
    modified_by: Mapping[str, Any] | None = None

    @property
    def version(self) -> int | None:
        """The number within the group."""
        number = self.key.partition("/")[2]
        return int(number) if number else None

    @property
    def name(self) -> str:
        """The name of the group, or that of a package without a version."""
        return self.key.partition("/")[0]

    def status(self, now: float) -> str:
        """Pending, InProgress, then Completed or Failed."""
        age = now - self.created
        if age < PENDING_SECONDS:
            return "Pending"
        if age < PENDING_SECONDS + IN_PROGRESS_SECONDS:
            return "InProgress"
        return "Completed" if self.failure is None else "Failed"

    def _identity(self, now: float) -> dict[str, Any]:
        # AWS names only packages without a version, though its model has the member as required:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html, sagemaker-python-sdk issue 5606
        name = (
            {"ModelPackageName": self.name}
            if self.version is None
            else {"ModelPackageGroupName": self.name, "ModelPackageVersion": self.version}
        )
        return {
            **name,
            "ModelPackageArn": self.arn,
            "CreationTime": self.created,
            "ModelPackageStatus": self.status(now),
        }

    def describe(self, now: float) -> dict[str, Any]:
        """As DescribeModelPackage gives it."""
        modified = {"LastModifiedTime": self.modified, "LastModifiedBy": self.modified_by} if self.modified else {}
        return {
            "CertifyForMarketplace": False,
            **self.fields,
            **self._identity(now),
            "ModelPackageStatusDetails": {"ValidationStatuses": self._validation(now), "ImageScanStatuses": []},
            "CreatedBy": self.created_by,
            **modified,
        }

    def _validation(self, now: float) -> list[dict[str, Any]]:
        if self.status(now) != "Failed":
            return []
        return [{"Name": self.name, "Status": "Failed", "FailureReason": self.failure}]

    def summary(self, now: float) -> dict[str, Any]:
        """As ListModelPackages gives it: without what it takes to run the model."""
        return {**self._identity(now), **_picked(self.fields, _IN_SUMMARY)}

    def batch_summary(self, now: float) -> dict[str, Any]:
        """As BatchDescribeModelPackage gives it: with the containers, without the metadata."""
        return {**self._identity(now), **_picked(self.fields, _IN_BATCH)}

    def updated(self, fields: Mapping[str, Any], now: float, by: Mapping[str, Any]) -> Package:
        """The package with other fields."""
        return replace(self, fields=fields, modified=now, modified_by=by)

    def fields_after(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The fields as UpdateModelPackage leaves them."""
        fields = {**self.fields, **_picked(params, _REPLACED)}
        if "AdditionalInferenceSpecificationsToAdd" in params:
            known = self.fields.get("AdditionalInferenceSpecifications", [])
            fields["AdditionalInferenceSpecifications"] = [*known, *params["AdditionalInferenceSpecificationsToAdd"]]
        if "ModelCard" in params:
            fields["ModelCard"] = {**self.fields.get("ModelCard", {}), **params["ModelCard"]}
        metadata = _metadata_after(self.fields.get("CustomerMetadataProperties", {}), params)
        fields.pop("CustomerMetadataProperties", None)
        return {**fields, **({"CustomerMetadataProperties": metadata} if metadata else {})}


def _metadata_after(known: Mapping[str, str], params: Mapping[str, Any]) -> dict[str, str]:
    removed = set(params.get("CustomerMetadataPropertiesToRemove", ()))
    kept = {key: value for key, value in known.items() if key not in removed}
    return {**kept, **params.get("CustomerMetadataProperties", {})}


def _picked(members: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: members[name] for name in names if name in members}


def _is_type(package: Package, wanted: str) -> bool:
    return wanted == "Both" or (wanted == "Versioned") == (package.version is not None)


#: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListModelPackages.html
PACKAGES = Listing(
    keys={
        "Name": lambda package: (package.name, package.version or 0),
        "CreationTime": lambda package: package.created,
    },
    filters={
        "ModelPackageType": _is_type,
        "ModelPackageGroupName": lambda package, value: package.version is not None and package.name == value,
        "ModelApprovalStatus": lambda package, value: package.fields.get("ModelApprovalStatus") == value,
        "NameContains": lambda package, value: value.lower() in package.name.lower(),
        "CreationTimeAfter": lambda package, value: package.created > seconds(value),
        "CreationTimeBefore": lambda package, value: package.created < seconds(value),
    },
    order="Ascending",
)
