"""Checksums that come with an S3 object: moto neither verifies them nor keeps one that comes without its algorithm.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from .call import AwsError, Call

_UPLOADS = frozenset({"PutObject", "UploadPart"})
#: The algorithms that Python has; a checksum of another one (CRC32C, CRC64NVME) is kept as it comes.
_DIGESTS: dict[str, Callable[[bytes], bytes]] = {
    "SHA256": lambda body: hashlib.sha256(body).digest(),
    "SHA1": lambda body: hashlib.sha1(body).digest(),
    "CRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
}


def hold(call: Call, environ: dict[str, Any], body: bytes) -> None:
    """Raises AwsError for a body that is not what its sender says; tells moto of the algorithm otherwise."""
    if call.operation not in _UPLOADS or call.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        # In chunks the checksum comes after the body, in a form that moto reads.
        return
    told = call.headers.get("content-md5")
    if told is not None and told != b64encode(hashlib.md5(body).digest()).decode():
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")
    for algorithm, digest in _DIGESTS.items():
        told = call.headers.get(f"x-amz-checksum-{algorithm.lower()}")
        if told is None:
            continue
        if told != b64encode(digest(body)).decode():
            raise AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
        environ.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", algorithm)
