"""What moto alone gets wrong of ECR; see gaps.py."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import Cloud, refused, until
from ecr import MIB, begin, digest_of, manifest_of, part, push, repository
from gaps import Place, Rows

ROWS = Rows()
row = ROWS.row
#: An operation that moto does not have.
LACKS = r"\(500\)|InternalServerError|Internal Server Error|ResponseParserError"


def ecr_of(place: Place) -> Any:
    return place.client("ecr")


@row(moto="DID NOT RAISE")
def an_upload_has_parts(place: Place) -> None:
    ecr = ecr_of(place)
    complete, upload = ecr.complete_layer_upload, begin(ecr, repository(ecr))
    refused("EmptyUploadException", "does not contain", complete, **upload, layerDigests=[digest_of(b"")])


@row(moto="DID NOT RAISE")
def an_upload_is_what_its_digest_says(place: Place) -> None:
    ecr = ecr_of(place)
    complete, upload = ecr.complete_layer_upload, begin(ecr, repository(ecr))
    part(ecr, upload, 0, b"content")
    refused("InvalidLayerException", "does not match", complete, **upload, layerDigests=[digest_of(b"other")])


@row(moto="DID NOT RAISE")
def a_part_is_at_most_20_mib(place: Place) -> None:
    ecr = ecr_of(place)
    with pytest.raises(ecr.exceptions.InvalidLayerPartException):
        part(ecr, begin(ecr, repository(ecr)), 0, bytes(20 * MIB + 1))


@row(moto="DID NOT RAISE")
def an_image_needs_its_layers(place: Place) -> None:
    ecr = ecr_of(place)
    request = {"repositoryName": repository(ecr), "imageManifest": manifest_of(b"none"), "imageTag": "a"}
    refused("LayersNotFoundException", "do not exist", ecr.put_image, **request)


@row(moto=LACKS + "|AssertionError")
def the_digest_of_an_image_is_that_of_its_bytes(place: Place) -> None:
    ecr = ecr_of(place)
    assert push(ecr, repository(ecr), b"layer", tag="a") == digest_of(manifest_of(b"layer").encode())


@row(moto=LACKS + "|AssertionError")
def the_size_of_an_image_is_that_of_its_layers(place: Place) -> None:
    ecr = ecr_of(place)
    name = repository(ecr)
    push(ecr, name, b"layer", tag="a")
    (image,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert image["imageSizeInBytes"] == len(b"{}") + len(b"layer")


@row(moto=LACKS)
def a_layer_can_be_downloaded(place: Place) -> None:
    ecr = ecr_of(place)
    name = repository(ecr)
    push(ecr, name, b"layer", tag="a")
    found = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest_of(b"layer"))
    with urllib.request.urlopen(found["downloadUrl"], timeout=10) as response:
        assert response.read() == b"layer"


@row(moto="AssertionError")
def a_login_is_good_for_half_a_day(place: Place) -> None:
    answer = ecr_of(place).get_authorization_token()
    left = answer["authorizationData"][0]["expiresAt"] - datetime.now(UTC)
    # The clock of the cloud may have been stepped by other tests, never back.
    assert left.total_seconds() > 11.9 * 3600


@row(moto=LACKS + "|AssertionError|CVE-9999")
def a_scan_finds_what_is_there(place: Place) -> None:
    ecr = ecr_of(place)
    image = {"repositoryName": (name := repository(ecr)), "imageId": {"imageDigest": push(ecr, name, b"a", tag="a")}}
    assert ecr.start_image_scan(**image)["imageScanStatus"]["status"] == "IN_PROGRESS"
    found = until(lambda: completed(ecr, image))
    assert found["imageScanFindings"]["findings"] == []


def completed(ecr: Any, image: dict[str, Any]) -> dict[str, Any] | None:
    found = ecr.describe_image_scan_findings(**image)
    return found if found["imageScanStatus"]["status"] == "COMPLETE" else None


@row(moto="DID NOT RAISE")
def a_digest_is_one_of_sha256(place: Place) -> None:
    ecr = ecr_of(place)
    name = repository(ecr)
    complete = ecr.complete_layer_upload
    upload = begin(ecr, name)
    part(ecr, upload, 0, b"x")
    refused("InvalidParameterException", "layerDigests", complete, **upload, layerDigests=["no digest"])


@row(moto="'500' == 'NotImplemented'|DID NOT RAISE")
def what_ecr_lacks_is_said_by_name(place: Place) -> None:
    ecr = ecr_of(place)
    name = repository(ecr)
    refused(
        "NotImplemented",
        "ecr:PutLifecyclePolicy",
        ecr.put_lifecycle_policy,
        repositoryName=name,
        lifecyclePolicyText='{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": '
        '"imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}]}' + " " * 40,
    )


@pytest.mark.parametrize("name", ROWS)
def test_it_holds_here(cloud: Cloud, name: str) -> None:
    ROWS[name].check(Place(cloud.endpoint))


@pytest.mark.parametrize("name", ROWS)
def test_it_fails_on_bare_moto(bare_moto: str, name: str) -> None:
    ROWS[name].fails_at(Place(bare_moto))
