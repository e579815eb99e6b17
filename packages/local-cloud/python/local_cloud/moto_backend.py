"""moto, served in this process, for what we leave to it: S3 and logs."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import S3Backend, s3_backends

from . import log_streams, s3_checksums
from .call import AwsError, Call

StartResponse = Callable[..., Any]

#: Reading a bucket that is not there tells nothing about somebody else's, so these stay NoSuchBucket's business.
_MAKES_BUCKET = frozenset({"CreateBucket", "ListBuckets"})
#: What moto says of all others would be of a world that nothing here knows: its own roles, sessions, …
_SERVICES = frozenset({"s3", "logs"})
#: moto answers these, but not as AWS does: with a row too many for a file that ends in a newline; with a session that
#: is over at once.
_UNFAITHFUL = frozenset({("s3", "SelectObjectContent"), ("logs", "StartLiveTail")})


def _missing(call: Call) -> AwsError:
    return AwsError("NotImplemented", f"{call.service}:{call.operation} is not part of the local cloud")


def _body_of(environ: dict[str, Any]) -> bytes:
    stream = environ["wsgi.input"]
    # A body in chunks has no length and tells its end itself.
    terminated = environ.get("wsgi.input_terminated", False)
    body: bytes = stream.read() if terminated else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    return body


class MotoBackend:
    """The WSGI application, with the S3 rules that moto does not know put before it.

    One request at a time: of two threads in moto's S3 both may find a condition true and both write, and who writes an
    object closes the buffer that others read it from.
    """

    def __init__(self, account_id: str) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self._account_id = account_id
        self._turn = threading.Lock()

    @property
    def _s3(self) -> S3Backend:
        return s3_backends[self._account_id]["aws"]

    def create_bucket(self, name: str, region: str) -> None:
        """Makes a bucket of the account."""
        self._s3.create_bucket(name, region)

    def put_folder(self, bucket: str, prefix: str, folder: Path) -> None:
        """Stores every file below a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self._s3.put_object(bucket, prefix + path.relative_to(folder).as_posix(), path.read_bytes())

    def has_object(self, bucket: str, key: str) -> bool:
        """Whether a key is there."""
        with self._turn:
            return self._s3.head_object(bucket, key) is not None

    def etag_of(self, bucket: str, key: str) -> str | None:
        """The entity tag of an object, without its quotes; None when it is not there."""
        with self._turn:
            found = self._s3.head_object(bucket, key)
        return None if found is None else found.etag.strip('"')

    def has_below(self, bucket: str, prefix: str) -> bool:
        """Whether there is any object below a prefix."""
        with self._turn:
            return any(key.startswith(prefix) for key in self._s3.buckets[bucket].keys)

    def has_bucket(self, bucket: str) -> bool:
        """Whether a bucket is of this account."""
        return bucket in self._s3.buckets

    def answer(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Lets moto answer. Raises AwsError for a foreign bucket or an operation moto lacks."""
        if call.service not in _SERVICES or (call.service, call.operation) in _UNFAITHFUL:
            raise _missing(call)
        if call.service == "s3":
            self._check_bucket(call)
        if call.service == "logs":
            log_streams.expand_prefix(call, environ)
        return self._run(call, environ, start_response)

    def _check_bucket(self, call: Call) -> None:
        bucket = call.params.get("Bucket")
        if bucket is None or call.operation in _MAKES_BUCKET or bucket in self._s3.buckets:
            return
        # Any name that is not ours is taken by somebody: bucket names are global.
        raise AwsError("AccessDenied", "Access Denied", 403)

    def _run(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            begun.append((status, headers))
            return lambda _: None

        # Whoever sends slowly, or never to the end, keeps nobody from their turn.
        sent = _body_of(environ)
        environ["wsgi.input"] = io.BytesIO(sent)
        if call.service == "s3":
            s3_checksums.hold(call, environ, sent)
        try:
            with self._turn:
                body = self._app(environ, begin)
        except NotImplementedError:
            raise _missing(call) from None
        status, headers = begun[-1]
        # moto answers what it lacks with an HTML page and 500, which clients retry.
        if status.startswith("500") and any(k.lower() == "content-type" and "html" in v for k, v in headers):
            raise _missing(call)
        start_response(status, headers)
        return body
