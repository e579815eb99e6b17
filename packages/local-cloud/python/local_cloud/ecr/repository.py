"""A repository: its rules for tags, its images and the layers that were pushed to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..call import AwsError
from .manifests import Manifest

_IMMUTABLE = frozenset({"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"})


@dataclass
class Image:
    """A pushed manifest."""

    manifest: Manifest
    pushed: float


@dataclass
class Repository:
    """A repository of the account; whoever changes it holds the lock of the registry."""

    name: str
    account: str
    region: str
    created: float
    mutability: str = "MUTABLE"
    exclusions: tuple[str, ...] = ()
    scan_on_push: bool = False
    images: dict[str, Image] = field(default_factory=dict)
    #: Digests by tag.
    tags: dict[str, str] = field(default_factory=dict)
    #: Sizes by digest of everything that was uploaded.
    layers: dict[str, int] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """What images of the repository are called by."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{self.name}"

    @property
    def where(self) -> str:
        """The repository as ECR's messages name it."""
        return f"the repository with name '{self.name}' in the registry with id '{self.account}'"

    def describe(self) -> dict[str, Any]:
        """As DescribeRepositories gives it."""
        filters = [{"filterType": "WILDCARD", "filter": one} for one in self.exclusions]
        return {
            "repositoryArn": f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.name}",
            "registryId": self.account,
            "repositoryName": self.name,
            "repositoryUri": self.uri,
            "createdAt": self.created,
            "imageTagMutability": self.mutability,
            "imageScanningConfiguration": {"scanOnPush": self.scan_on_push},
            "encryptionConfiguration": {"encryptionType": "AES256"},
            **({"imageTagMutabilityExclusionFilters": filters} if filters else {}),
        }

    def is_fixed(self, tag: str) -> bool:
        """Whether a tag stays where it was put.

        https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
        """
        excluded = any(re.fullmatch(re.escape(one).replace(r"\*", ".*"), tag) for one in self.exclusions)
        return (self.mutability in _IMMUTABLE) != excluded

    def tags_of(self, digest: str) -> list[str]:
        """The tags of an image, sorted."""
        return sorted(tag for tag, of in self.tags.items() if of == digest)

    def size_of(self, image: Image) -> int:
        """The bytes that a pull of the image loads; of a list, those of its largest image."""
        if image.manifest.is_index:
            found = [self.images[digest] for digest in image.manifest.images if digest in self.images]
            return max((self.size_of(one) for one in found), default=0)
        return sum(self.layers[digest] for digest in set(image.manifest.layers))

    def refers_to(self, layer: str) -> bool:
        """Whether an image needs a layer."""
        return any(layer in image.manifest.layers for image in self.images.values())

    def find(self, identifier: dict[str, str]) -> Image | None:
        """The image of a digest, a tag, or both when they agree."""
        digest = identifier.get("imageDigest")
        if "imageTag" in identifier:
            tagged = self.tags.get(identifier["imageTag"])
            if digest not in (None, tagged):
                return None
            digest = tagged
        return None if digest is None else self.images.get(digest)

    def image(self, identifier: dict[str, str]) -> Image:
        """The image of an identifier. Raises AwsError when it is not there."""
        found = self.find(identifier)
        if found is None:
            raise AwsError(
                "ImageNotFoundException",
                f"The image with imageId {shown(identifier)} does not exist within {self.where}",
            )
        return found


def shown(identifier: dict[str, str]) -> str:
    """An image's identifier as ECR's messages write it."""
    return f"{{imageDigest:'{identifier.get('imageDigest')}', imageTag:'{identifier.get('imageTag')}'}}"


def identifiers(repository: Repository, digest: str) -> list[dict[str, str]]:
    """An image by each of its tags, or by its digest alone."""
    tags = repository.tags_of(digest)
    return [{"imageDigest": digest, "imageTag": tag} for tag in tags] or [{"imageDigest": digest}]
