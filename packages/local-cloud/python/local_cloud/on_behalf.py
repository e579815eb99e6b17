"""What a service reads from S3 on behalf of its caller, with the caller's permissions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from dataclasses import replace

from . import access, iam
from .call import Call
from .moto_backend import MotoBackend
from .roles import Roles


class ObjectsOf:
    """S3 as the caller of a service sees it. Raises PermissionError where S3 would answer 403."""

    def __init__(self, call: Call, roles: Roles, backend: MotoBackend, now: float) -> None:
        self._call = call
        self._roles = roles
        self._backend = backend
        self._now = now

    def etag(self, bucket: str, key: str) -> str | None:
        """The entity tag of an object; None for one that is not there, if its caller may know that."""
        read = self._asking("HeadObject", bucket, {"Key": key})
        found = self._backend.etag_of(bucket, key)
        if found is None:
            hidden = access.to_see_missing(read)
            if hidden is not None and not self._allows(hidden):
                raise PermissionError(bucket)
        return found

    def any_below(self, bucket: str, prefix: str) -> bool:
        """Whether there is an object below a prefix."""
        self._asking("ListObjectsV2", bucket, {"Prefix": prefix})
        return self._backend.has_below(bucket, prefix)

    def _asking(self, operation: str, bucket: str, more: dict[str, str]) -> Call:
        read = replace(self._call, service="s3", operation=operation, params={"Bucket": bucket, **more}, headers={})
        allowed = all(self._allows(needed) for needed in access.required(read, self._roles))
        if not self._backend.has_bucket(bucket) or not allowed:
            raise PermissionError(bucket)
        return read

    def _allows(self, needed: access.Access) -> bool:
        if self._call.principal.kind == "admin":
            return True
        context = {**access.context_of(self._call, self._now), "aws:ViaAWSService": True, **needed.context}
        return iam.evaluate(self._roles.policies_of(self._call.principal), needed, context).allowed
