"""What the tests of ECR share."""

from __future__ import annotations

import hashlib
import json
from itertools import count
from typing import Any

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
MIB = 1024 * 1024
_NUMBER = count(1)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def repository(ecr: Any, **more: Any) -> str:
    """A repository of its own; gives its name."""
    name = f"team/model-{next(_NUMBER)}"
    ecr.create_repository(repositoryName=name, **more)
    return name


def begin(ecr: Any, name: str) -> dict[str, str]:
    """Begins an upload; gives what its further requests name."""
    return {
        "repositoryName": name,
        "uploadId": ecr.initiate_layer_upload(repositoryName=name)["uploadId"],
    }


def part(ecr: Any, upload: dict[str, str], first: int, content: bytes) -> int:
    last = first + len(content) - 1
    sent = ecr.upload_layer_part(**upload, partFirstByte=first, partLastByte=last, layerPartBlob=content)
    return sent["lastByteReceived"]


def upload_layer(ecr: Any, name: str, content: bytes, size: int = 10 * MIB) -> str:
    """Uploads a layer in parts; gives its digest."""
    upload = begin(ecr, name)
    for first in range(0, len(content), size):
        part(ecr, upload, first, content[first : first + size])
    return ecr.complete_layer_upload(**upload, layerDigests=[digest_of(content)])["layerDigest"]


def manifest_of(*layers: bytes, config: bytes = b"{}") -> str:
    """A manifest as Docker writes it."""
    entry = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip"}
    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": len(config),
            "digest": digest_of(config),
        },
        "layers": [{**entry, "size": len(one), "digest": digest_of(one)} for one in layers],
    }
    return json.dumps(document, indent=3)


def push(ecr: Any, name: str, *layers: bytes, tag: str | None = None) -> str:
    """Pushes an image of these layers as far as they are not there; gives its digest."""
    contents = {digest_of(one): one for one in (b"{}", *layers)}
    asked = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=list(contents))
    for found in asked["layers"]:
        if found["layerAvailability"] != "AVAILABLE":
            upload_layer(ecr, name, contents[found["layerDigest"]])
    tagged = {} if tag is None else {"imageTag": tag}
    put = ecr.put_image(repositoryName=name, imageManifest=manifest_of(*layers), **tagged)
    return put["image"]["imageId"]["imageDigest"]
