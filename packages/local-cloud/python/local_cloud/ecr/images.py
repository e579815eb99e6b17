"""Images by tag and digest: pushed, read, listed and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock
from . import manifests
from .manifests import Manifest
from .paging import page
from .repository import Image, Repository, identifiers, shown

Failure = dict[str, Any]


class Images:
    """The operations on images; `pushed` hears of each new one."""

    def __init__(
        self,
        clock: Clock,
        repository_of: Callable[[Call], Repository],
        pushed: Callable[[Repository, Image], None],
        scan_of: Callable[[Repository, Image], dict[str, Any]],
    ) -> None:
        self._clock = clock
        self._repository_of = repository_of
        self._pushed = pushed
        self._scan_of = scan_of
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "PutImage": self._put,
            "BatchGetImage": self._get,
            "DescribeImages": self._describe,
            "ListImages": self._list,
            "BatchDeleteImage": self._delete,
        }

    def _put(self, call: Call) -> dict[str, Any]:
        repository, params = self._repository_of(call), call.params
        manifest = manifests.parse(params["imageManifest"], params.get("imageManifestMediaType"))
        tag = params.get("imageTag")
        _check_push(repository, manifest, tag, params.get("imageDigest"))
        if manifest.digest not in repository.images:
            image = Image(manifest, self._clock.now())
            repository.images[manifest.digest] = image
            self._pushed(repository, image)
        if tag is not None:
            repository.tags[tag] = manifest.digest
        return {"image": _whole(repository, manifest, tag)}

    def _get(self, call: Call) -> dict[str, Any]:
        repository = self._repository_of(call)
        accepted = call.params.get("acceptedMediaTypes")
        images, failures = [], []
        for identifier in _unique(call.params["imageIds"]):
            failure = _failure(repository, identifier)
            if failure is not None:
                failures.append(failure)
                continue
            manifest = repository.image(identifier).manifest
            if accepted is not None and manifest.media_type not in accepted:
                # ECR may convert a manifest of another format here; nothing that is pushed by us needs it.
                failures.append(_failed(identifier, "ImageNotFound", f"Its media type is {manifest.media_type}"))
                continue
            images.append(_whole(repository, manifest, identifier.get("imageTag")))
        return {"images": images, "failures": failures}

    def _describe(self, call: Call) -> dict[str, Any]:
        repository, params = self._repository_of(call), call.params
        if "imageIds" in params:
            found = list({id(image): image for image in map(repository.image, params["imageIds"])}.values())
        else:
            found = _by_age(repository, params)
        shown_images, token = page(found, params)
        return {"imageDetails": [self._detail(repository, image) for image in shown_images], **token}

    def _detail(self, repository: Repository, image: Image) -> dict[str, Any]:
        tags = repository.tags_of(image.manifest.digest)
        return {
            "registryId": repository.account,
            "repositoryName": repository.name,
            "imageDigest": image.manifest.digest,
            "imageSizeInBytes": repository.size_of(image),
            "imagePushedAt": image.pushed,
            "imageManifestMediaType": image.manifest.media_type,
            "imageStatus": "ACTIVE",
            **self._scan_of(repository, image),
            **({"imageTags": tags} if tags else {}),
        }

    def _list(self, call: Call) -> dict[str, Any]:
        repository = self._repository_of(call)
        images = _by_age(repository, call.params)
        found = [one for image in images for one in identifiers(repository, image.manifest.digest)]
        shown_ids, token = page(found, call.params)
        return {"imageIds": shown_ids, **token}

    def _delete(self, call: Call) -> dict[str, Any]:
        repository = self._repository_of(call)
        deleted, failures = [], []
        for identifier in _unique(call.params["imageIds"]):
            failure = _failure(repository, identifier) or _held(repository, identifier)
            if failure is None:
                deleted += delete(repository, identifier)
            else:
                failures.append(failure)
        return {"imageIds": deleted, "failures": failures}


def delete(repository: Repository, identifier: dict[str, str]) -> list[dict[str, str]]:
    """Removes a tag, and the image with its last tag or when it is named by digest; gives what went.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
    """
    digest, tag = repository.image(identifier).manifest.digest, identifier.get("imageTag")
    gone = identifiers(repository, digest) if tag is None else [{"imageDigest": digest, "imageTag": tag}]
    for one in gone:
        repository.tags.pop(one.get("imageTag", ""), None)
    if not repository.tags_of(digest):
        del repository.images[digest]
    return gone


def _check_push(repository: Repository, manifest: Manifest, tag: str | None, digest: str | None) -> None:
    if digest not in (None, manifest.digest):
        raise AwsError(
            "ImageDigestDoesNotMatchException",
            f"Image digest '{manifest.digest}' does not match expected digest '{digest}'",
        )
    missing = [one for one in manifest.layers if one not in repository.layers]
    if missing:
        raise AwsError(
            "LayersNotFoundException",
            f"Layers with digests '[{', '.join(missing)}]' required for pushing image into {repository.where} "
            "do not exist",
        )
    unknown = [one for one in manifest.images if one not in repository.images]
    if unknown:
        raise AwsError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '[{', '.join(unknown)}]' required for pushing image into {repository.where} "
            "do not exist",
        )
    current = None if tag is None else repository.tags.get(tag)
    if manifest.digest in repository.images and (tag is None or current == manifest.digest):
        of_tag = "" if tag is None else f" and tag '{tag}'"
        raise AwsError(
            "ImageAlreadyExistsException",
            f"Image with digest '{manifest.digest}'{of_tag} already exists in {repository.where}",
        )
    if tag is not None and current is not None and repository.is_fixed(tag):
        raise AwsError(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
            "because the tag is immutable.",
        )


def _whole(repository: Repository, manifest: Manifest, tag: str | None) -> dict[str, Any]:
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "imageId": {"imageDigest": manifest.digest, **({} if tag is None else {"imageTag": tag})},
        "imageManifest": manifest.text,
        "imageManifestMediaType": manifest.media_type,
    }


def _unique(given: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({shown(identifier): identifier for identifier in given}.values())


def _failed(identifier: dict[str, str], code: str, reason: str) -> Failure:
    return {"imageId": identifier, "failureCode": code, "failureReason": reason}


def _failure(repository: Repository, identifier: dict[str, str]) -> Failure | None:
    """Why an identifier leads to no image; None when it leads to one."""
    digest, tag = identifier.get("imageDigest"), identifier.get("imageTag")
    if digest is None and tag is None:
        return _failed(
            identifier, "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"
        )
    if repository.find(identifier) is not None:
        return None
    if digest is not None and tag is not None and digest in repository.images and tag in repository.tags:
        return _failed(identifier, "ImageTagDoesNotMatchDigest", "Requested image tag does not match the digest")
    return _failed(identifier, "ImageNotFound", "Requested image not found")


def _held(repository: Repository, identifier: dict[str, str]) -> Failure | None:
    digest = repository.image(identifier).manifest.digest
    lists = [one.manifest.digest for one in repository.images.values() if digest in one.manifest.images]
    if not lists or "imageTag" in identifier:
        return None
    return _failed(identifier, "ImageReferencedByManifestList", f"Requested image referenced by manifest list: {lists}")


def _by_age(repository: Repository, params: dict[str, Any]) -> list[Image]:
    """Oldest first, filtered before anything is paged."""
    wanted = params.get("filter", {}).get("tagStatus", "ANY")
    tagged = set(repository.tags.values())
    return [
        image
        for digest, image in repository.images.items()
        if wanted == "ANY" or (wanted == "TAGGED") == (digest in tagged)
    ]
