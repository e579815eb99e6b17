"""What a manifest says: its kind, and what it refers to."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from ..call import AwsError

#: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html
_IMAGES = frozenset(
    {"application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json"}
)
_INDEXES = frozenset(
    {"application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json"}
)


@dataclass(frozen=True)
class Manifest:
    """A manifest by its own bytes: the digest is theirs, however the JSON is laid out."""

    text: str
    digest: str
    media_type: str
    layers: tuple[str, ...]
    images: tuple[str, ...]

    @property
    def is_index(self) -> bool:
        """Whether it lists images instead of being one."""
        return self.media_type in _INDEXES


def parse(text: str, media_type: str | None) -> Manifest:
    """Reads a manifest. Raises AwsError for one that ECR does not take."""
    document = _document(text)
    kind = media_type or document.get("mediaType")
    if kind not in _IMAGES | _INDEXES:
        raise _invalid(f"Unsupported manifest media type {kind}")
    if document.get("mediaType") not in (None, kind) or document.get("schemaVersion") != 2:
        raise _invalid("Manifest media type does not match that of the request")
    try:
        images = tuple(str(one["digest"]) for one in document.get("manifests", [])) if kind in _INDEXES else ()
        layers = () if kind in _INDEXES else _layers(document)
    except (KeyError, TypeError):
        raise _invalid("Invalid image manifest") from None
    return Manifest(text, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", kind, layers, images)


def _layers(document: dict[str, Any]) -> tuple[str, ...]:
    """The configuration is kept like a layer, and counts as one."""
    return tuple(str(one["digest"]) for one in (document["config"], *document["layers"]))


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        raise _invalid("Invalid JSON syntax") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON syntax")
    return document


def _invalid(why: str) -> AwsError:
    return AwsError(
        "InvalidParameterException",
        f"Invalid parameter at 'ImageManifest' failed to satisfy constraint: '{why}'",
    )
