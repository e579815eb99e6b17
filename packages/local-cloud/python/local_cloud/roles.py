"""Who exists in the account: roles, users and identity providers, as the Account document says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .call import Principal
from .iam import Caller, Policy, parse_identity_policy, parse_trust_policy

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-settings.html
DEFAULT_MAX_SESSION_SECONDS = 3600


@dataclass(frozen=True)
class Role:
    """A role and everything that decides about it."""

    name: str
    arn: str
    role_id: str
    trust: Policy
    policies: tuple[Policy, ...]
    max_session_seconds: int
    #: The trust policy and the others by name, as they were written.
    trust_document: Mapping[str, Any]
    policy_documents: Mapping[str, Mapping[str, Any]]
    tags: Mapping[str, str] = field(default_factory=dict)

    def trusts_by_name(self, principal: Principal) -> bool:
        """Whether the trust policy names the principal itself and not only its account.

        Then the principal's own policies need not allow anything:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
        """
        names = own_names(principal)
        return any(
            statement.effect == "Allow" and kind == "AWS" and name in names
            for statement in self.trust.statements
            for kind, name in statement.principals
        )


def own_names(principal: Principal) -> tuple[str, ...]:
    """The ARNs that mean a principal itself: a session's own, and that of its role."""
    role = principal.context.get("aws:PrincipalArn")
    return (principal.arn,) if role in (None, principal.arn) else (principal.arn, role)


@dataclass(frozen=True)
class User:
    """A user (or the admin) with a long-lived key."""

    name: str
    arn: str
    user_id: str
    access_key: str
    secret_key: str
    policies: tuple[Policy, ...]
    kind: str = "user"


@dataclass(frozen=True)
class OidcProvider:
    """An identity provider: tokens of `issuer` for one of `client_ids`, signed by a key of `jwks`."""

    issuer: str
    arn: str
    client_ids: tuple[str, ...]
    jwks: Mapping[str, Any]

    @property
    def host(self) -> str:
        """The issuer as it prefixes condition keys (`<host>:sub`)."""
        return self.issuer.removeprefix("https://")


class Roles:
    """The account's principals. Built from the Account document; a bad policy raises PolicyError."""

    def __init__(self, account: Mapping[str, Any]) -> None:
        self.account_id: str = account["accountId"]
        self._roles = {r["name"]: self._role(r) for r in account.get("roles", [])}
        users = [self._admin(account["admin"]), *(self._user(u) for u in account.get("users", []))]
        self._users = {user.access_key: user for user in users}
        providers = [self._provider(p) for p in account.get("oidcProviders", [])]
        self._providers = {provider.issuer: provider for provider in providers}

    def role(self, name: str) -> Role | None:
        """The role of that name."""
        return self._roles.get(name)

    def role_by_arn(self, arn: str) -> Role | None:
        """The role of that exact ARN."""
        return next((role for role in self._roles.values() if role.arn == arn), None)

    def user_by_key(self, access_key: str) -> User | None:
        """The user, or the admin, who owns a long-lived access key."""
        return self._users.get(access_key)

    def user_by_arn(self, arn: str) -> User | None:
        """The user of that exact ARN."""
        return next((user for user in self._users.values() if user.arn == arn and user.kind == "user"), None)

    def provider(self, issuer: str) -> OidcProvider | None:
        """The identity provider for a token's `iss`."""
        return self._providers.get(issuer)

    def policies_of(self, principal: Principal) -> tuple[Policy, ...]:
        """The identity-based policies of a user or of a session's role; none for everybody else."""
        if principal.kind == "role" and principal.role_name in self._roles:
            return self._roles[principal.role_name].policies
        user = self._users.get(principal.access_key)
        return user.policies if user else ()

    def caller(self, principal: Principal) -> Caller:
        """A principal by all the names under which a trust policy may mean it."""
        account = (self.account_id, f"arn:aws:iam::{self.account_id}:root")
        return Caller("AWS", (*own_names(principal), *account))

    def _role(self, document: Mapping[str, Any]) -> Role:
        name = document["name"]
        return Role(
            name=name,
            arn=f"arn:aws:iam::{self.account_id}:role/{name}",
            role_id=_unique_id("AROA", name),
            trust=parse_trust_policy(f"{name} (trust)", document["trust"]),
            policies=_policies(name, document),
            max_session_seconds=document.get("maxSessionSeconds", DEFAULT_MAX_SESSION_SECONDS),
            trust_document=document["trust"],
            policy_documents=document.get("policies", {}),
            tags=document.get("tags", {}),
        )

    def _user(self, document: Mapping[str, Any]) -> User:
        name = document["name"]
        return User(
            name=name,
            arn=f"arn:aws:iam::{self.account_id}:user/{name}",
            user_id=_unique_id("AIDA", name),
            access_key=document["accessKeyId"],
            secret_key=document["secretAccessKey"],
            policies=_policies(name, document),
        )

    def _admin(self, document: Mapping[str, Any]) -> User:
        return User(
            name="root",
            arn=f"arn:aws:iam::{self.account_id}:root",
            user_id=self.account_id,
            access_key=document["accessKeyId"],
            secret_key=document["secretAccessKey"],
            policies=(),
            kind="admin",
        )

    def _provider(self, document: Mapping[str, Any]) -> OidcProvider:
        issuer = document["url"].rstrip("/")
        return OidcProvider(
            issuer=issuer,
            arn=f"arn:aws:iam::{self.account_id}:oidc-provider/{issuer.removeprefix('https://')}",
            client_ids=tuple(document.get("clientIds", [])),
            jwks=document.get("jwks", {"keys": []}),
        )


def _policies(owner: str, document: Mapping[str, Any]) -> tuple[Policy, ...]:
    return tuple(
        parse_identity_policy(f"{owner}/{name}", policy) for name, policy in document.get("policies", {}).items()
    )


def _unique_id(prefix: str, name: str) -> str:
    """Looks like IAM's ids, and stays the same over restarts: they are part of `aws:userid`."""
    return prefix + hashlib.sha256(name.encode()).hexdigest()[:17].upper()
