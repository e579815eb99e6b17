"""Checks that a request was signed with the secret of its key (Signature Version 4, in its header or its query).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from .call import AwsError
from .sessions import QUERY_SERVICES

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 +Credential=[^/,\s]+/(?P<scope>[^,\s]+)\s*,\s*"
    r"SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})"
)


def verify(environ: Mapping[str, Any], body: bytes, secret: str, service: str) -> None:
    """Raises AwsError when the Authorization header of a WSGI request was not made with `secret`.

    S3 bodies are taken as the request declares them in `x-amz-content-sha256`, all others are hashed. The age
    of a signature is not checked: the cloud's clock may have been stepped, and its clients' may not.
    """
    match = _AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if match is None:
        raise _mismatch(service)
    scope, names = match["scope"], match["headers"].split(";")
    request = _canonical_request(environ, body, service, names)
    to_sign = f"AWS4-HMAC-SHA256\n{environ.get('HTTP_X_AMZ_DATE', '')}\n{scope}\n{_sha256(request.encode())}"
    expected = hmac.new(_signing_key(secret, scope), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, match["signature"]):
        raise _mismatch(service)


def verify_presigned(environ: Mapping[str, Any], secret: str, service: str) -> None:
    """Raises AwsError when the URL of a request without a body was not signed with `secret`."""
    path, _, query = environ["RAW_URI"].partition("?")
    values = {name: unquote(value) for name, _, value in (part.partition("=") for part in query.split("&"))}
    scope = values.get("X-Amz-Credential", "").partition("/")[2]
    signed = "&".join(part for part in query.split("&") if not part.startswith("X-Amz-Signature="))
    names = values.get("X-Amz-SignedHeaders", "").split(";")
    request = _canonical_request({**environ, "RAW_URI": f"{path}?{signed}"}, b"", service, names)
    to_sign = f"AWS4-HMAC-SHA256\n{values.get('X-Amz-Date', '')}\n{scope}\n{_sha256(request.encode())}"
    expected = hmac.new(_signing_key(secret, scope), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, values.get("X-Amz-Signature", "")):
        raise _mismatch(service)


def _canonical_request(environ: Mapping[str, Any], body: bytes, service: str, names: list[str]) -> str:
    path, _, query = environ["RAW_URI"].partition("?")
    # S3 signs the path as it is sent, all others encode it once more.
    canonical_path = path if service == "s3" else quote(path, safe="/-_.~")
    # By name, then by value: as a whole, "a-b=" would come before "a=".
    pairs = sorted(tuple(part.partition("=")[::2]) for part in query.split("&") if part)
    headers = "".join(f"{name}:{_header(environ, name)}\n" for name in names)
    declared = environ.get("HTTP_X_AMZ_CONTENT_SHA256") if service == "s3" else None
    parts = [environ["REQUEST_METHOD"], canonical_path, "&".join(map("=".join, pairs)), headers, ";".join(names)]
    return "\n".join([*parts, declared or _sha256(body)])


def _header(environ: Mapping[str, Any], name: str) -> str:
    key = name.upper().replace("-", "_")
    bare = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    return " ".join(environ.get(key if bare else f"HTTP_{key}", "").split())


@lru_cache(maxsize=256)
def _signing_key(secret: str, scope: str) -> bytes:
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mismatch(service: str) -> AwsError:
    words = "The request signature we calculated does not match the signature you provided."
    if service == "s3":
        return AwsError("SignatureDoesNotMatch", f"{words} Check your key and signing method.", 403)
    code = "SignatureDoesNotMatch" if service in QUERY_SERVICES else "InvalidSignatureException"
    advice = "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    return AwsError(code, f"{words} {advice}", 403)
