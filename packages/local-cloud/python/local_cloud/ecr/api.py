"""ECR: rooms of their own for layers, images and scans, behind one dispatcher and one lock."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock
from .images import Images, delete
from .layers import Layers
from .paging import page
from .repository import Repository
from .scans import Scans

#: ECR API, GetAuthorizationToken.
_TOKEN_SECONDS = 12 * 3600


class Ecr:
    """Everything of ECR that exists in the account. Safe for threads: one request at a time."""

    def __init__(self, folder: Path, endpoint: str, clock: Clock) -> None:
        self._clock = clock
        self._repositories: dict[str, Repository] = {}
        self._lock = threading.RLock()
        self.layers = Layers(folder, endpoint, clock, self._of)
        self._scans = Scans(clock, self._of)
        images = Images(clock, self._of, self._scans.on_push, self._scans.of)
        self._operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "CreateRepository": lambda call: self.create(call.account, call.region, call.params),
            "DescribeRepositories": self._describe,
            "GetAuthorizationToken": self._token,
            **self.layers.operations,
            **images.operations,
            **self._scans.operations,
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """The response's members. Raises AwsError for an operation that is not built."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError("NotImplemented", f"ecr:{call.operation} is not part of the local cloud")
        with self._lock:
            return operation(call)

    def choose_scan(self, document: dict[str, Any]) -> dict[str, Any]:
        """For the control API: what scans of a repository or an image come to."""
        with self._lock:
            self._scans.choose(document)
        return {}

    def expire(self, document: dict[str, Any]) -> dict[str, Any]:
        """For the control API: deletes an image, as a lifecycle policy would: `{repository, digest}`."""
        with self._lock:
            return {"imageIds": delete(self._repositories[document["repository"]], {"imageDigest": document["digest"]})}

    def _of(self, call: Call) -> Repository:
        return self._named(call, call.params["repositoryName"])

    def _named(self, call: Call, name: str) -> Repository:
        registry = call.params.get("registryId", call.account)
        found = self._repositories.get(name) if registry == call.account else None
        if found is None or found.region != call.region:
            raise AwsError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id '{registry}'",
            )
        return found

    def create(self, account: str, region: str, params: dict[str, Any]) -> dict[str, Any]:
        """Makes a repository as CreateRepository asks for it. Raises AwsError for one that ECR refuses."""
        name = params["repositoryName"]
        mutability = params.get("imageTagMutability", "MUTABLE")
        filters = tuple(one["filter"] for one in params.get("imageTagMutabilityExclusionFilters", []))
        if bool(filters) != mutability.endswith("_WITH_EXCLUSION"):
            raise AwsError(
                "InvalidParameterException",
                "Invalid parameter at 'imageTagMutabilityExclusionFilters': they go with a mutability with exclusion, "
                "and only with that",
            )
        if name in self._repositories:
            raise AwsError(
                "RepositoryAlreadyExistsException",
                f"The repository with name '{name}' already exists in the registry with id '{account}'",
            )
        scan = params.get("imageScanningConfiguration", {}).get("scanOnPush", False)
        made = Repository(name, account, region, self._clock.now(), mutability, filters, scan)
        self._repositories[name] = made
        return {"repository": made.describe()}

    def _describe(self, call: Call) -> dict[str, Any]:
        names = call.params.get("repositoryNames") or sorted(self._repositories)
        found, token = page([self._named(call, name) for name in names], call.params)
        return {"repositories": [one.describe() for one in found], **token}

    def _token(self, call: Call) -> dict[str, Any]:
        told = {
            "authorizationToken": base64.b64encode(f"AWS:{secrets.token_urlsafe(48)}".encode()).decode(),
            "expiresAt": self._clock.now() + _TOKEN_SECONDS,
            "proxyEndpoint": f"https://{call.account}.dkr.ecr.{call.region}.amazonaws.com",
        }
        return {"authorizationData": [told]}
