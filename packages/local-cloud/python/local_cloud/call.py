"""One AWS request, as every layer of the local cloud sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Principal:
    """Who signed a request. `kind` is `admin`, `user`, `role` (a session of a role) or `anonymous`."""

    kind: str
    arn: str
    access_key: str
    role_name: str | None = None
    user_name: str | None = None
    session_name: str | None = None
    #: Context keys the session carries, such as `aws:SourceIdentity`.
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request whose service, operation and caller are known and whose body has been read."""

    service: str
    operation: str
    principal: Principal
    region: str
    account: str
    #: Parsed members for JSON and query services; for S3 `Bucket` and `Key` as far as the request has them.
    params: dict[str, Any]
    headers: dict[str, str]
    body: bytes


class AwsError(Exception):
    """An error that AWS would answer with; the protocol decides how it looks on the wire."""

    def __init__(self, code: str, message: str, status: int = 400, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        #: What else the error tells, as a JSON service does.
        self.members = dict(members or {})


@dataclass(frozen=True)
class Access:
    """One permission that a call needs."""

    action: str
    resource: str
    context: dict[str, Any] = field(default_factory=dict)
