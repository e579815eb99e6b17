"""What a package's containers point at: it must be there, and is pinned to what it is now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...call import AwsError, Call
from ..services import Services

_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-][^/]*amazonaws\.com(\.cn)?$")


def pinned(services: Services, call: Call, container: Mapping[str, Any]) -> dict[str, Any]:
    """The container as Describe gives it back. Raises AwsError for model data that its caller can't read."""
    found = dict(container)
    if "ModelDataUrl" in container:
        found["ModelDataETag"] = _etag(services, call, container["ModelDataUrl"])
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is not None:
        found["ModelDataSource"] = {"S3DataSource": _pinned_source(services, call, source)}
    if "AdditionalModelDataSources" in container:
        found["AdditionalModelDataSources"] = [
            {**one, "S3DataSource": _pinned_source(services, call, one["S3DataSource"])}
            for one in container["AdditionalModelDataSources"]
        ]
    digest = _digest(services, container)
    return {**found, **({"ImageDigest": digest} if digest else {})}


def _pinned_source(services: Services, call: Call, source: Mapping[str, Any]) -> dict[str, Any]:
    if source["S3DataType"] == "S3Object":
        return {**source, "ETag": _etag(services, call, source["S3Uri"])}
    if not source["S3Uri"].endswith("/"):
        raise AwsError("ValidationException", f"S3Uri {source['S3Uri']} of an S3Prefix must end with a forward slash.")
    bucket, key = _place(source["S3Uri"])
    if not services.objects_for(call).any_below(bucket, key):
        raise _missing(source["S3Uri"])
    return dict(source)


def _etag(services: Services, call: Call, uri: str) -> str:
    bucket, key = _place(uri)
    try:
        etag = services.objects_for(call).etag(bucket, key)
    except PermissionError:
        # As CreateModel words it, where a role reads and not the caller.
        raise AwsError(
            "ValidationException",
            f'Could not access model data at {uri}. Please ensure that the caller has "s3:GetObject" permissions '
            f"and that the object is located in {call.region}.",
        ) from None
    if etag is None:
        raise _missing(uri)
    return etag


def _missing(uri: str) -> AwsError:
    return AwsError("ValidationException", f"Could not find model data at {uri}.")


def _place(uri: str) -> tuple[str, str]:
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    if scheme == "s3":
        return host, path
    virtual = _VIRTUAL_HOST.match(host)
    if virtual:
        return virtual["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key


def _digest(services: Services, container: Mapping[str, Any]) -> str | None:
    image = container.get("Image", "")
    named = _DIGEST.search(image)
    return named[1] if named else services.image_digest_of(image) or container.get("ImageDigest")
