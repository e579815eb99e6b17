"""The Security Token Service: who may become which role, for how long."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from . import access, iam, tokens
from .call import Access, AwsError, Call, Principal
from .clock import Clock
from .roles import OidcProvider, Role, Roles
from .sessions import Credentials, Sessions, invalid_credentials

#: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
MIN_SESSION_SECONDS = 900
MAX_SESSION_SECONDS = 43200
DEFAULT_SESSION_SECONDS = 3600
#: Role chaining ends here whatever the role allows:
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
CHAINED_SESSION_SECONDS = 3600
#: SageMaker renews a job's credentials for as long as it may run; one session of that length does the same:
#: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
JOB_SESSION_SECONDS = 28 * 86400
_UNSUPPORTED = {
    "Policy",
    "PolicyArns",
    "Tags",
    "TransitiveTagKeys",
    "SourceIdentity",
    "SerialNumber",
}


class Sts:
    """STS's operations. Each takes a call and returns the response's members in botocore's shape."""

    def __init__(self, roles: Roles, sessions: Sessions, clock: Clock) -> None:
        self._roles = roles
        self._sessions = sessions
        self._clock = clock
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "AssumeRole": self.assume_role,
            "AssumeRoleWithWebIdentity": self.assume_role_with_web_identity,
            "GetCallerIdentity": self.get_caller_identity,
        }

    def get_caller_identity(self, call: Call) -> dict[str, Any]:
        """Needs no permission, but credentials that exist."""
        if call.principal.kind == "anonymous":
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        user_id = call.principal.context.get("aws:userid")
        if user_id is None:
            raise invalid_credentials("sts")
        return {"UserId": user_id, "Account": call.account, "Arn": call.principal.arn}

    def assume_role_with_web_identity(self, call: Call) -> dict[str, Any]:
        """A session for the bearer of an identity provider's token, when the role's trust policy agrees.

        Raises AwsError InvalidIdentityToken, ExpiredTokenException, ValidationError or AccessDenied. The last
        does not tell a missing role from one that does not trust.
        """
        name = _checked_session_name(call.params)
        seconds = _seconds(call.params)
        token = str(call.params.get("WebIdentityToken", ""))
        provider, claims = tokens.verify(token, self._roles, self._clock.now())
        action = "sts:AssumeRoleWithWebIdentity"
        role = self._roles.role_by_arn(str(call.params.get("RoleArn", "")))
        context = {**_claim_context(provider, claims), "sts:RoleSessionName": name}
        caller = iam.Caller("Federated", (provider.arn, provider.host))
        if role is None or not iam.evaluate_trust(role.trust, caller, action, context).allowed:
            raise AwsError("AccessDenied", f"Not authorized to perform {action}", 403)
        _check_role_maximum(role, seconds)
        session_context = {**context, "aws:FederatedProvider": provider.arn}
        credentials = self._sessions.issue(role.name, name, seconds, session_context)
        return {
            **_assumed(role, name, credentials),
            "SubjectFromWebIdentityToken": str(claims.get("sub", "")),
            "Provider": provider.arn,
            "Audience": _text(claims.get("aud", "")),
        }

    def assume_role(self, call: Call) -> dict[str, Any]:
        """A session for a user or for another role's session, when the role's trust policy agrees.

        The caller's own policies were asked before, unless the trust policy names the caller; then only their
        explicit denies count.
        """
        name = _checked_session_name(call.params)
        seconds = _seconds(call.params)
        arn = str(call.params.get("RoleArn", ""))
        wanted = Access("sts:AssumeRole", arn, {})
        role = self._roles.role_by_arn(arn)
        if role is None or not self._may_assume(role, call, wanted, name):
            raise _may_not_assume(call.principal, arn)
        if call.principal.kind == "role" and seconds > CHAINED_SESSION_SECONDS:
            raise AwsError(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            )
        _check_role_maximum(role, seconds)
        return _assumed(role, name, self._sessions.issue(role.name, name, seconds))

    def session_for(self, role_arn: str, session_name: str, source: str) -> Credentials:
        """Credentials with which a SageMaker job (`source` is its ARN) acts as its execution role.

        Raises AwsError ValidationException, in SageMaker's words, when its trust policy doesn't let it.
        """
        role = self._roles.role_by_arn(role_arn)
        service = "sagemaker.amazonaws.com"
        context = {
            "aws:SourceArn": source,
            "aws:SourceAccount": self._roles.account_id,
            "aws:PrincipalIsAWSService": True,
            "aws:PrincipalServiceName": service,
        }
        caller = iam.Caller("Service", (service,))
        if role is None or not iam.evaluate_trust(role.trust, caller, "sts:AssumeRole", context).allowed:
            raise AwsError(
                "ValidationException",
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{service}' to assume the role.",
            )
        return self._sessions.issue(role.name, session_name, JOB_SESSION_SECONDS)

    def _may_assume(self, role: Role, call: Call, wanted: Access, session_name: str) -> bool:
        context = {
            **access.context_of(call, self._clock.now()),
            "sts:RoleSessionName": session_name,
            "sts:ExternalId": call.params.get("ExternalId"),
        }
        own = iam.evaluate(self._roles.policies_of(call.principal), wanted, context)
        if own.reason is iam.Reason.EXPLICIT_DENY:
            return False
        caller = self._roles.caller(call.principal)
        return iam.evaluate_trust(role.trust, caller, wanted.action, context).allowed


def _claim_context(provider: OidcProvider, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims as condition keys, which are prefixed with the issuer's host:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    plain = str | int | float | bool | list
    return {f"{provider.host}:{name}": value for name, value in claims.items() if isinstance(value, plain)}


def _checked_session_name(params: Mapping[str, Any]) -> str:
    # The query protocol flattens lists and structures: `Tags.member.1.Key`.
    given = {key.partition(".")[0] for key, value in params.items() if value}
    unsupported = sorted(_UNSUPPORTED & given)
    if unsupported:
        raise AwsError("ValidationError", f"The local cloud's STS does not implement {unsupported[0]}")
    name = str(params.get("RoleSessionName", ""))
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        )
    return name


def _seconds(params: Mapping[str, Any]) -> int:
    given = str(params.get("DurationSeconds") or DEFAULT_SESSION_SECONDS)
    if not given.isdecimal():
        raise AwsError("MalformedInput", f"DurationSeconds is no whole number: {given}")
    seconds = int(given)
    if seconds < MIN_SESSION_SECONDS:
        raise _out_of_range(seconds, f"greater than or equal to {MIN_SESSION_SECONDS}")
    if seconds > MAX_SESSION_SECONDS:
        raise _out_of_range(seconds, f"less than or equal to {MAX_SESSION_SECONDS}")
    return seconds


def _out_of_range(seconds: int, bound: str) -> AwsError:
    return AwsError(
        "ValidationError",
        f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
        f"Member must have value {bound}",
    )


def _check_role_maximum(role: Role, seconds: int) -> None:
    if seconds > role.max_session_seconds:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )


def _may_not_assume(principal: Principal, role_arn: str) -> AwsError:
    return AwsError(
        "AccessDenied",
        f"User: {principal.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
        403,
    )


def _assumed(role: Role, session_name: str, credentials: Credentials) -> dict[str, Any]:
    account = role.arn.split(":")[4]
    return {
        "Credentials": {
            "AccessKeyId": credentials.access_key,
            "SecretAccessKey": credentials.secret,
            "SessionToken": credentials.token,
            "Expiration": datetime.fromtimestamp(credentials.expires, UTC),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.role_id}:{session_name}",
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role.name}/{session_name}",
        },
        "PackedPolicySize": 0,
    }


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
