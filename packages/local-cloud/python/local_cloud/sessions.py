"""Credentials: who a signed request comes from, and temporary keys with an end."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .call import AwsError, Principal
from .clock import Clock
from .roles import Roles

ANONYMOUS = Principal(kind="anonymous", arn="anonymous", access_key="")

#: Services of the query protocol, which has its own codes for bad credentials:
#: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
QUERY_SERVICES = {"sts", "iam", "sns", "cloudwatch", "autoscaling"}


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials; `expires` is seconds since 1970 on the cloud's clock."""

    access_key: str
    secret: str
    token: str
    expires: float


@dataclass(frozen=True)
class _Session:
    credentials: Credentials
    principal: Principal


class Sessions:
    """Issues temporary credentials and recognises all that exist. Safe for threads."""

    def __init__(self, roles: Roles, clock: Clock) -> None:
        self._roles = roles
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def issue(
        self, role_name: str, session_name: str, seconds: float, context: Mapping[str, Any] | None = None
    ) -> Credentials:
        """New credentials for a session of an existing role. `context` are keys that the session carries."""
        role = self._roles.role(role_name)
        if role is None:
            raise KeyError(role_name)
        credentials = Credentials(
            access_key="ASIA" + secrets.token_hex(8).upper(),
            secret=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(240),
            expires=self._clock.now() + seconds,
        )
        session_context = {
            "aws:userid": f"{role.role_id}:{session_name}",
            "aws:PrincipalType": "AssumedRole",
            "aws:PrincipalArn": role.arn,
            "aws:TokenIssueTime": _iso(self._clock.now()),
            "aws:MultiFactorAuthPresent": False,
            **{f"aws:PrincipalTag/{key}": value for key, value in role.tags.items()},
            **(context or {}),
        }
        principal = Principal(
            kind="role",
            arn=f"arn:aws:sts::{self._roles.account_id}:assumed-role/{role_name}/{session_name}",
            access_key=credentials.access_key,
            role_name=role_name,
            session_name=session_name,
            context=session_context,
        )
        with self._lock:
            self._sessions[credentials.access_key] = _Session(credentials, principal)
        return credentials

    def principal_of(self, access_key: str | None, token: str | None, service: str = "") -> Principal:
        """Who owns a key; without a key, the anonymous principal.

        Raises AwsError in the words of `service` when the key is unknown, the token is not the key's own, or
        the session is over.
        """
        if not access_key:
            return ANONYMOUS
        session = self._sessions.get(access_key)
        if session is not None:
            if token is None or not secrets.compare_digest(token.encode(), session.credentials.token.encode()):
                raise invalid_credentials(service)
            if self._clock.now() >= session.credentials.expires:
                raise expired_credentials(service)
            return session.principal
        user = self._roles.user_by_key(access_key)
        if user is None or token:
            raise invalid_credentials(service)
        return Principal(
            kind=user.kind,
            arn=user.arn,
            access_key=access_key,
            user_name=user.name if user.kind == "user" else None,
            context={
                "aws:userid": user.user_id,
                "aws:PrincipalType": "User" if user.kind == "user" else "Account",
                "aws:PrincipalArn": user.arn,
                **({"aws:username": user.name} if user.kind == "user" else {}),
            },
        )

    def secret_of(self, access_key: str) -> str | None:
        """The secret that a request of this key must be signed with."""
        session = self._sessions.get(access_key)
        if session is not None:
            return session.credentials.secret
        user = self._roles.user_by_key(access_key)
        return user.secret_key if user else None


def expired_credentials(service: str) -> AwsError:
    """The error for an ended session, as `service` words it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", 400)
    code = "ExpiredToken" if service in QUERY_SERVICES else "ExpiredTokenException"
    return AwsError(code, "The security token included in the request is expired", _status(service))


def invalid_credentials(service: str) -> AwsError:
    """The error for an unknown key or a token that is not the key's, as `service` words it."""
    if service == "s3":
        words = "The AWS Access Key Id you provided does not exist in our records."
        return AwsError("InvalidAccessKeyId", words, 403)
    code = "InvalidClientTokenId" if service in QUERY_SERVICES else "UnrecognizedClientException"
    return AwsError(code, "The security token included in the request is invalid.", _status(service))


def _status(service: str) -> int:
    return 403 if service in QUERY_SERVICES else 400


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
