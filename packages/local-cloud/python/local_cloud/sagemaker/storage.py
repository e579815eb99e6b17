"""Moves files between S3 and a job's folder, as its execution role."""

from __future__ import annotations

import io
import tarfile
import zlib
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class DataError(Exception):
    """Data that could not be moved, in the words of a failed job."""


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def download(s3: Any, uri: str, folder: Path) -> int:
    """Fetches everything below a prefix and returns how many objects that were. Raises DataError."""
    bucket, prefix = split(uri)
    count = 0
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                key: str = found["Key"]
                if key.endswith("/"):
                    continue
                name = key[len(prefix) :].lstrip("/") or key.rsplit("/", 1)[-1]
                target = (folder / name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise DataError(f"the key {key} leads out of the job's folder")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    for chunk in s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(1 << 20):
                        file.write(chunk)
                count += 1
    except ClientError as error:
        raise DataError(f'Data download failed:{error.response["Error"]["Code"]}: {error} under "{uri}"') from error
    return count


def read(s3: Any, uri: str) -> bytes:
    """One object. Raises DataError."""
    bucket, key = split(uri)
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise DataError(f"Data download failed: {error} ({uri})") from error


def upload(s3: Any, path: Path, uri: str) -> None:
    """Stores a file. Raises DataError."""
    bucket, key = split(uri)
    try:
        with path.open("rb") as file:
            s3.put_object(Bucket=bucket, Key=key, Body=file)
    except ClientError as error:
        raise DataError(f"Data upload failed: {error} ({uri})") from error


def upload_folder(s3: Any, folder: Path, uri: str) -> None:
    """Stores every file below a folder under a prefix. Raises DataError."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            upload(s3, path, f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}")


def pack(folder: Path, archive: Path) -> None:
    """Packs the contents of a folder as a .tar.gz."""
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)


def unpack(data: bytes, folder: Path) -> None:
    """Unpacks a .tar.gz; entries that lead out of the folder are refused (PEP 706)."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"the source archive cannot be unpacked: {error}") from error
