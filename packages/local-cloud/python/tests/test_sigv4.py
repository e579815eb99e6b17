"""Requests signed by botocore's own signer, seen as a WSGI server sees them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from local_cloud import sigv4
from local_cloud.call import AwsError

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOST = "http://127.0.0.1:4566"


def signed(
    service: str, method: str, path: str, body: bytes = b"", host: str = HOST, sign_body: bool = True
) -> dict[str, Any]:
    request = AWSRequest(method, host + path, {"Content-Type": "text/x"}, body)
    request.context["client_config"] = Config(s3={"payload_signing_enabled": sign_body})
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials("ASIAKEY", SECRET, "token"), service, "us-east-1").add_auth(request)
    prepared = request.prepare()
    url = urlsplit(prepared.url)
    environ = {
        "REQUEST_METHOD": method,
        "RAW_URI": url.path + (f"?{url.query}" if url.query else ""),
        "PATH_INFO": unquote(url.path),
        "HTTP_HOST": url.netloc,
    }
    for name, value in prepared.headers.items():
        key = name.upper().replace("-", "_")
        bare = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        environ[key if bare else f"HTTP_{key}"] = value.decode() if isinstance(value, bytes) else value
    return environ


REQUESTS = [
    ("sagemaker", "POST", "/", b'{"TrainingJobName":"t"}'),
    ("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15"),
    ("s3", "PUT", "/bucket/raw/a%20b%2Bc.csv", b"1,2\n"),
    ("s3", "GET", "/bucket?list-type=2&prefix=raw%2F&delimiter=%2F", b""),
    ("s3", "POST", "/bucket/key?uploads", b""),
    ("s3", "POST", "/bucket/key?select&select-type=2", b"<x/>"),
    ("lambda", "GET", "/functions/a%3Ab", b""),
]


@pytest.mark.parametrize(("service", "method", "path", "body"), REQUESTS)
def test_the_owners_signature_holds(service: str, method: str, path: str, body: bytes) -> None:
    sigv4.verify(signed(service, method, path, body), body, SECRET, service)


@pytest.mark.parametrize(("service", "method", "path", "body"), REQUESTS)
def test_another_secret_is_refused(service: str, method: str, path: str, body: bytes) -> None:
    with pytest.raises(AwsError) as refused:
        sigv4.verify(signed(service, method, path, body), body, "another", service)
    json_service = service in ("sagemaker", "lambda")
    assert refused.value.code == ("InvalidSignatureException" if json_service else "SignatureDoesNotMatch")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAW_URI", "/bucket/other"),
        ("REQUEST_METHOD", "DELETE"),
        ("HTTP_X_AMZ_SECURITY_TOKEN", "stolen"),
        ("HTTP_X_AMZ_CONTENT_SHA256", "UNSIGNED-PAYLOAD"),
        ("HTTP_AUTHORIZATION", "AWS4-HMAC-SHA256 Credential=x"),
    ],
)
def test_a_changed_request_is_refused(name: str, value: str) -> None:
    environ = signed("s3", "PUT", "/bucket/key", b"data")
    with pytest.raises(AwsError):
        sigv4.verify({**environ, name: value}, b"data", SECRET, "s3")


def test_a_changed_body_is_refused() -> None:
    environ = signed("sagemaker", "POST", "/", b"{}")
    with pytest.raises(AwsError):
        sigv4.verify(environ, b'{"a":1}', SECRET, "sagemaker")


def test_an_unsigned_s3_body_is_taken_as_declared() -> None:
    environ = signed("s3", "PUT", "/bucket/key", b"data", host="https://127.0.0.1:4566", sign_body=False)
    assert environ["HTTP_X_AMZ_CONTENT_SHA256"] == "UNSIGNED-PAYLOAD"
    sigv4.verify(environ, b"", SECRET, "s3")


def presigned(secret: str = SECRET, header: str = "shop", expires: int = 60) -> dict[str, Any]:
    """What EKS takes for a token: GetCallerIdentity in a URL whose signature covers a header with a cluster's name."""
    url = f"{HOST}/?Action=GetCallerIdentity&Version=2011-06-15"
    request = AWSRequest("GET", url, {"x-k8s-aws-id": header})
    SigV4QueryAuth(Credentials("ASIAKEY", secret, "to/ken+="), "sts", "us-east-1", expires).add_auth(request)
    url = urlsplit(request.url)
    return {
        "REQUEST_METHOD": "GET",
        "RAW_URI": f"{url.path}?{url.query}",
        "HTTP_HOST": url.netloc,
        "HTTP_X_K8S_AWS_ID": header,
    }


def test_a_presigned_url_of_the_owner_holds() -> None:
    sigv4.verify_presigned(presigned(), SECRET, "sts")


@pytest.mark.parametrize(
    "environ",
    [
        presigned(secret="another"),
        {**presigned(), "HTTP_X_K8S_AWS_ID": "another"},
        {**presigned(), "HTTP_HOST": "elsewhere"},
        {**presigned(), "REQUEST_METHOD": "POST"},
        {**presigned(), "RAW_URI": presigned()["RAW_URI"].replace("Expires=60", "Expires=61")},
        {**presigned(), "RAW_URI": presigned()["RAW_URI"].partition("&X-Amz-Signature")[0]},
        {**presigned(), "RAW_URI": "/?Action=GetCallerIdentity"},
    ],
)
def test_a_presigned_url_that_was_changed_is_refused(environ: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as caught:
        sigv4.verify_presigned(environ, SECRET, "sts")
    assert caught.value.code == "SignatureDoesNotMatch"
