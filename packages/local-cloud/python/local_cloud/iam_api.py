"""IAM's read operations: the principals and policies that are enforced, and what they would say.

Principals come from the account document alone, so nothing here writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from . import iam
from .call import Access, AwsError, Call
from .roles import Role, Roles

_DECISIONS = {
    iam.Reason.ALLOWED: "allowed",
    iam.Reason.EXPLICIT_DENY: "explicitDeny",
    iam.Reason.IMPLICIT_DENY: "implicitDeny",
}
_SIMULATES = {"PolicySourceArn", "ActionNames", "ResourceArns", "ContextEntries", "MaxItems", "Marker"}
#: The account document has no creation times; the day is that of IAM's current policy language.
_CREATED = datetime(2012, 10, 17, tzinfo=UTC)


class Iam:
    """Each operation takes a call and returns the response's members in botocore's shape."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "GetRole": lambda call: {"Role": _shown(self._role(call))},
            "GetRolePolicy": self._role_policy,
            "ListRolePolicies": lambda call: {
                "PolicyNames": list(self._role(call).policy_documents),
                "IsTruncated": False,
            },
            "ListAttachedRolePolicies": self._attached,
            "SimulatePrincipalPolicy": self._simulate,
        }

    def _role(self, call: Call) -> Role:
        name = str(call.params.get("RoleName", ""))
        role = self._roles.role(name)
        if role is None:
            raise _missing(f"The role with name {name} cannot be found.")
        return role

    def _attached(self, call: Call) -> dict[str, Any]:
        """None: the account document knows inline policies only."""
        self._role(call)
        return {"AttachedPolicies": [], "IsTruncated": False}

    def _role_policy(self, call: Call) -> dict[str, Any]:
        role, name = self._role(call), str(call.params.get("PolicyName", ""))
        document = role.policy_documents.get(name)
        if document is None:
            raise _missing(f"The role policy with name {name} cannot be found.")
        return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": _encoded(document)}

    def _simulate(self, call: Call) -> dict[str, Any]:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
        unknown = sorted({name.partition(".")[0] for name in call.params} - _SIMULATES)
        if unknown:
            raise AwsError("InvalidInput", f"The local cloud's IAM does not simulate {unknown[0]}")
        policies = self._policies(str(call.params.get("PolicySourceArn", "")))
        context = _context(call.params)
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": _DECISIONS[iam.evaluate(policies, Access(action, resource), context).reason],
                "MatchedStatements": [],
                "MissingContextValues": [],
            }
            for action in members(call.params, "ActionNames")
            for resource in members(call.params, "ResourceArns") or ["*"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _policies(self, arn: str) -> tuple[iam.Policy, ...]:
        found = self._roles.role_by_arn(arn) or self._roles.user_by_arn(arn)
        if found is None:
            raise _missing(f"The principal {arn} cannot be found.")
        return found.policies


def members(params: Mapping[str, Any], name: str) -> list[str]:
    """A list of the query protocol: `Name.member.1`, `Name.member.2`, …"""
    found = {
        int(match[1]): str(value)
        for key, value in params.items()
        if (match := re.fullmatch(rf"{re.escape(name)}\.member\.(\d+)", key))
    }
    return [found[number] for number in sorted(found)]


def _context(params: Mapping[str, Any]) -> dict[str, list[str]]:
    keys = {match[1] for key in params if (match := re.match(r"(ContextEntries\.member\.\d+)\.", key))}
    return {
        str(params.get(f"{entry}.ContextKeyName", "")): members(params, f"{entry}.ContextKeyValues") for entry in keys
    }


def _shown(role: Role) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": role.name,
        "RoleId": role.role_id,
        "Arn": role.arn,
        "CreateDate": _CREATED,
        "AssumeRolePolicyDocument": _encoded(role.trust_document),
        "MaxSessionDuration": role.max_session_seconds,
    }


def _encoded(document: Mapping[str, Any]) -> str:
    """IAM gives policies percent-encoded (RFC 3986): API reference, GetRolePolicy."""
    return quote(json.dumps(document), safe="")


def _missing(message: str) -> AwsError:
    return AwsError("NoSuchEntity", message, 404)
