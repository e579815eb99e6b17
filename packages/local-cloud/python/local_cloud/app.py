"""The local cloud as one WSGI application: who calls what, may they, and who answers."""

from __future__ import annotations

import io
import os
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wsgi import wrap_file

from . import access, control, iam, s3_operations, sigv4, strict, wire
from .call import Access, AwsError, Call
from .clock import Clock
from .cloudwatch.api import CloudWatch
from .ecr import layers
from .ecr.api import Ecr
from .eks import Eks
from .faults import REQUEST_KINDS, Fault, Faults
from .iam_api import Iam
from .moto_backend import MotoBackend
from .recorder import Record, Recorder
from .roles import Roles
from .sagemaker.api import SageMaker
from .sessions import Sessions
from .sts import Sts

StartResponse = Callable[..., Any]
#: S3 bodies may be large; they go straight to moto. Those that decide about access are small and have one.
_READ_S3_BODY = frozenset({"DeleteObjects"})


class LocalCloud:
    """Answers every request in the order of AWS itself: identity, form, permission, work."""

    def __init__(
        self,
        account_id: str,
        roles: Roles,
        sessions: Sessions,
        sts: Sts,
        iam_api: Iam,
        sagemaker: SageMaker,
        ecr: Ecr,
        eks: Eks,
        cloudwatch: CloudWatch,
        backend: MotoBackend,
        clock: Clock,
        faults: Faults,
        recorder: Recorder,
    ) -> None:
        self.account_id = account_id
        self.clock = clock
        self.faults = faults
        self.recorder = recorder
        self.sagemaker = sagemaker
        self.ecr = ecr
        self.eks = eks
        self._roles = roles
        self._sessions = sessions
        self._json_services = {
            "sagemaker": sagemaker.answer,
            "ecr": ecr.answer,
            "eks": eks.answer,
            "cloudwatch": cloudwatch.answer,
        }
        self._query_services = {"sts": sts.operations, "iam": iam_api.operations}
        self._backend = backend

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI entry point."""
        if environ["PATH_INFO"].startswith("/_local/"):
            return _send(control.answer(self, environ), start_response)
        if environ["PATH_INFO"].startswith(layers.PATH):
            return self._download(environ, start_response)
        signature = wire.signature_of(environ)
        record: Record | None = None
        try:
            body = _read_body(environ, signature.service)
            operation, params = wire.operation_of(signature.service, environ, body)
            record = self.recorder.open(self.clock.now(), signature.service, operation)
            fault = self._take_fault(record, signature, operation)
            principal = self._sessions.principal_of(signature.access_key, signature.token, signature.service)
            record.principal, record.caller = principal.arn, principal.access_key
            secret = self._sessions.secret_of(principal.access_key)
            if secret is not None and "HTTP_AUTHORIZATION" in environ:
                sigv4.verify(environ, body, secret, signature.service)
            elif secret is not None and signature.service == "sts":
                sigv4.verify_presigned(environ, secret, "sts")
            headers = {
                name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
            }
            call = Call(
                signature.service,
                operation,
                principal,
                signature.region,
                self.account_id,
                params,
                headers,
                body,
            )
            record.name = _name_in(params)
            return self._answer(call, record, fault, environ, start_response)
        except AwsError as error:
            if record is not None:
                record.status, record.error = error.status, error.code
            _drain(environ)
            return _send(wire.error_answer(error, signature.service, environ), start_response)

    def _download(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """The bytes of a layer, to whoever holds an URL of it: nothing is signed or asked for again."""
        record = self.recorder.open(self.clock.now(), *layers.DOWNLOAD)
        record.name = environ["PATH_INFO"].removeprefix(layers.PATH)
        try:
            fault = self._take_fault(record, wire.Signature(None, "", layers.DOWNLOAD[0], None), layers.DOWNLOAD[1])
            file = self.ecr.layers.file_of(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
        except AwsError as error:
            record.status, record.error = error.status, error.code
            return _send(wire.error_answer(error, "s3", environ), start_response)
        record.status = 200
        if fault is not None and fault.kind == "lost-response":
            raise _Reset
        start_response("200 .", [("Content-Length", str(file.stat().st_size))])
        return wrap_file(environ, file.open("rb"), 1 << 20)

    def _take_fault(self, record: Record, signature: wire.Signature, operation: str) -> Fault | None:
        try:
            arn = self._sessions.principal_of(signature.access_key, signature.token, signature.service).arn
        except AwsError:
            arn = "unknown"
        fault = self.faults.take(REQUEST_KINDS, signature.service, operation, arn)
        if fault is None:
            return None
        record.fault = fault.kind
        if fault.kind == "latency":
            time.sleep(fault.seconds)
        elif fault.kind == "reset":
            raise _Reset
        elif fault.kind != "lost-response":
            raise fault.error(signature.service)
        return fault

    def _answer(
        self,
        call: Call,
        record: Record,
        fault: Fault | None,
        environ: dict[str, Any],
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        strict.validate(call)
        self._authorize(call, record)
        sent: list[str] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            sent.append(status)
            return None if fault is not None and fault.kind == "lost-response" else start_response(status, headers)

        body = self._dispatch(call, environ, begin)
        record.status = int(sent[-1].split()[0])
        if fault is not None and fault.kind == "lost-response":
            for _ in body:
                pass
            raise _Reset
        return body

    def _dispatch(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if call.service in self._json_services:
            return _send(wire.json_answer(self._json_services[call.service](call)), start_response)
        operations = self._query_services.get(call.service, {})
        if call.operation in operations:
            return _send(wire.query_answer(call.operation, operations[call.operation](call)), start_response)
        return self._backend.answer(call, environ, start_response)

    def _authorize(self, call: Call, record: Record) -> None:
        """Raises AwsError for the first permission that is missing; every check is recorded."""
        if call.principal.kind == "admin":
            return
        for needed in access.required(call, self._roles):
            self._check(call, needed, record)
        hidden = access.to_see_missing(call)
        if hidden is not None and self._is_missing(call):
            # Without s3:ListBucket nobody learns whether a key exists.
            self._check(call, hidden, record)

    def _is_missing(self, call: Call) -> bool:
        bucket, key = call.params.get("Bucket"), call.params.get("Key")
        try:
            return bool(key) and not self._backend.has_object(bucket, key)
        except Exception:
            return False

    def _check(self, call: Call, needed: Access, record: Record) -> None:
        context = {**access.context_of(call, self.clock.now()), **needed.context}
        decision = iam.evaluate(self._roles.policies_of(call.principal), needed, context)
        record.checks.append({"action": needed.action, "resource": needed.resource, "allowed": decision.allowed})
        if not decision.allowed:
            raise access.denied(call, needed, decision)


class _Reset(ConnectionResetError):
    """Makes the server drop the connection; the socket is set to send a reset, not a close."""


def with_resets(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Turns a fault's reset into a real one on the wire."""

    def run(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except _Reset:
            linger = struct.pack("ii", 1, 0)
            connection = environ["werkzeug.socket"]
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            # The server would keep the connection for the next request; closing it under the server resets it now.
            os.close(connection.detach())
            raise

    return run


def _read_body(environ: dict[str, Any], service: str) -> bytes:
    if service == "s3" and s3_operations.operation_of(environ)[0] not in _READ_S3_BODY:
        return b""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _drain(environ: dict[str, Any]) -> None:
    # An unread body would be taken for the next request of a kept connection.
    left = int(environ.get("CONTENT_LENGTH") or 0)
    stream = environ["wsgi.input"]
    if isinstance(stream, io.BytesIO):
        return
    while left > 0 and (chunk := stream.read(min(left, 1 << 20))):
        left -= len(chunk)


def _name_in(params: dict[str, Any]) -> str | None:
    """What a request is about: by its name, else by its ARN."""
    for ends in (("Name", "Bucket"), ("Arn",)):
        for key, value in params.items():
            if key.endswith(ends) and isinstance(value, str):
                return value
    return None


def _send(answer: wire.Answer, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*answer.headers, ("Content-Length", str(len(answer.body)))]
    start_response(f"{answer.status} .", headers)
    return [answer.body]
