"""The rules of IAM's reference as a table; each case names the page that it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud.call import Access
from local_cloud.iam import (
    Caller,
    PolicyError,
    Reason,
    evaluate,
    evaluate_trust,
    parse_identity_policy,
    parse_trust_policy,
)

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
LOGIC = GUIDE + "reference_policies_evaluation-logic.html"
ACTION = GUIDE + "reference_policies_elements_action.html"
NOT_ACTION = GUIDE + "reference_policies_elements_notaction.html"
RESOURCE = GUIDE + "reference_policies_elements_resource.html"
NOT_RESOURCE = GUIDE + "reference_policies_elements_notresource.html"
CONDITION = GUIDE + "reference_policies_elements_condition.html"
OPERATORS = GUIDE + "reference_policies_elements_condition_operators.html"
SEVERAL = GUIDE + "reference_policies_condition-logic-multiple-context-keys-or-values.html"
MULTIVALUED = GUIDE + "reference_policies_condition-single-vs-multi-valued-context-keys.html"
VARIABLES = GUIDE + "reference_policies_variables.html"
VERSION = GUIDE + "reference_policies_elements_version.html"
PASS_ROLE = GUIDE + "id_roles_use_passrole.html"
PRINCIPAL = GUIDE + "reference_policies_elements_principal.html"
GITHUB = GUIDE + "id_roles_create_for-idp_oidc.html"
GRAMMAR = GUIDE + "reference_policies_grammar.html"

BUCKET = "arn:aws:s3:::mlops-dev"
OBJECT = BUCKET + "/raw/2026/day.csv"


def allow(actions: Any = "s3:GetObject", resources: Any = "*", condition: Any = None, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, "Condition": condition or {}, **more}


def deny(actions: Any = "s3:GetObject", resources: Any = "*", condition: Any = None) -> dict[str, Any]:
    return {**allow(actions, resources, condition), "Effect": "Deny"}


def decide(
    statements: list[dict[str, Any]],
    context: dict[str, Any],
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    version: str = "2012-10-17",
) -> Reason:
    policy = parse_identity_policy("p", {"Version": version, "Statement": statements})
    return evaluate([policy], Access(action, resource, context), {}).reason


ELEMENTS = [
    ("nothing allows", LOGIC, [allow("s3:PutObject")], Reason.IMPLICIT_DENY),
    ("one allows", LOGIC, [allow()], Reason.ALLOWED),
    ("a deny wins over an earlier allow", LOGIC, [allow(), deny("s3:*")], Reason.EXPLICIT_DENY),
    ("a deny wins over a later allow", LOGIC, [deny("s3:*"), allow()], Reason.EXPLICIT_DENY),
    ("a deny elsewhere does not count", LOGIC, [allow(), deny("s3:*", BUCKET + "/gold/*")], Reason.ALLOWED),
    ("actions ignore case", ACTION, [allow("S3:getobject")], Reason.ALLOWED),
    ("* in an action", ACTION, [allow("s3:Get*")], Reason.ALLOWED),
    ("* is every action", ACTION, [allow("*")], Reason.ALLOWED),
    ("? in an action is one character", ACTION, [allow("s3:GetObjec?")], Reason.ALLOWED),
    ("? in an action is not none", ACTION, [allow("s3:GetObject?")], Reason.IMPLICIT_DENY),
    ("another service's action", ACTION, [allow("sagemaker:*")], Reason.IMPLICIT_DENY),
    ("a list of actions", ACTION, [allow(["s3:PutObject", "s3:GetObject"])], Reason.ALLOWED),
    (
        "NotAction means all others",
        NOT_ACTION,
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        Reason.ALLOWED,
    ),
    (
        "NotAction leaves out what it names",
        NOT_ACTION,
        [{"Effect": "Allow", "NotAction": ["s3:get*"], "Resource": "*"}],
        Reason.IMPLICIT_DENY,
    ),
    ("resources are case-sensitive", RESOURCE, [allow(resources=BUCKET + "/RAW/*")], Reason.IMPLICIT_DENY),
    ("* in a resource crosses slashes", RESOURCE, [allow(resources=BUCKET + "/*.csv")], Reason.ALLOWED),
    ("? in a resource", RESOURCE, [allow(resources="arn:aws:s3:::mlops-de?/*")], Reason.ALLOWED),
    ("a bucket is not its objects", RESOURCE, [allow(resources=BUCKET)], Reason.IMPLICIT_DENY),
    (
        "a bucket's objects",
        RESOURCE,
        [allow(resources=["arn:aws:s3:::other/*", BUCKET + "/*"])],
        Reason.ALLOWED,
    ),
    ("missing parts of an ARN count as *", RESOURCE, [allow(resources="arn:aws:s3")], Reason.ALLOWED),
    (
        "NotResource means all others",
        NOT_RESOURCE,
        [{"Effect": "Deny", "Action": "s3:*", "NotResource": BUCKET + "/gold/*"}, allow()],
        Reason.EXPLICIT_DENY,
    ),
    (
        "NotResource spares what it names",
        NOT_RESOURCE,
        [{"Effect": "Deny", "Action": "s3:*", "NotResource": BUCKET + "/raw/*"}, allow()],
        Reason.ALLOWED,
    ),
]


@pytest.mark.parametrize(
    ("page", "statements", "reason"), [case[1:] for case in ELEMENTS], ids=[c[0] for c in ELEMENTS]
)
def test_elements(page: str, statements: list[dict[str, Any]], reason: Reason) -> None:
    assert decide(statements, {}) is reason, page


T, F = True, False
ARN = "arn:aws:iam::123456789012:role/ci-dev"
#: case, page, condition block, request context, whether the condition holds
CONDITIONS = [
    ("StringEquals", OPERATORS, {"StringEquals": {"aws:username": "john"}}, {"aws:username": "john"}, T),
    (
        "StringEquals minds case",
        CONDITION,
        {"StringEquals": {"aws:username": "john"}},
        {"aws:username": "John"},
        F,
    ),
    (
        "StringEquals knows no *",
        OPERATORS,
        {"StringEquals": {"aws:username": "jo*"}},
        {"aws:username": "john"},
        F,
    ),
    ("StringEquals, key absent", OPERATORS, {"StringEquals": {"aws:username": "john"}}, {}, F),
    (
        "key names ignore case",
        CONDITION,
        {"StringEquals": {"AWS:UserName": "john"}},
        {"aws:username": "john"},
        T,
    ),
    (
        "IgnoreCase",
        OPERATORS,
        {"StringEqualsIgnoreCase": {"aws:username": "JOHN"}},
        {"aws:username": "john"},
        T,
    ),
    ("NotEquals", OPERATORS, {"StringNotEquals": {"aws:username": "john"}}, {"aws:username": "eve"}, T),
    (
        "NotEquals, equal",
        OPERATORS,
        {"StringNotEquals": {"aws:username": "john"}},
        {"aws:username": "john"},
        F,
    ),
    ("NotEquals, key absent", OPERATORS, {"StringNotEquals": {"aws:username": "john"}}, {}, T),
    (
        "NotEqualsIgnoreCase",
        OPERATORS,
        {"StringNotEqualsIgnoreCase": {"aws:username": "JOHN"}},
        {"aws:username": "john"},
        F,
    ),
    ("StringLike *", OPERATORS, {"StringLike": {"s3:prefix": "raw/*"}}, {"s3:prefix": "raw/2026"}, T),
    (
        "StringLike minds case",
        OPERATORS,
        {"StringLike": {"s3:prefix": "raw/*"}},
        {"s3:prefix": "RAW/2026"},
        F,
    ),
    ("StringLike ?", OPERATORS, {"StringLike": {"s3:prefix": "ra?/*"}}, {"s3:prefix": "raw/2026"}, T),
    ("StringLike, key absent", OPERATORS, {"StringLike": {"s3:prefix": "*"}}, {}, F),
    ("StringNotLike, key absent", OPERATORS, {"StringNotLike": {"s3:prefix": "raw/*"}}, {}, T),
    ("StringNotLike, like", OPERATORS, {"StringNotLike": {"s3:prefix": "raw/*"}}, {"s3:prefix": "raw/1"}, F),
    ("an empty value is a value", OPERATORS, {"StringEquals": {"s3:prefix": ""}}, {"s3:prefix": ""}, T),
    (
        "ArnEquals knows *",
        OPERATORS,
        {"ArnEquals": {"aws:PrincipalArn": ARN[:-3] + "*"}},
        {"aws:PrincipalArn": ARN},
        T,
    ),
    (
        "ArnLike",
        OPERATORS,
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci*"}},
        {"aws:PrincipalArn": ARN},
        T,
    ),
    (
        "ArnLike, part by part",
        OPERATORS,
        {"ArnLike": {"aws:PrincipalArn": "arn:*:role/ci*"}},
        {"aws:PrincipalArn": ARN},
        F,
    ),
    ("ArnLike, key absent", OPERATORS, {"ArnLike": {"aws:SourceArn": "*"}}, {}, F),
    ("ArnNotLike, key absent", OPERATORS, {"ArnNotLike": {"aws:SourceArn": ARN}}, {}, T),
    ("ArnNotEquals", OPERATORS, {"ArnNotEquals": {"aws:PrincipalArn": ARN}}, {"aws:PrincipalArn": ARN}, F),
    ("Bool", OPERATORS, {"Bool": {"aws:SecureTransport": "true"}}, {"aws:SecureTransport": True}, T),
    ("Bool of JSON", OPERATORS, {"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": True}, F),
    ("Bool, key absent", OPERATORS, {"Bool": {"aws:MultiFactorAuthPresent": "false"}}, {}, F),
    ("BoolIfExists, key absent", OPERATORS, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, {}, T),
    ("Null true, absent", OPERATORS, {"Null": {"aws:TokenIssueTime": "true"}}, {}, T),
    (
        "Null true, present",
        OPERATORS,
        {"Null": {"aws:TokenIssueTime": "true"}},
        {"aws:TokenIssueTime": "x"},
        F,
    ),
    ("Null false, present", OPERATORS, {"Null": {"aws:TagKeys": "false"}}, {"aws:TagKeys": ["a"]}, T),
    ("Null false, an empty list", OPERATORS, {"Null": {"aws:TagKeys": "false"}}, {"aws:TagKeys": []}, F),
    (
        "NumericLessThanEquals",
        OPERATORS,
        {"NumericLessThanEquals": {"s3:max-keys": "10"}},
        {"s3:max-keys": 10},
        T,
    ),
    ("numbers are not text", OPERATORS, {"NumericLessThan": {"s3:max-keys": "10"}}, {"s3:max-keys": 9}, T),
    ("NumericEquals", OPERATORS, {"NumericEquals": {"s3:max-keys": 10}}, {"s3:max-keys": "10.0"}, T),
    ("NumericNotEquals, absent", OPERATORS, {"NumericNotEquals": {"s3:max-keys": 10}}, {}, T),
    (
        "NumericGreaterThan, text",
        OPERATORS,
        {"NumericGreaterThan": {"s3:max-keys": 1}},
        {"s3:max-keys": "many"},
        F,
    ),
    (
        "NumericGreaterThanEquals",
        OPERATORS,
        {"NumericGreaterThanEquals": {"s3:max-keys": 2}},
        {"s3:max-keys": 1},
        F,
    ),
    (
        "DateGreaterThan",
        OPERATORS,
        {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"aws:CurrentTime": "2026-01-01T01:00:00+00:00"},
        T,
    ),
    (
        "DateLessThan, other zone",
        OPERATORS,
        {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        {"aws:CurrentTime": "2026-01-01T00:30:00+01:00"},
        T,
    ),
    (
        "Date as epoch",
        OPERATORS,
        {"DateLessThan": {"aws:EpochTime": "2026-01-01"}},
        {"aws:EpochTime": 1735689600},
        T,
    ),
    ("DateNotEquals, absent", OPERATORS, {"DateNotEquals": {"aws:CurrentTime": "2026-01-01"}}, {}, T),
    ("IfExists, absent", OPERATORS, {"StringEqualsIfExists": {"ec2:InstanceType": "t1.micro"}}, {}, T),
    (
        "IfExists, other",
        OPERATORS,
        {"StringLikeIfExists": {"ec2:InstanceType": "t1.*"}},
        {"ec2:InstanceType": "m1"},
        F,
    ),
    ("several values are OR", SEVERAL, {"StringEquals": {"k:a": ["x", "y"]}}, {"k:a": "y"}, T),
    ("several values of Not are NOR", SEVERAL, {"StringNotEquals": {"k:a": ["x", "y"]}}, {"k:a": "y"}, F),
    (
        "several keys are AND",
        SEVERAL,
        {"StringEquals": {"k:a": "x", "k:b": "y"}},
        {"k:a": "x", "k:b": "z"},
        F,
    ),
    (
        "several operators are AND",
        SEVERAL,
        {"StringEquals": {"k:a": "x"}, "StringLike": {"k:b": "y*"}},
        {"k:a": "x", "k:b": "yes"},
        T,
    ),
    (
        "ForAllValues, a subset",
        MULTIVALUED,
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ["b"]},
        T,
    ),
    (
        "ForAllValues, one too many",
        MULTIVALUED,
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ["b", "c"]},
        F,
    ),
    ("ForAllValues, key absent", MULTIVALUED, {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {}, T),
    (
        "ForAnyValue, one of them",
        MULTIVALUED,
        {"ForAnyValue:StringLike": {"aws:TagKeys": "mlops:*"}},
        {"aws:TagKeys": ["cost", "mlops:model"]},
        T,
    ),
    ("ForAnyValue, key absent", MULTIVALUED, {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}}, {}, F),
    (
        "ForAnyValue ignores IfExists",
        MULTIVALUED,
        {"ForAnyValue:StringEqualsIfExists": {"aws:TagKeys": "a"}},
        {},
        F,
    ),
    (
        "ForAllValues of a negation",
        MULTIVALUED,
        {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["secret"]}},
        {"aws:TagKeys": ["a", "secret"]},
        F,
    ),
    (
        "ForAnyValue of a negation",
        MULTIVALUED,
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "b"]}},
        {"aws:TagKeys": ["a", "z"]},
        T,
    ),
    (
        "a variable",
        VARIABLES,
        {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}},
        {"aws:RequestTag/team": "blue", "aws:PrincipalTag/team": "blue"},
        T,
    ),
    (
        "a variable without value",
        VARIABLES,
        {"StringNotEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}},
        {"aws:RequestTag/team": "blue"},
        F,
    ),
    ("${*} is a star", VARIABLES, {"StringLike": {"k:a": "a${*}"}}, {"k:a": "ab"}, F),
    ("${*} matches a star", VARIABLES, {"StringLike": {"k:a": "a${*}"}}, {"k:a": "a*"}, T),
]


@pytest.mark.parametrize(
    ("page", "condition", "context", "holds"),
    [case[1:] for case in CONDITIONS],
    ids=[c[0] for c in CONDITIONS],
)
def test_conditions(page: str, condition: dict[str, Any], context: dict[str, Any], holds: bool) -> None:
    allowed = decide([allow(condition=condition)], context)
    refused = decide([allow(), deny(condition=condition)], context)
    assert allowed is (Reason.ALLOWED if holds else Reason.IMPLICIT_DENY), page
    assert refused is (Reason.EXPLICIT_DENY if holds else Reason.ALLOWED), page


HOME = BUCKET + "/home/${aws:username}/*"
VARIABLE_RESOURCES = [
    ("filled in", HOME, {"aws:username": "ann"}, "/home/ann/x", "2012-10-17", T),
    ("of somebody else", HOME, {"aws:username": "ann"}, "/home/bob/x", "2012-10-17", F),
    ("without value", HOME, {}, "/home//x", "2012-10-17", F),
    ("a star in the value is only a star", HOME, {"aws:username": "*"}, "/home/bob/x", "2012-10-17", F),
    ("with a default", BUCKET + "/${aws:PrincipalTag/team, 'all'}/*", {}, "/all/x", "2012-10-17", T),
    (
        "a multivalued key has no single value",
        BUCKET + "/${aws:TagKeys}",
        {"aws:TagKeys": ["a", "b"]},
        "/a",
        "2012-10-17",
        F,
    ),
    ("not read in the old version", HOME, {"aws:username": "ann"}, "/home/ann/x", "2008-10-17", F),
]


@pytest.mark.parametrize(
    ("pattern", "context", "key", "version", "allowed"),
    [case[1:] for case in VARIABLE_RESOURCES],
    ids=[c[0] for c in VARIABLE_RESOURCES],
)
def test_variables_in_resources(pattern: str, context: dict[str, Any], key: str, version: str, allowed: bool) -> None:
    reason = decide([allow(resources=pattern)], context, resource=BUCKET + key, version=version)
    assert (reason is Reason.ALLOWED) is allowed, f"{VARIABLES} {VERSION}"


def test_pass_role_is_bound_to_role_and_service() -> None:
    statement = allow(
        "iam:PassRole",
        "arn:aws:iam::123456789012:role/sagemaker-execution",
        {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )
    role = "arn:aws:iam::123456789012:role/sagemaker-execution"
    to_sagemaker = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert decide([statement], to_sagemaker, "iam:PassRole", role) is Reason.ALLOWED, PASS_ROLE
    assert decide([statement], {}, "iam:PassRole", role) is Reason.IMPLICIT_DENY, PASS_ROLE
    assert decide([statement], to_sagemaker, "iam:PassRole", role + "-admin") is Reason.IMPLICIT_DENY, PASS_ROLE
    to_lambda = {"iam:PassedToService": "lambda.amazonaws.com"}
    assert decide([statement], to_lambda, "iam:PassRole", role) is Reason.IMPLICIT_DENY, PASS_ROLE


def test_a_resourceless_action_needs_a_star() -> None:
    some = [allow("sagemaker:ListTrainingJobs", "arn:aws:sagemaker:*:*:training-job/*")]
    every = [allow("sagemaker:ListTrainingJobs")]
    assert decide(some, {}, "sagemaker:ListTrainingJobs", "*") is Reason.IMPLICIT_DENY, RESOURCE
    assert decide(every, {}, "sagemaker:ListTrainingJobs", "*") is Reason.ALLOWED, RESOURCE


def test_policies_add_up_and_the_decision_names_its_statement() -> None:
    one = parse_identity_policy("one", {"Version": "2012-10-17", "Statement": allow("s3:PutObject", Sid="Write")})
    two = parse_identity_policy("two", {"Version": "2012-10-17", "Statement": [allow(Sid="Read")]})
    read = evaluate([one, two], Access("s3:GetObject", OBJECT, {}), {})
    assert (read.allowed, read.matched_sid) == (True, "Read")
    stop = parse_identity_policy("stop", {"Statement": [{**deny(), "Sid": "Never"}]})
    refused = evaluate([one, two, stop], Access("s3:GetObject", OBJECT, {}), {})
    assert (refused.allowed, refused.reason, refused.matched_sid) == (False, Reason.EXPLICIT_DENY, "Never")
    assert evaluate([], Access("s3:GetObject", OBJECT, {}), {}).reason is Reason.IMPLICIT_DENY


def test_an_access_brings_its_own_keys() -> None:
    policy = parse_identity_policy("p", {"Statement": [allow(condition={"StringEquals": {"s3:prefix": "raw/"}})]})
    assert evaluate([policy], Access("s3:GetObject", OBJECT, {"s3:prefix": "raw/"}), {"s3:prefix": "x"}).allowed
    assert not evaluate([policy], Access("s3:GetObject", OBJECT, {}), {"s3:prefix": "x"}).allowed


PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
SUB = "token.actions.githubusercontent.com:sub"
AUD = "token.actions.githubusercontent.com:aud"
WEB = "sts:AssumeRoleWithWebIdentity"


def trust(principal: Any, action: str = WEB, condition: Any = None) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition or {}}


GITHUB_TRUST = trust(
    {"Federated": PROVIDER},
    WEB,
    {
        "StringEquals": {AUD: "sts.amazonaws.com"},
        "StringLike": {SUB: "repo:mlops-actions/mlops-actions:ref:refs/heads/*"},
    },
)
MAIN = {AUD: "sts.amazonaws.com", SUB: "repo:mlops-actions/mlops-actions:ref:refs/heads/main"}
GITHUB_CALLER = Caller("Federated", (PROVIDER,))
SESSION = Caller(
    "AWS",
    ("arn:aws:sts::123456789012:assumed-role/ci/x", ARN, "123456789012", "arn:aws:iam::123456789012:root"),
)
TRUSTS = [
    ("GitHub's token", GITHUB, [GITHUB_TRUST], GITHUB_CALLER, WEB, MAIN, T),
    (
        "another repository",
        GITHUB,
        [GITHUB_TRUST],
        GITHUB_CALLER,
        WEB,
        {**MAIN, SUB: "repo:eve/x:ref:refs/heads/main"},
        F,
    ),
    ("another audience", GITHUB, [GITHUB_TRUST], GITHUB_CALLER, WEB, {**MAIN, AUD: "other"}, F),
    ("no subject at all", GITHUB, [GITHUB_TRUST], GITHUB_CALLER, WEB, {AUD: "sts.amazonaws.com"}, F),
    ("another provider", GITHUB, [GITHUB_TRUST], Caller("Federated", (PROVIDER + "x",)), WEB, MAIN, F),
    ("another action", GITHUB, [GITHUB_TRUST], GITHUB_CALLER, "sts:AssumeRole", MAIN, F),
    (
        "a service",
        PRINCIPAL,
        [trust({"Service": ["sagemaker.amazonaws.com"]}, "sts:AssumeRole")],
        Caller("Service", ("sagemaker.amazonaws.com",)),
        "sts:AssumeRole",
        {},
        T,
    ),
    (
        "another service",
        PRINCIPAL,
        [trust({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")],
        Caller("Service", ("sagemaker.amazonaws.com",)),
        "sts:AssumeRole",
        {},
        F,
    ),
    (
        "a role, for its session",
        PRINCIPAL,
        [trust({"AWS": ARN}, "sts:AssumeRole")],
        SESSION,
        "sts:AssumeRole",
        {},
        T,
    ),
    (
        "the account",
        PRINCIPAL,
        [trust({"AWS": "123456789012"}, "sts:AssumeRole")],
        SESSION,
        "sts:AssumeRole",
        {},
        T,
    ),
    (
        "another account",
        PRINCIPAL,
        [trust({"AWS": "210987654321"}, "sts:AssumeRole")],
        SESSION,
        "sts:AssumeRole",
        {},
        F,
    ),
    ("everybody", PRINCIPAL, [trust("*", "sts:AssumeRole")], SESSION, "sts:AssumeRole", {}, T),
    ("every AWS principal is no service", PRINCIPAL, [trust({"AWS": "*"})], GITHUB_CALLER, WEB, MAIN, F),
    (
        "an explicit deny",
        LOGIC,
        [GITHUB_TRUST, {**trust({"Federated": PROVIDER}), "Effect": "Deny"}],
        GITHUB_CALLER,
        WEB,
        MAIN,
        F,
    ),
]


@pytest.mark.parametrize(
    ("page", "statements", "caller", "action", "context", "allowed"),
    [case[1:] for case in TRUSTS],
    ids=[c[0] for c in TRUSTS],
)
def test_trust(
    page: str, statements: list[Any], caller: Caller, action: str, context: dict[str, Any], allowed: bool
) -> None:
    policy = parse_trust_policy("t", {"Version": "2012-10-17", "Statement": statements})
    assert evaluate_trust(policy, caller, action, context).allowed is allowed, page


MALFORMED = [
    ("no statement", {"Version": "2012-10-17"}, "Statement is missing"),
    ("unknown version", {"Version": "2020-01-01", "Statement": [allow()]}, "Version '2020-01-01'"),
    ("unknown element", {"Statement": [allow(Actions="x")]}, "unknown element 'Actions'"),
    ("no effect", {"Statement": [{"Action": "*", "Resource": "*"}]}, "Effect must be Allow or Deny"),
    ("no action", {"Statement": [{"Effect": "Allow", "Resource": "*"}]}, "Action or NotAction is missing"),
    ("both actions", {"Statement": [allow(NotAction="s3:*")]}, "exclude each other"),
    ("bad action", {"Statement": [allow("GetObject")]}, "'GetObject' is not an action"),
    (
        "no resource",
        {"Statement": [{"Effect": "Allow", "Action": "*"}]},
        "Resource or NotResource is missing",
    ),
    ("bad resource", {"Statement": [allow(resources="my-bucket")]}, "neither an ARN nor *"),
    ("a principal", {"Statement": [allow(Principal="*")]}, "has no Principal"),
    (
        "unknown operator",
        {"Statement": [allow(condition={"StringIs": {"a": "b"}})]},
        "'StringIs' is not a condition operator",
    ),
    (
        "addresses",
        {"Statement": [allow(condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})]},
        "IpAddress is not evaluated",
    ),
    (
        "Null with IfExists",
        {"Statement": [allow(condition={"NullIfExists": {"a": "true"}})]},
        "not a condition operator",
    ),
    (
        "not a number",
        {"Statement": [allow(condition={"NumericEquals": {"a": "ten"}})]},
        "'ten' does not suit",
    ),
    ("not a date", {"Statement": [allow(condition={"DateEquals": {"a": "soon"}})]}, "'soon' does not suit"),
    ("not a boolean", {"Statement": [allow(condition={"Bool": {"a": "yes"}})]}, "takes true or false"),
]


@pytest.mark.parametrize(("document", "words"), [case[1:] for case in MALFORMED], ids=[c[0] for c in MALFORMED])
def test_a_malformed_policy_is_named(document: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_identity_policy("train-job", document)
    assert words in str(refused.value), GRAMMAR
    assert "policy train-job" in str(refused.value)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({"Effect": "Allow", "Action": WEB}, "Principal is missing"),
        ({**trust({"AWS": "*"}), "Resource": "*"}, "a trust policy has no Resource"),
        (trust({"Aws": "*"}), "unknown element 'Aws'"),
        ({"Effect": "Allow", "Action": WEB, "NotPrincipal": "*"}, "NotPrincipal is not for"),
    ],
)
def test_a_malformed_trust_policy_is_named(statement: dict[str, Any], words: str) -> None:
    with pytest.raises(PolicyError, match=words):
        parse_trust_policy("ci", {"Version": "2012-10-17", "Statement": [statement]})
