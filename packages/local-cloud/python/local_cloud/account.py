"""The account that a start brings to life, from its JSON document."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .moto_backend import MotoBackend


@dataclass(frozen=True)
class Account:
    """The parts of the document that are not principals (see roles.py for those)."""

    account_id: str
    region: str
    buckets: list[str] = field(default_factory=list)
    objects: list[dict[str, str]] = field(default_factory=list)
    images: list[dict[str, str]] = field(default_factory=list)
    #: Requests of CreateRepository.
    repositories: list[dict[str, Any]] = field(default_factory=list)
    quotas: list[dict[str, Any]] = field(default_factory=list)
    #: Clusters that somebody else runs: see eks.py.
    clusters: list[dict[str, Any]] = field(default_factory=list)

    @staticmethod
    def of(document: dict[str, Any]) -> Account:
        """Reads the document."""
        return Account(
            account_id=document["accountId"],
            region=document["region"],
            buckets=document.get("buckets", []),
            objects=document.get("objects", []),
            images=document.get("images", []),
            repositories=document.get("repositories", []),
            quotas=document.get("quotas", []),
            clusters=document.get("clusters", []),
        )

    def python_of(self, image: str) -> str | None:
        """The interpreter that stands in for an image; None for an image nobody mapped."""
        return next((entry["python"] for entry in self.images if fnmatchcase(image, entry["match"])), None)

    def digest_of(self, image: str) -> str | None:
        """The digest of an image's manifest; None when the document does not tell it."""
        found = (entry.get("digest") for entry in self.images if fnmatchcase(image, entry["match"]))
        return next(found, None)

    def fill(self, backend: MotoBackend) -> None:
        """Makes the buckets and stores the objects."""
        for bucket in self.buckets:
            backend.create_bucket(bucket, self.region)
        for entry in self.objects:
            backend.put_folder(entry["bucket"], entry.get("prefix", ""), Path(entry["folder"]))
