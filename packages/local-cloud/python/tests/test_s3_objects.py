"""Conditions and checksums of S3 objects, as the registry's actions rely on them."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import refused

BODY = b"a model"
SHA256 = b64encode(hashlib.sha256(BODY).digest()).decode()
SHA1 = b64encode(hashlib.sha1(BODY).digest()).decode()
CRC32 = b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
MD5 = b64encode(hashlib.md5(BODY).digest()).decode()


def status_of(call: Any, **request: Any) -> int:
    try:
        return call(**request)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("operation", ["head_object", "get_object"])
def test_reads_have_conditions(s3: Any, operation: str) -> None:
    read, at = getattr(s3, operation), {"Bucket": "data", "Key": "objects/read"}
    etag = s3.put_object(**at, Body=BODY)["ETag"]
    assert status_of(read, **at, IfMatch=etag) == 200
    assert status_of(read, **at, IfMatch='"other"') == 412
    assert status_of(read, **at, IfNoneMatch='"other"') == 200
    assert status_of(read, **at, IfNoneMatch=etag) == 304


@pytest.mark.parametrize(("name", "good"), [("SHA256", SHA256), ("SHA1", SHA1), ("CRC32", CRC32)])
def test_a_checksum_is_verified_and_kept(s3: Any, name: str, good: str) -> None:
    at = {"Bucket": "data", "Key": f"objects/{name}"}
    member = f"Checksum{name}"
    assert s3.put_object(**at, Body=BODY, **{member: good})[member] == good
    words = f"The {name} you specified did not match the calculated checksum."
    refused("BadDigest", words, s3.put_object, **at, Body=b"swapped", **{member: good})
    found = s3.head_object(**at, ChecksumMode="ENABLED")
    assert (found[member], found["ContentLength"]) == (good, len(BODY))
    got = s3.get_object(**at, ChecksumMode="ENABLED")
    assert (got[member], got["Body"].read()) == (good, BODY)
    attributes = s3.get_object_attributes(**at, ObjectAttributes=["Checksum"])
    assert attributes["Checksum"][member] == good


def test_a_checksum_that_the_client_counts(s3: Any) -> None:
    at = {"Bucket": "data", "Key": "objects/counted"}
    assert s3.put_object(**at, Body=BODY, ChecksumAlgorithm="SHA256")["ChecksumSHA256"] == SHA256
    assert s3.head_object(**at, ChecksumMode="ENABLED")["ChecksumSHA256"] == SHA256


def test_a_body_is_held_against_its_md5(s3: Any) -> None:
    at = {"Bucket": "data", "Key": "objects/md5"}
    s3.put_object(**at, Body=BODY, ContentMD5=MD5)
    words = "The Content-MD5 you specified did not match what we received."
    refused("BadDigest", words, s3.put_object, **at, Body=b"swapped", ContentMD5=MD5)
    assert s3.get_object(**at)["Body"].read() == BODY


def test_a_checksum_and_a_condition_together(s3: Any) -> None:
    at = {"Bucket": "data", "Key": "objects/latest.json"}
    first = s3.put_object(**at, Body=BODY, IfNoneMatch="*", ChecksumSHA256=SHA256)["ETag"]
    taken = {**at, "Body": BODY, "ChecksumSHA256": SHA256}
    refused("PreconditionFailed", "pre-condition", s3.put_object, **taken, IfNoneMatch="*")
    # A damaged body is refused before anybody looks at the condition, and nothing is written.
    refused("BadDigest", "SHA256", s3.put_object, **{**taken, "Body": b"x"}, IfMatch=first)
    second = s3.put_object(**at, Body=b"second", IfMatch=first)["ETag"]
    refused("PreconditionFailed", "pre-condition", s3.put_object, **taken, IfMatch=first)
    assert s3.head_object(**at)["ETag"] == second
