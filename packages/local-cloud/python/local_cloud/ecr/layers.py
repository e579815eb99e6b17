"""Uploads of layers in parts, and their downloads by URLs that expire."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from ..call import AwsError, Call
from ..clock import Clock
from .repository import Repository

#: What ECR answers to InitiateLayerUpload, and its bounds for a part:
#: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html
_PART = 10 * 1024 * 1024
_SMALLEST = 5 * 1024 * 1024
_LARGEST = 20 * 1024 * 1024
#: Seconds that a download URL is good for.
URL_SECONDS = 3600
#: Where the bytes of layers are served.
PATH = "/_ecr/layers/"
#: What a download is to the recorder and to faults. It is no operation of ECR: S3 serves the bytes.
DOWNLOAD = ("s3", "GetLayer")
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


@dataclass
class _Upload:
    repository: str
    path: Path
    parts: list[int] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)

    @property
    def size(self) -> int:
        return sum(self.parts)


class Layers:
    """The layers of all repositories, as files named by their digests."""

    def __init__(self, folder: Path, endpoint: str, clock: Clock, repository_of: Callable[[Call], Repository]) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._clock = clock
        self._repository_of = repository_of
        self._uploads: dict[str, _Upload] = {}
        self._secret = secrets.token_bytes(32)
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "BatchCheckLayerAvailability": self._check,
            "InitiateLayerUpload": self._initiate,
            "UploadLayerPart": self._upload_part,
            "CompleteLayerUpload": self._complete,
            "GetDownloadUrlForLayer": self._url,
        }

    def _check(self, call: Call) -> dict[str, Any]:
        repository = self._repository_of(call)
        given = list(dict.fromkeys(call.params["layerDigests"]))
        failures = [
            {
                "layerDigest": one,
                "failureCode": "InvalidLayerDigest",
                "failureReason": "Invalid layer digest.",
            }
            for one in given
            if not _DIGEST.fullmatch(one)
        ]
        layers = [_availability(repository, one) for one in given if _DIGEST.fullmatch(one)]
        return {"layers": layers, "failures": failures}

    def _initiate(self, call: Call) -> dict[str, Any]:
        repository = self._repository_of(call)
        upload = str(uuid.uuid4())
        path = self._folder / "uploads" / upload
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._uploads[upload] = _Upload(repository.name, path)
        return {"uploadId": upload, "partSize": _PART}

    def _upload(self, call: Call) -> _Upload:
        repository = self._repository_of(call)
        found = self._uploads.get(call.params["uploadId"])
        if found is None or found.repository != repository.name:
            raise AwsError(
                "UploadNotFoundException",
                f"The upload with id '{call.params['uploadId']}' could not be found in {repository.where}",
            )
        return found

    def _upload_part(self, call: Call) -> dict[str, Any]:
        upload = self._upload(call)
        blob = _blob(call)
        first, last = call.params["partFirstByte"], call.params["partLastByte"]
        if not 0 < len(blob) <= _LARGEST or last - first + 1 != len(blob) or first != upload.size:
            raise AwsError(
                "InvalidLayerPartException",
                f"The layer part of bytes {first} to {last} is not valid: "
                f"it must have its own size, at most {_LARGEST} bytes, and begin at byte {upload.size}",
                members={**_echo(call), "lastValidByteReceived": upload.size - 1},
            )
        with upload.path.open("ab") as file:
            file.write(blob)
        upload.digest.update(blob)
        upload.parts.append(len(blob))
        return {**_echo(call), "lastByteReceived": last}

    def _complete(self, call: Call) -> dict[str, Any]:
        repository, upload = self._repository_of(call), self._upload(call)
        if not upload.parts:
            raise AwsError("EmptyUploadException", "The layer upload does not contain any layer parts")
        if any(size < _SMALLEST for size in upload.parts[:-1]):
            raise AwsError("LayerPartTooSmallException", f"Layer parts must be at least {_SMALLEST} bytes in size")
        digest = f"sha256:{upload.digest.hexdigest()}"
        if digest not in call.params["layerDigests"]:
            raise AwsError("InvalidLayerException", f"The layer digest {digest} does not match any of those given", 400)
        if digest in repository.layers:
            raise AwsError(
                "LayerAlreadyExistsException", f"Layer with digest '{digest}' already exists in {repository.where}"
            )
        del self._uploads[call.params["uploadId"]]
        upload.path.replace(self._file(digest))
        repository.layers[digest] = upload.size
        return {**_echo(call), "layerDigest": digest}

    def _file(self, digest: str) -> Path:
        return self._folder / digest.removeprefix("sha256:")

    # -- downloads

    def _url(self, call: Call) -> dict[str, Any]:
        repository, digest = self._repository_of(call), call.params["layerDigest"]
        if digest not in repository.layers:
            raise AwsError(
                "LayersNotFoundException", f"The layer with digest '{digest}' does not exist in {repository.where}"
            )
        if not repository.refers_to(digest):
            raise AwsError(
                "LayerInaccessibleException",
                f"The layer with digest '{digest}' is not associated with an image in {repository.where}",
            )
        expires = int(self._clock.now()) + URL_SECONDS
        query = urlencode({"Expires": expires, "Signature": self._signature(digest, str(expires))})
        return {"downloadUrl": f"{self._endpoint}{PATH}{digest}?{query}", "layerDigest": digest}

    def _signature(self, digest: str, expires: str) -> str:
        return hmac.new(self._secret, f"{digest} {expires}".encode(), hashlib.sha256).hexdigest()

    def file_of(self, path: str, query: str) -> Path:
        """The file behind a download URL. Raises AwsError, as S3 does, for one that nobody signed or that is over."""
        digest, members = path.removeprefix(PATH), parse_qs(query)
        expires = members.get("Expires", [""])[0]
        signature = members.get("Signature", [""])[0]
        if not hmac.compare_digest(signature.encode(), self._signature(digest, expires).encode()):
            raise AwsError(
                "SignatureDoesNotMatch", "The request signature we calculated does not match the one you sent.", 403
            )
        if self._clock.now() >= int(expires):
            raise AwsError("AccessDenied", "Request has expired", 403)
        return self._file(digest)


def _availability(repository: Repository, digest: str) -> dict[str, Any]:
    size = repository.layers.get(digest)
    if size is None:
        return {"layerDigest": digest, "layerAvailability": "UNAVAILABLE"}
    return {"layerDigest": digest, "layerAvailability": "AVAILABLE", "layerSize": size}


def _blob(call: Call) -> bytes:
    try:
        return base64.b64decode(call.params["layerPartBlob"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise AwsError("SerializationException", "layerPartBlob is not base64") from None


def _echo(call: Call) -> dict[str, Any]:
    return {
        "registryId": call.account,
        "repositoryName": call.params["repositoryName"],
        "uploadId": call.params["uploadId"],
    }
