"""The registry's operations."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ...call import AwsError, Call
from .. import tags
from ..services import Services
from ..users import user_of
from . import model_card, model_data, names, rules
from .group import GROUPS, Group
from .package import PACKAGES, Package
from .tokens import ClientTokens

#: Members of CreateModelPackage that are not the package's own.
_OF_THE_REQUEST = frozenset({"ModelPackageName", "ModelPackageGroupName", "ClientToken", "Tags"})
#: What a clone does not take over from its source.
_NOT_CLONED = frozenset({"ModelApprovalStatus", "ApprovalDescription", "SourceUri"})


class Registry:
    """All package groups and packages of the account. Safe for threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._groups: dict[str, Group] = {}
        self._packages: dict[str, Package] = {}
        self._tokens = ClientTokens(services.clock)
        self._lock = threading.RLock()
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "CreateModelPackageGroup": self._create_group,
            "DescribeModelPackageGroup": lambda call: self._group(call).describe(),
            "ListModelPackageGroups": self._list_groups,
            "DeleteModelPackageGroup": self._delete_group,
            "CreateModelPackage": self._create,
            "DescribeModelPackage": self._describe,
            "BatchDescribeModelPackage": self._batch_describe,
            "ListModelPackages": self._list,
            "UpdateModelPackage": self._update,
            "DeleteModelPackage": self._delete,
        }

    @property
    def _now(self) -> float:
        return self._services.clock.now()

    # -- groups

    def _create_group(self, call: Call) -> dict[str, Any]:
        name = call.params["ModelPackageGroupName"]
        arn = names.group_arn(call, name)
        given = {key: value for key, value in call.params.items() if key not in ("ModelPackageGroupName", "Tags")}
        group = Group(name, arn, self._now, user_of(call), given, tags.read(call.params.get("Tags")))
        with self._lock:
            if name in self._groups:
                # Not ResourceInUse (sagemaker-python-sdk, _create_resource).
                raise rules.invalid(f"Model Package Group already exists: {arn}")
            self._check_quota("model-package-group", len(self._groups))
            self._groups[name] = group
        return {"ModelPackageGroupArn": arn}

    def _group(self, call: Call) -> Group:
        name = names.group_name(call, call.params["ModelPackageGroupName"])
        group = self._groups.get(name)
        if group is None:
            raise names.no_group(call, name)
        return group

    def _check_group(self, call: Call) -> None:
        if names.group_name(call, call.params["ModelPackageGroupName"]) not in self._groups:
            # Unlike the operations on groups CreateModelPackage does not say which (moto pull request 7165).
            raise rules.invalid("Model Package Group does not exist.")

    def _list_groups(self, call: Call) -> dict[str, Any]:
        found, token = GROUPS.page(list(self._groups.values()), call.params)
        return {"ModelPackageGroupSummaryList": [group.summary() for group in found], **token}

    def _delete_group(self, call: Call) -> dict[str, Any]:
        with self._lock:
            group = self._group(call)
            if self._versions_of(group):
                raise AwsError(
                    "ConflictException",
                    f"Model Package Group {group.arn} cannot be deleted because it contains model packages.",
                )
            del self._groups[group.name]
        return {}

    def _versions_of(self, group: Group) -> list[Package]:
        return [one for one in self._packages.values() if one.version is not None and one.name == group.name]

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of a group or of a package without a version. Raises AwsError for one with a version."""
        found = next((group.tags for group in list(self._groups.values()) if group.arn == arn), None)
        if found is not None:
            return found
        package = next((one for one in list(self._packages.values()) if one.arn == arn), None)
        if package is None:
            return None
        if package.version is not None:
            raise rules.no_tags()
        return package.tags

    # -- packages

    def _create(self, call: Call) -> dict[str, Any]:
        return self._once(call, self._prepared, self._register)

    def _once(
        self,
        call: Call,
        prepare: Callable[[Call], dict[str, Any]],
        do: Callable[[Call, dict[str, Any]], str],
    ) -> dict[str, Any]:
        """The ARN that a request leads to; what looks at S3 is prepared before anybody has to wait for it."""
        with self._lock:
            known = self._tokens.outcome_of(call)
        if known is None:
            prepared = prepare(call)
            with self._lock:
                # Another request with this token may have come through meanwhile.
                known = self._tokens.outcome_of(call) or do(call, prepared)
                self._tokens.remember(call, known)
        return {"ModelPackageArn": known}

    def _prepared(self, call: Call) -> dict[str, Any]:
        """The fields of a new package. Raises AwsError for a request that AWS refuses."""
        rules.check_create(call.params)
        if "ModelPackageGroupName" in call.params:
            self._check_group(call)
        return self._pinned(call, self._fields(call))

    def _fields(self, call: Call) -> dict[str, Any]:
        fields = {name: value for name, value in call.params.items() if name not in _OF_THE_REQUEST}
        cloned = self._cloned(call)
        if "ModelPackageGroupName" in call.params:
            fields = {"ModelApprovalStatus": "PendingManualApproval", **fields}
        else:
            # It does not apply to them, and clients send it nevertheless (sagemaker.core.model_registry).
            fields.pop("ModelApprovalStatus", None)
        return {**cloned, **fields}

    def _cloned(self, call: Call) -> dict[str, Any]:
        source = call.params.get("SourceUri", "")
        kind = source.split(":", 5)[5].partition("/")[0] if source.startswith("arn:") else ""
        if kind == "model":
            raise AwsError("NotImplemented", "local cloud: a SourceUri that names a model; there are none here")
        if kind != "model-package":
            return {}
        fields = self._package(call, source).fields
        return {name: value for name, value in fields.items() if name not in _NOT_CLONED}

    def _pinned(self, call: Call, fields: dict[str, Any]) -> dict[str, Any]:
        """The fields with what containers point at as it is now."""

        def pin(specification: dict[str, Any]) -> dict[str, Any]:
            containers = [model_data.pinned(self._services, call, one) for one in specification["Containers"]]
            return {**specification, "Containers": containers}

        pinned = dict(fields)
        if "InferenceSpecification" in fields:
            pinned["InferenceSpecification"] = pin(fields["InferenceSpecification"])
        for name in ("AdditionalInferenceSpecifications", "AdditionalInferenceSpecificationsToAdd"):
            if name in fields:
                pinned[name] = [pin(one) for one in fields[name]]
        return pinned

    def _register(self, call: Call, fields: dict[str, Any]) -> str:
        own_tags = tags.read(call.params.get("Tags"))
        key = self._new_key(call)
        fault = self._services.take_fault(frozenset({"internal"}), call)
        failure = None if fault is None else fault.message or "InternalServerError"
        arn = names.package_arn(call, key)
        self._packages[key] = Package(key, arn, self._now, user_of(call), fields, own_tags, failure)
        return arn

    def _new_key(self, call: Call) -> str:
        if "ModelPackageGroupName" not in call.params:
            name = call.params["ModelPackageName"]
            if name in self._packages:
                raise rules.invalid(f"Model Package already exists: {names.package_arn(call, name)}")
            return name
        group = self._group(call)
        self._check_quota("model-package", len(self._versions_of(group)))
        group.last_version += 1
        return f"{group.name}/{group.last_version}"

    def _check_quota(self, usage: str, used: int) -> None:
        limits = [quota["limit"] for quota in self._services.quotas if quota["usage"] == usage]
        if any(used >= limit for limit in limits):
            raise AwsError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{usage}' is {min(limits)}, with current utilization of {used} "
                "and a request delta of 1. Please use AWS Service Quotas to request an increase for this quota.",
            )

    def _package(self, call: Call, given: str) -> Package:
        key = names.package_key(call, given)
        package = self._packages.get(key)
        if package is None:
            raise names.no_package(call, key)
        return package

    def _describe(self, call: Call) -> dict[str, Any]:
        found = self._package(call, call.params["ModelPackageName"]).describe(self._now)
        if call.params.get("IncludedData") == "MetadataOnly" and "ModelCard" in found:
            found["ModelCard"] = model_card.sanitized(found["ModelCard"])
        return found

    def _batch_describe(self, call: Call) -> dict[str, Any]:
        summaries: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for arn in call.params["ModelPackageArnList"]:
            try:
                package = self._package(call, arn)
                if package.version is None:
                    raise rules.invalid(f"{arn} is not a versioned model package.")
                summaries[arn] = package.batch_summary(self._now)
            except AwsError as error:
                errors[arn] = {"ErrorCode": error.code, "ErrorResponse": error.message}
        return {"ModelPackageSummaries": summaries, "BatchDescribeModelPackageErrorMap": errors}

    def _list(self, call: Call) -> dict[str, Any]:
        params = dict(call.params)
        group = params.get("ModelPackageGroupName")
        if group is not None:
            params["ModelPackageGroupName"] = names.group_name(call, group)
        # Documented is Unversioned; nobody names a type to list a group.
        params.setdefault("ModelPackageType", "Unversioned" if group is None else "Versioned")
        found, token = PACKAGES.page(list(self._packages.values()), params)
        return {"ModelPackageSummaryList": [one.summary(self._now) for one in found], **token}

    def _update(self, call: Call) -> dict[str, Any]:
        return self._once(call, lambda _: self._pinned(call, call.params), self._change)

    def _change(self, call: Call, pinned: dict[str, Any]) -> str:
        package = self._package(call, call.params["ModelPackageArn"])
        fields = package.fields_after(pinned)
        rules.check_update(package, call.params, fields)
        self._packages[package.key] = package.updated(fields, self._now, user_of(call))
        return package.arn

    def _delete(self, call: Call) -> dict[str, Any]:
        with self._lock:
            package = self._package(call, call.params["ModelPackageName"])
            status = package.status(self._now)
            if status in ("Pending", "InProgress"):
                raise AwsError("ConflictException", f"Model package {package.arn} is in status {status}.")
            del self._packages[package.key]
        return {}
