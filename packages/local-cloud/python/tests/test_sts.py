"""Web identities, assumed roles and the life of a session, on an account with GitHub as its provider."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from local_cloud.call import AwsError, Call, Principal
from local_cloud.clock import Clock
from local_cloud.roles import Roles
from local_cloud.sessions import ANONYMOUS, Sessions
from local_cloud.sts import Sts

ACCOUNT = "123456789012"
ISSUER = "https://token.actions.githubusercontent.com"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
CI = f"arn:aws:iam::{ACCOUNT}:role/ci"
SUBJECT = "repo:mlops-actions/mlops-actions:ref:refs/heads/main"
KEY = generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = generate_private_key(public_exponent=65537, key_size=2048)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(key: RSAPrivateKey, kid: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    n, e = (b64(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
    return {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": e}


def sign(claims: dict[str, Any], key: RSAPrivateKey = KEY, kid: str = "k1", alg: str = "RS256") -> str:
    header = {"alg": alg, "typ": "JWT", "kid": kid}
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{b64(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def statement(principal: dict[str, str], action: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    one = {"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition or {}}
    return {"Version": "2012-10-17", "Statement": [one]}


GITHUB = statement(
    {"Federated": PROVIDER_ARN},
    "sts:AssumeRoleWithWebIdentity",
    {
        "StringEquals": {f"{ISSUER[8:]}:aud": "sts.amazonaws.com"},
        "StringLike": {f"{ISSUER[8:]}:sub": "repo:mlops-actions/mlops-actions:*"},
    },
)


def identity(effect: str) -> dict[str, Any]:
    return {"p": {"Statement": [{"Effect": effect, "Action": "sts:AssumeRole", "Resource": "*"}]}}


USERS = {"ann": {}, "bob": identity("Allow"), "eve": identity("Deny")}
DOCUMENT = {
    "accountId": ACCOUNT,
    "region": "us-east-1",
    "admin": {"accessKeyId": "AKIALOCALADMIN000000", "secretAccessKey": "local-admin"},
    "oidcProviders": [{"url": ISSUER, "clientIds": ["sts.amazonaws.com"], "jwks": {"keys": [jwk(KEY, "k1")]}}],
    "roles": [
        {"name": "ci", "trust": GITHUB, "policies": {}, "maxSessionSeconds": 3600, "tags": {"team": "blue"}},
        {
            "name": "by-name",
            "trust": statement({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ann"}, "sts:AssumeRole"),
        },
        {
            "name": "by-account",
            "trust": statement({"AWS": ACCOUNT}, "sts:AssumeRole"),
            "maxSessionSeconds": 7200,
        },
        {
            "name": "sagemaker-execution",
            "trust": statement(
                {"Service": "sagemaker.amazonaws.com"},
                "sts:AssumeRole",
                {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            ),
        },
    ],
    "users": [
        {"name": name, "accessKeyId": f"AKIA{name}", "secretAccessKey": "s", "policies": policies}
        for name, policies in USERS.items()
    ],
}


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.roles = Roles(DOCUMENT)
        self.sessions = Sessions(self.roles, self.clock)
        self.sts = Sts(self.roles, self.sessions, self.clock)

    def call(self, operation: str, principal: Principal = ANONYMOUS, **params: Any) -> dict[str, Any]:
        call = Call("sts", operation, principal, "us-east-1", ACCOUNT, params, {}, b"")
        return self.sts.operations[operation](call)

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(self.clock.now())
        usual = {
            "iss": ISSUER,
            "aud": "sts.amazonaws.com",
            "sub": SUBJECT,
            "iat": now,
            "nbf": now - 60,
            "exp": now + 300,
        }
        return {name: value for name, value in {**usual, **changed}.items() if value is not None}

    def web(self, token: str | None = None, **params: Any) -> dict[str, Any]:
        usual = {"RoleArn": CI, "RoleSessionName": "run-1", "WebIdentityToken": token or sign(self.claims())}
        return self.call("AssumeRoleWithWebIdentity", **{**usual, **params})

    def who(self, answer: dict[str, Any], service: str = "sagemaker") -> Principal:
        keys = answer["Credentials"]
        return self.sessions.principal_of(keys["AccessKeyId"], keys["SessionToken"], service)

    def user(self, name: str) -> Principal:
        return self.sessions.principal_of(f"AKIA{name}", None)


@pytest.fixture
def world() -> World:
    return World()


def refusal(act: Callable[[], Any]) -> AwsError:
    with pytest.raises(AwsError) as refused:
        act()
    return refused.value


def test_a_token_becomes_a_session_of_the_role(world: World) -> None:
    answer = world.web(DurationSeconds="900")
    principal = world.who(answer)
    assert principal.kind == "role"
    assert principal.role_name == "ci"
    assert principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/run-1" == answer["AssumedRoleUser"]["Arn"]
    assert principal.context["aws:PrincipalTag/team"] == "blue"
    assert principal.context["aws:FederatedProvider"] == PROVIDER_ARN == answer["Provider"]
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == "sts.amazonaws.com"
    left = answer["Credentials"]["Expiration"].timestamp() - world.clock.now()
    assert 890 < left <= 900


def test_who_am_i(world: World) -> None:
    session = world.who(world.web())
    found = world.call("GetCallerIdentity", session)
    assert found["Arn"] == session.arn
    assert found["Account"] == ACCOUNT
    assert found["UserId"].startswith("AROA")
    assert found["UserId"].endswith(":run-1")
    assert world.call("GetCallerIdentity", world.user("ann"))["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ann"
    admin = world.sessions.principal_of("AKIALOCALADMIN000000", None)
    assert admin.kind == "admin"
    assert refusal(lambda: world.call("GetCallerIdentity")).code == "MissingAuthenticationToken"


@pytest.mark.parametrize(
    ("code", "words", "token"),
    [
        ("InvalidIdentityToken", "not a valid JWT", lambda _: "not.a.jwt"),
        ("InvalidIdentityToken", "not a valid JWT", lambda _: "two.parts"),
        (
            "InvalidIdentityToken",
            "No OpenIDConnect provider",
            lambda w: sign(w.claims(iss="https://evil.example")),
        ),
        ("InvalidIdentityToken", "No OpenIDConnect provider", lambda w: sign(w.claims(iss=None))),
        ("InvalidIdentityToken", "Incorrect token audience", lambda w: sign(w.claims(aud="somebody"))),
        ("InvalidIdentityToken", "Incorrect token audience", lambda w: sign(w.claims(aud=None))),
        ("InvalidIdentityToken", "Signature", lambda w: sign(w.claims(), OTHER_KEY)),
        ("InvalidIdentityToken", "verification key", lambda w: sign(w.claims(), OTHER_KEY, kid="k2")),
        ("InvalidIdentityToken", "algorithm", lambda w: sign(w.claims(), alg="none")),
        ("InvalidIdentityToken", "required claim: exp", lambda w: sign(w.claims(exp=None))),
        ("InvalidIdentityToken", "required claim: iat", lambda w: sign(w.claims(iat=None))),
        ("InvalidIdentityToken", "not valid yet", lambda w: sign(w.claims(nbf=int(w.clock.now()) + 400))),
        ("InvalidIdentityToken", "not valid yet", lambda w: sign(w.claims(iat=int(w.clock.now()) + 400))),
        ("ExpiredTokenException", "Token expired", lambda w: sign(w.claims(exp=int(w.clock.now()) - 1))),
    ],
)
def test_tokens_that_are_refused(world: World, code: str, words: str, token: Callable[[World], str]) -> None:
    error = refusal(lambda: world.web(token(world)))
    assert (error.code, error.status) == (code, 400)
    assert words in error.message


def test_a_changed_token_is_refused(world: World) -> None:
    header, _, signature = sign(world.claims()).split(".")
    forged = b64(json.dumps(world.claims(sub="repo:mlops-actions/mlops-actions:environment:prod")).encode())
    assert refusal(lambda: world.web(f"{header}.{forged}.{signature}")).code == "InvalidIdentityToken"


def test_an_issuer_may_run_ahead_by_less_than_five_minutes(world: World) -> None:
    ahead = int(world.clock.now()) + 240
    assert world.who(world.web(sign(world.claims(nbf=ahead, iat=ahead)))).role_name == "ci"


def test_a_token_ends_on_the_clock_of_the_cloud(world: World) -> None:
    token = sign(world.claims())
    world.clock.advance(301)
    assert refusal(lambda: world.web(token)).code == "ExpiredTokenException"


def test_a_missing_role_and_a_distrusting_one_look_alike(world: World) -> None:
    other_repository = sign(world.claims(sub="repo:eve/fork:ref:refs/heads/main"))
    distrust = refusal(lambda: world.web(other_repository))
    missing = refusal(lambda: world.web(RoleArn=CI + "-gone"))
    other_kind = refusal(lambda: world.web(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/by-account"))
    for error in (distrust, missing, other_kind):
        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ("899", "greater than or equal to 900"),
        ("43201", "less than or equal to 43200"),
        ("3601", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."),
    ],
)
def test_durations_out_of_range(world: World, seconds: str, words: str) -> None:
    error = refusal(lambda: world.web(DurationSeconds=seconds))
    assert (error.code, error.status) == ("ValidationError", 400)
    assert words in error.message


def test_what_sts_does_not_implement_is_refused_by_name(world: World) -> None:
    assert "Policy" in refusal(lambda: world.web(Policy="{}")).message
    ann = world.user("ann")
    role = f"arn:aws:iam::{ACCOUNT}:role/by-name"
    tagged = {"RoleArn": role, "RoleSessionName": "ann", "Tags.member.1.Key": "a", "Tags.member.1.Value": "b"}
    assert "Tags" in refusal(lambda: world.call("AssumeRole", ann, **tagged)).message


def test_a_session_name_must_be_one(world: World) -> None:
    assert refusal(lambda: world.web(RoleSessionName="a b")).code == "ValidationError"


def assume(world: World, principal: Principal, role: str, **params: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    return world.call("AssumeRole", principal, RoleArn=arn, RoleSessionName="nightly", **params)


def test_a_user_assumes_a_role_that_trusts(world: World) -> None:
    assert world.who(assume(world, world.user("ann"), "by-name")).role_name == "by-name"
    assert world.who(assume(world, world.user("bob"), "by-account")).role_name == "by-account"


@pytest.mark.parametrize(("user", "role"), [("bob", "by-name"), ("eve", "by-account"), ("ann", "gone")])
def test_a_role_that_does_not_trust_is_not_assumed(world: World, user: str, role: str) -> None:
    error = refusal(lambda: assume(world, world.user(user), role))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert f"user/{user} is not authorized to perform: sts:AssumeRole" in error.message


def test_chained_sessions_last_an_hour_at_most(world: World) -> None:
    session = world.who(world.web())
    error = refusal(lambda: assume(world, session, "by-account", DurationSeconds="7200"))
    assert "1 hour session limit for roles assumed by role chaining" in error.message
    assert world.who(assume(world, session, "by-account")).role_name == "by-account"
    assert assume(world, world.user("bob"), "by-account", DurationSeconds="7200")["Credentials"]


def test_sagemaker_acts_as_the_execution_role(world: World) -> None:
    job = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/t"
    given = world.sts.session_for(f"arn:aws:iam::{ACCOUNT}:role/sagemaker-execution", "SageMaker", job)
    assert world.sessions.principal_of(given.access_key, given.token).role_name == "sagemaker-execution"
    world.clock.advance(5 * 86400)
    assert world.sessions.principal_of(given.access_key, given.token).session_name == "SageMaker"
    error = refusal(lambda: world.sts.session_for(CI, "SageMaker", job))
    assert error.code == "ValidationException"
    assert f"Could not assume role {CI}" in error.message


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [("sagemaker", "ExpiredTokenException", 400), ("s3", "ExpiredToken", 400), ("sts", "ExpiredToken", 403)],
)
def test_a_session_ends(world: World, service: str, code: str, status: int) -> None:
    answer = world.web(DurationSeconds="900")
    world.clock.advance(890)
    assert world.who(answer, service).role_name == "ci"
    world.clock.advance(11)
    error = refusal(lambda: world.who(answer, service))
    assert (error.code, error.status) == (code, status)


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("sagemaker", "UnrecognizedClientException"),
        ("s3", "InvalidAccessKeyId"),
        ("sts", "InvalidClientTokenId"),
    ],
)
def test_credentials_that_nobody_issued(world: World, service: str, code: str) -> None:
    keys = world.web()["Credentials"]
    strangers = [
        ("AKIAUNKNOWN", None),
        (keys["AccessKeyId"], None),
        (keys["AccessKeyId"], "x"),
        ("AKIAann", "x"),
    ]
    for access_key, token in strangers:
        assert refusal(lambda k=access_key, t=token: world.sessions.principal_of(k, t, service)).code == code


def test_no_key_is_nobody(world: World) -> None:
    assert world.sessions.principal_of(None, None) is ANONYMOUS
    assert world.roles.policies_of(ANONYMOUS) == ()
