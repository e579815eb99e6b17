"""IAM policies as pure functions: reading a document, and deciding about one permission.

Written after AWS's own reference, because moto's evaluation takes an absent context key for a match and
knows neither PassRole nor most condition operators. The rules follow
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
and the pages of the policy elements beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any

from .call import Access

Context = Mapping[str, Any]


class PolicyError(ValueError):
    """A policy document that AWS would refuse, or that uses something this evaluation does not know."""


class Reason(StrEnum):
    """Why a decision came out as it did."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit-deny"
    IMPLICIT_DENY = "implicit-deny"


@dataclass(frozen=True)
class Decision:
    """The answer for one permission; `matched_sid` names the deciding statement when it has a Sid."""

    allowed: bool
    reason: Reason
    matched_sid: str | None = None


@dataclass(frozen=True)
class Condition:
    """One key of one operator, such as `ForAnyValue:StringLikeIfExists` on `aws:TagKeys`."""

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    if_exists: bool = False


@dataclass(frozen=True)
class Patterns:
    """An element or its Not-twin: what it lists, and whether it means everything else."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Statement:
    """One statement, already checked."""

    sid: str | None
    effect: str
    actions: Patterns
    resources: Patterns | None
    principals: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...]
    variables: bool


@dataclass(frozen=True)
class Policy:
    """A policy document, already checked."""

    name: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Caller:
    """Who asks a role's trust policy: `kind` is `AWS`, `Federated` or `Service`, as in `Principal`.

    `names` are all the ways in which a policy may call this principal.
    """

    kind: str
    names: tuple[str, ...]


def parse_identity_policy(name: str, document: Mapping[str, Any]) -> Policy:
    """Reads a policy of a role or user. Raises PolicyError that names the policy, statement and fault."""
    return _parse(name, document, trust=False)


def parse_trust_policy(name: str, document: Mapping[str, Any]) -> Policy:
    """Reads a role's trust policy. Raises PolicyError that names the policy, statement and fault."""
    return _parse(name, document, trust=True)


def evaluate(policies: Sequence[Policy], access: Access, context: Context) -> Decision:
    """Decides whether identity-based policies allow a permission; the access's own keys win over `context`.

    An explicit deny anywhere wins, and what nothing allows is denied. Never raises.
    """
    keys = _lower_keys({**context, **access.context})
    applying = (
        statement
        for policy in policies
        for statement in policy.statements
        if _action_matches(statement, access.action)
        and _resource_matches(statement, access.resource, keys)
        and _conditions_match(statement, keys)
    )
    return _decide(applying)


def evaluate_trust(trust: Policy, caller: Caller, action: str, context: Context) -> Decision:
    """Decides whether a trust policy lets `caller` do `action` (`sts:AssumeRole…`). Never raises."""
    keys = _lower_keys(context)
    applying = (
        statement
        for statement in trust.statements
        if _action_matches(statement, action)
        and _principal_matches(statement, caller)
        and _conditions_match(statement, keys)
    )
    return _decide(applying)


def _decide(applying: Iterable[Statement]) -> Decision:
    allow: Statement | None = None
    for statement in applying:
        if statement.effect == "Deny":
            return Decision(False, Reason.EXPLICIT_DENY, statement.sid)
        allow = allow or statement
    if allow is None:
        return Decision(False, Reason.IMPLICIT_DENY)
    return Decision(True, Reason.ALLOWED, allow.sid)


_POLICY_KEYS = {"Version", "Id", "Statement"}
_STATEMENT_KEYS = {"Sid", "Effect", "Condition", "Principal", "NotPrincipal"} | {
    f"{negation}{element}" for element in ("Action", "Resource") for negation in ("", "Not")
}
_OPERATOR = re.compile(r"^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$")
_ACTION = re.compile(r"^(\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$")


def _parse(name: str, document: Mapping[str, Any], trust: bool) -> Policy:
    if not isinstance(document, Mapping):
        raise PolicyError(f"policy {name}: it is not a JSON object")
    _only_known(f"policy {name}", document, _POLICY_KEYS)
    version = document.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17"):
        raise PolicyError(f"policy {name}: Version {version!r} is neither 2012-10-17 nor 2008-10-17")
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError(f"policy {name}: Statement is missing or empty")
    # Variables are only read in the current language version:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
    read = partial(_parse_statement, trust=trust, variables=version == "2012-10-17")
    named = [(f"policy {name}, statement {number}", found) for number, found in enumerate(statements, 1)]
    return Policy(name, tuple(read(where, found) for where, found in named))


def _parse_statement(where: str, statement: Any, trust: bool, variables: bool) -> Statement:
    if not isinstance(statement, Mapping):
        raise PolicyError(f"{where}: it is not a JSON object")
    _only_known(where, statement, _STATEMENT_KEYS)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"{where}: Effect must be Allow or Deny, not {statement.get('Effect')!r}")
    actions = _either(where, statement, "Action")
    if actions is None:
        raise PolicyError(f"{where}: Action or NotAction is missing")
    for action in actions.values:
        if not _ACTION.match(action):
            raise PolicyError(f"{where}: {action!r} is not an action such as s3:GetObject")
    return Statement(
        sid=statement.get("Sid"),
        effect=statement["Effect"],
        actions=actions,
        resources=_parse_resources(where, statement, trust),
        principals=_parse_principals(where, statement, trust),
        conditions=tuple(_parse_conditions(where, statement.get("Condition", {}))),
        variables=variables,
    )


def _only_known(where: str, found: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise PolicyError(f"{where}: unknown element {unknown[0]!r}")


def _either(where: str, statement: Mapping[str, Any], element: str) -> Patterns | None:
    twin = f"Not{element}"
    if element in statement and twin in statement:
        raise PolicyError(f"{where}: {element} and {twin} exclude each other")
    if element in statement:
        return Patterns(_strings(where, element, statement[element]))
    if twin in statement:
        return Patterns(_strings(where, twin, statement[twin]), negated=True)
    return None


def _strings(where: str, element: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(v, str) and v for v in values):
        raise PolicyError(f"{where}: {element} must be a string or a list of strings")
    return tuple(values)


def _parse_resources(where: str, statement: Mapping[str, Any], trust: bool) -> Patterns | None:
    resources = _either(where, statement, "Resource")
    if trust:
        if resources is not None:
            raise PolicyError(f"{where}: a trust policy has no Resource")
        return None
    if resources is None:
        raise PolicyError(f"{where}: Resource or NotResource is missing")
    for resource in resources.values:
        if resource != "*" and not resource.startswith("arn:"):
            raise PolicyError(f"{where}: resource {resource!r} is neither an ARN nor *")
    return resources


def _parse_principals(where: str, statement: Mapping[str, Any], trust: bool) -> tuple[tuple[str, str], ...]:
    if "NotPrincipal" in statement:
        raise PolicyError(f"{where}: NotPrincipal is not for trust or identity policies")
    principal = statement.get("Principal")
    if not trust:
        if principal is not None:
            raise PolicyError(f"{where}: an identity policy has no Principal")
        return ()
    if principal == "*":
        return (("*", "*"),)
    if not isinstance(principal, Mapping) or not principal:
        raise PolicyError(f"{where}: Principal is missing or is not an object")
    _only_known(f"{where}, Principal", principal, {"AWS", "Federated", "Service"})
    return tuple((kind, name) for kind, names in principal.items() for name in _strings(where, kind, names))


def _parse_conditions(where: str, block: Any) -> Iterable[Condition]:
    if not isinstance(block, Mapping):
        raise PolicyError(f"{where}: Condition is not an object")
    for written, keys in block.items():
        quantifier, operator, if_exists = _parse_operator(where, written)
        if not isinstance(keys, Mapping):
            raise PolicyError(f"{where}: Condition {written} is not an object of keys")
        for key, value in keys.items():
            values = _condition_values(f"{where}, {written} {key}", value)
            _check_values(f"{where}, {written} {key}", operator, values)
            yield Condition(operator, key, values, quantifier, if_exists)


def _parse_operator(where: str, written: str) -> tuple[str, str, bool]:
    match = _OPERATOR.match(written)
    quantifier, operator, if_exists = match.groups() if match else (None, written, None)
    if operator in ("IpAddress", "NotIpAddress", "BinaryEquals"):
        raise PolicyError(f"{where}: condition operator {operator} is not evaluated by the local cloud")
    if operator not in _OPERATORS or (operator == "Null" and if_exists):
        raise PolicyError(f"{where}: {written!r} is not a condition operator")
    return quantifier or "", operator, if_exists is not None


def _condition_values(where: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(v, str | bool | int | float) for v in values):
        raise PolicyError(f"{where}: values must be strings, numbers or booleans")
    return tuple(as_text(v) for v in values)


def _check_values(where: str, operator: str, values: tuple[str, ...]) -> None:
    for family, convert in (("Numeric", _number), ("Date", _date)):
        for value in values:
            if operator.startswith(family) and convert(value) is None:
                raise PolicyError(f"{where}: {value!r} does not suit {operator}")
    if operator in ("Bool", "Null") and not all(v.lower() in ("true", "false") for v in values):
        raise PolicyError(f"{where}: {operator} takes true or false")


def as_text(value: Any) -> str:
    """A context or policy value as IAM compares it: booleans and numbers in JSON's spelling."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def _lower_keys(context: Context) -> dict[str, tuple[str, ...]]:
    """Key names are not case-sensitive; a key whose value is None counts as absent."""
    return {key.lower(): _as_values(value) for key, value in context.items() if value is not None}


def _as_values(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(as_text(v) for v in value)
    return (as_text(value),)


@lru_cache(maxsize=4096)
def _glob(pattern: str, ignore_case: bool = False) -> re.Pattern[str]:
    return re.compile(_regex(pattern, ".*", "."), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _regex(pattern: str, many: str, one: str) -> str:
    wild = {"*": many, "?": one}
    return "".join(wild.get(c) or re.escape(_LITERAL.get(c, c)) for c in pattern)


#: Stand in for a `*` or `?` that is meant literally, because it came from a variable.
_LITERAL = {"\ue000": "*", "\ue001": "?"}
_AS_LITERAL = {ord(literal): marker for marker, literal in _LITERAL.items()}
_FROM_LITERAL = str.maketrans(_LITERAL)


def _action_matches(statement: Statement, action: str) -> bool:
    found = any(_glob(pattern, ignore_case=True).fullmatch(action) for pattern in statement.actions.values)
    return found != statement.actions.negated


def _resource_matches(statement: Statement, resource: str, keys: Mapping[str, tuple[str, ...]]) -> bool:
    """A resource with an unresolvable variable is no resource:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
    """
    if statement.resources is None:
        return True
    patterns = [_expand(written, keys, statement.variables) for written in statement.resources.values]
    if statement.resources.negated and None in patterns:
        return False
    found = any(pattern and _resource_glob(pattern).fullmatch(resource) for pattern in patterns)
    return found != statement.resources.negated


#: `arn:partition:service:region:account:resource`
ARN_PARTS = 6


@lru_cache(maxsize=4096)
def _resource_glob(pattern: str) -> re.Pattern[str]:
    """A `*` inside one of the first five parts stays inside, one at a part's end may reach across colons, and
    missing parts count as `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    parts = pattern.split(":", ARN_PARTS - 1)
    if pattern == "*":
        return _glob(pattern)
    *heads, last = parts + ["*"] * (ARN_PARTS - len(parts))
    return re.compile(":".join([*map(_segment, heads), _glob(last).pattern]), re.DOTALL)


def _segment(part: str) -> str:
    return _regex(part.removesuffix("*"), "[^:]*", "[^:]") + (".*" if part.endswith("*") else "")


_VARIABLE = re.compile(r"\$\{([^},]+)(?:,\s*'([^']*)')?\}")
_SPECIAL = {"*": "*", "?": "?", "$": "$"}


def _expand(written: str, keys: Mapping[str, tuple[str, ...]], variables: bool) -> str | None:
    """Fills in `${key}` and `${key, 'default'}`; None when a key has no single value and no default."""
    if not variables or "${" not in written:
        return written
    missing = False

    def value_of(match: re.Match[str]) -> str:
        nonlocal missing
        name, default = match.group(1).strip(), match.group(2)
        found = keys.get(name.lower(), ())
        value = _SPECIAL.get(name) or (found[0] if len(found) == 1 else default)
        missing = missing or value is None
        return (value or "").translate(_AS_LITERAL)

    expanded = _VARIABLE.sub(value_of, written)
    return None if missing else expanded


def _principal_matches(statement: Statement, caller: Caller) -> bool:
    for kind, name in statement.principals:
        if kind == "*" or (kind == caller.kind and (name in caller.names or (kind == "AWS" and name == "*"))):
            return True
    return False


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


_EPOCH = re.compile(r"\d{5,}(\.\d+)?")
_SHORT_DATES = {len("2026"): "-01-01", len("2026-07"): "-01"}


def _date(text: str) -> datetime | None:
    """W3C's ISO 8601 formats, or seconds since 1970."""
    try:
        if _EPOCH.fullmatch(text):
            return datetime.fromtimestamp(float(text), UTC)
        found = datetime.fromisoformat(text + _SHORT_DATES.get(len(text), ""))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


Test = Callable[[str, str], bool]


def _compared(read: Callable[[str], Any], test: Callable[[Any, Any], bool]) -> Test:
    def compare(found: str, wanted: str) -> bool:
        left, right = read(found), read(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def _arn_like(found: str, wanted: str) -> bool:
    """Each of the six parts is compared by itself:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
    """
    left, right = found.split(":", ARN_PARTS - 1), wanted.split(":", ARN_PARTS - 1)
    return len(left) == len(right) and all(_glob(r).fullmatch(p) for p, r in zip(left, right, strict=True))


def _same(found: str, wanted: str) -> bool:
    return found == wanted.translate(_FROM_LITERAL)


def _same_ignoring_case(found: str, wanted: str) -> bool:
    return found.lower() == wanted.translate(_FROM_LITERAL).lower()


def _like(found: str, wanted: str) -> bool:
    return _glob(wanted).fullmatch(found) is not None


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}
_POSITIVE: dict[str, Test] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_ignoring_case,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _same_ignoring_case,
    **{f"Numeric{name}": _compared(_number, test) for name, test in _COMPARISONS.items()},
    **{f"Date{name}": _compared(_date, test) for name, test in _COMPARISONS.items()},
}
_NEGATED: dict[str, Test] = {
    "StringNotEquals": _same,
    "StringNotEqualsIgnoreCase": _same_ignoring_case,
    "StringNotLike": _like,
    "ArnNotEquals": _arn_like,
    "ArnNotLike": _arn_like,
    "NumericNotEquals": _POSITIVE["NumericEquals"],
    "DateNotEquals": _POSITIVE["DateEquals"],
}
_OPERATORS = {*_POSITIVE, *_NEGATED, "Null"}


def _conditions_match(statement: Statement, keys: Mapping[str, tuple[str, ...]]) -> bool:
    return all(_condition_matches(condition, keys, statement.variables) for condition in statement.conditions)


def _condition_matches(condition: Condition, keys: Mapping[str, tuple[str, ...]], variables: bool) -> bool:
    found = keys.get(condition.key.lower(), ())
    if condition.operator == "Null":
        return any((not found) == (value.lower() == "true") for value in condition.values)
    # A quantifier settles an absent key by itself, so that IfExists changes nothing under it:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    if not found:
        if condition.quantifier:
            return condition.quantifier == "ForAllValues"
        return condition.if_exists or condition.operator in _NEGATED
    matches = partial(_value_matches, condition, _wanted(condition, keys, variables))
    if condition.quantifier == "ForAllValues":
        return all(map(matches, found))
    if condition.quantifier == "ForAnyValue":
        return any(map(matches, found))
    # AWS documents no answer for several values without a quantifier; the one that allows less is taken.
    return all(map(matches, found))


def _wanted(condition: Condition, keys: Mapping[str, tuple[str, ...]], variables: bool) -> list[str | None]:
    expands = variables and condition.operator.startswith(("String", "Arn"))
    return [_expand(value, keys, expands) for value in condition.values]


def _value_matches(condition: Condition, wanted: Sequence[str | None], found: str) -> bool:
    """Several wanted values are an OR, and for a negated operator a NOR."""
    if condition.operator in _NEGATED:
        test = _NEGATED[condition.operator]
        return not any(value is None or test(found, value) for value in wanted)
    test = _POSITIVE[condition.operator]
    return any(value is not None and test(found, value) for value in wanted)
