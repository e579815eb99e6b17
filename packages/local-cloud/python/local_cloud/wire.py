"""From HTTP to a service, an operation and its members, and back to the error of that service's protocol."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from . import rest, s3_operations
from .call import AwsError

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
#: Names that sign requests but are not what policies and models call the service.
_SERVICE_OF_SIGNATURE = {"monitoring": "cloudwatch"}
JSON_SERVICES = frozenset({"sagemaker", "logs", "ecr", "events", "cloudwatch"})
#: Without a signature a request can only be this one.
_UNSIGNED_SERVICE = "sts"


@dataclass(frozen=True)
class Signature:
    """What a request claims about its sender."""

    access_key: str | None
    region: str
    service: str
    token: str | None


def signature_of(environ: dict[str, Any]) -> Signature:
    """Reads the Authorization header, or the query of a presigned URL."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if found is None and "X-Amz-Credential" in query:
        found = _CREDENTIAL.search("Credential=" + unquote(query["X-Amz-Credential"][0]))
    token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN") or next(iter(query.get("X-Amz-Security-Token", [])), None)
    if found is None:
        return Signature(None, "us-east-1", _UNSIGNED_SERVICE, None)
    key, region, service = found.groups()
    return Signature(key, region, _SERVICE_OF_SIGNATURE.get(service, service), token)


def operation_of(service: str, environ: dict[str, Any], body: bytes) -> tuple[str, dict[str, Any]]:
    """The operation and its members as far as the protocol shows them. Raises AwsError for a body that is not JSON."""
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target is not None:
        return target.rsplit(".", 1)[-1], _json(body)
    if service == "s3":
        return s3_operations.operation_of(environ)
    if service in rest.SERVICES:
        return rest.operation_of(service, environ)
    if service in JSON_SERVICES:
        # boto3 would speak CBOR with CloudWatch.
        raise AwsError("NotImplemented", f"the local cloud speaks only JSON for {service}")
    form = parse_qs(body.decode("utf-8", "replace")) if body else parse_qs(environ.get("QUERY_STRING", ""))
    members = {name: values[0] for name, values in form.items()}
    return members.pop("Action", "Unknown"), {k: v for k, v in members.items() if k != "Version"}


def _json(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body or b"{}", object_hook=_given)
    except ValueError:
        raise AwsError("SerializationException", "Could not parse request body into json") from None
    if not isinstance(members, dict):
        raise AwsError("SerializationException", "Expected a JSON object")
    return members


def _given(members: dict[str, Any]) -> dict[str, Any]:
    """A member that is null counts as absent."""
    return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class Answer:
    """A complete HTTP response."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def _answer(status: int, kind: str, body: bytes, *extra: tuple[str, str]) -> Answer:
    return Answer(status, [("Content-Type", kind), ("x-amzn-requestid", str(uuid.uuid4())), *extra], body)


def json_answer(members: dict[str, Any], status: int = 200) -> Answer:
    """A result of a JSON service; times are epoch seconds."""
    return _answer(status, "application/x-amz-json-1.1", json.dumps(members).encode())


def error_answer(error: AwsError, service: str, environ: dict[str, Any]) -> Answer:
    """An error as the protocol of the request puts it on the wire; HEAD has no body to put it in."""
    kind = ("x-amzn-errortype", error.code)
    if service in JSON_SERVICES | rest.SERVICES or "HTTP_X_AMZ_TARGET" in environ:
        body = json.dumps({**error.members, "__type": error.code, "message": error.message}).encode()
        return _answer(error.status, "application/x-amz-json-1.1", body, kind)
    code, message = escape(error.code), escape(error.message)
    if service == "s3":
        body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        has_body = environ["REQUEST_METHOD"] != "HEAD"
        return _answer(error.status, "application/xml", body.encode() if has_body else b"")
    body = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    # The services that speak REST and JSON read the code from the header.
    return _answer(error.status, "text/xml", body.encode(), kind)


def _xml(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(_xml(key, member) for key, member in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(_xml('member', member) for member in value)}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    if isinstance(value, datetime):
        return f"<{name}>{value.strftime('%Y-%m-%dT%H:%M:%SZ')}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def query_answer(operation: str, members: dict[str, Any]) -> Answer:
    """A result of a service with the query protocol."""
    result = _xml(f"{operation}Result", members)
    request = f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
    return _answer(200, "text/xml", f"<{operation}Response>{result}{request}</{operation}Response>".encode())
