"""Layers and images of ECR, as its API reference describes them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Cloud, refused, until
from ecr import DOCKER, MIB, begin, digest_of, manifest_of, part, push, repository, upload_layer


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One of its own: these tests step its clock by days, and CloudWatch takes no log lines from so far ahead."""
    started = Cloud(tmp_path_factory.mktemp("ecr"))
    yield started
    started.stop()


@pytest.fixture
def ecr(cloud: Cloud) -> Any:
    return cloud.client("ecr")


def availability(ecr: Any, name: str, *digests: str) -> list[str]:
    found = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=list(digests))
    return [one["layerAvailability"] for one in found["layers"]] + [one["failureCode"] for one in found["failures"]]


# -- layers


def test_what_was_uploaded_in_parts_comes_back_whole(ecr: Any) -> None:
    name, content = repository(ecr), bytes(range(256)) * (25 * MIB // 256) + b"end"
    digest = upload_layer(ecr, name, content)
    push(ecr, name, content)
    url = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url, timeout=30) as response:
        assert response.read() == content


def test_a_part_out_of_order_says_where_to_go_on(ecr: Any) -> None:
    upload, size = begin(ecr, repository(ecr)), 5 * MIB
    assert part(ecr, upload, 0, bytes(size)) == size - 1
    for first in (0, size - 1, size + 1):
        with pytest.raises(ecr.exceptions.InvalidLayerPartException) as caught:
            part(ecr, upload, first, b"45")
        assert caught.value.response["lastValidByteReceived"] == size - 1
    assert part(ecr, upload, size, b"45") == size + 1
    assert ecr.complete_layer_upload(**upload, layerDigests=[digest_of(bytes(size) + b"45")])


def test_a_part_is_at_most_20_mib(ecr: Any) -> None:
    upload = begin(ecr, repository(ecr))
    with pytest.raises(ecr.exceptions.InvalidLayerPartException):
        part(ecr, upload, 0, bytes(20 * MIB + 1))
    assert part(ecr, upload, 0, bytes(20 * MIB)) == 20 * MIB - 1


def test_a_part_has_the_size_that_its_bytes_say(ecr: Any) -> None:
    upload = begin(ecr, repository(ecr))
    with pytest.raises(ecr.exceptions.InvalidLayerPartException):
        ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=9, layerPartBlob=b"four")


def test_only_the_last_part_may_be_small(ecr: Any) -> None:
    name = repository(ecr)
    with pytest.raises(ecr.exceptions.LayerPartTooSmallException):
        upload_layer(ecr, name, b"0123456789", size=4)
    assert availability(ecr, name, digest_of(b"0123456789")) == ["UNAVAILABLE"]


def test_a_layer_is_what_its_digest_says(ecr: Any) -> None:
    name = repository(ecr)
    upload = begin(ecr, name)
    part(ecr, upload, 0, b"content")
    wrong = digest_of(b"other")
    refused("InvalidLayerException", "does not match", ecr.complete_layer_upload, **upload, layerDigests=[wrong])
    assert availability(ecr, name, wrong, digest_of(b"content")) == ["UNAVAILABLE", "UNAVAILABLE"]


def test_a_layer_is_uploaded_once(ecr: Any) -> None:
    name = repository(ecr)
    upload_layer(ecr, name, b"twice")
    with pytest.raises(ecr.exceptions.LayerAlreadyExistsException):
        upload_layer(ecr, name, b"twice")
    assert availability(ecr, name, digest_of(b"twice")) == ["AVAILABLE"]


def test_a_layer_belongs_to_its_repository(ecr: Any) -> None:
    mine, other = repository(ecr), repository(ecr)
    digest = upload_layer(ecr, mine, b"mine")
    assert availability(ecr, other, digest) == ["UNAVAILABLE"]
    assert upload_layer(ecr, other, b"mine") == digest


def test_what_is_no_digest_is_a_failure(ecr: Any) -> None:
    assert availability(ecr, repository(ecr), "latest") == ["InvalidLayerDigest"]


def test_an_upload_belongs_to_its_repository(ecr: Any) -> None:
    upload = begin(ecr, repository(ecr))
    upload["repositoryName"] = repository(ecr)
    with pytest.raises(ecr.exceptions.UploadNotFoundException):
        part(ecr, upload, 0, b"x")


def test_a_layer_without_an_image_has_no_url(ecr: Any) -> None:
    name = repository(ecr)
    digest = upload_layer(ecr, name, b"alone")
    refused(
        "LayerInaccessibleException",
        "not associated",
        ecr.get_download_url_for_layer,
        repositoryName=name,
        layerDigest=digest,
    )


@pytest.fixture
def url(ecr: Any) -> str:
    name = repository(ecr)
    push(ecr, name, b"layer")
    found = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=digest_of(b"layer"))
    return found["downloadUrl"]


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_an_url_is_good_for_one_layer(url: str) -> None:
    assert status_of(url) == 200
    assert status_of(url.replace(digest_of(b"layer"), digest_of(b"{}"))) == 403
    assert status_of(url.partition("?")[0]) == 403
    assert status_of(url.replace("Expires=", "Expires=9")) == 403


def test_an_url_expires(cloud: Cloud, url: str) -> None:
    cloud.control("POST", "clock", {"advance": 3590})
    assert status_of(url) == 200
    cloud.control("POST", "clock", {"advance": 11})
    assert status_of(url) == 403


def test_downloads_are_recorded_and_have_faults(cloud: Cloud, url: str) -> None:
    cloud.control("POST", "faults", {"kind": "503", "service": "s3", "operation": "GetLayer"})
    cloud.control("POST", "faults", {"kind": "reset", "service": "s3", "operation": "GetLayer"})
    cloud.control("DELETE", "calls")
    assert status_of(url) == 503
    with pytest.raises(OSError):
        status_of(url)
    assert status_of(url) == 200
    calls = [one for one in cloud.control("GET", "calls") if one["operation"] == "GetLayer"]
    assert [(one.get("status"), one.get("fault")) for one in calls] == [(503, "503"), (None, "reset"), (200, None)]
    assert {one["name"] for one in calls} == {digest_of(b"layer")}


# -- images


def get(ecr: Any, name: str, **identifier: str) -> dict[str, Any]:
    return ecr.batch_get_image(repositoryName=name, imageIds=[identifier])


def test_an_image_is_found_by_tag_and_digest_with_its_very_bytes(ecr: Any) -> None:
    name = repository(ecr)
    digest = push(ecr, name, b"layer", tag="v1")
    for identifier in ({"imageTag": "v1"}, {"imageDigest": digest}, {"imageTag": "v1", "imageDigest": digest}):
        (found,) = get(ecr, name, **identifier)["images"]
        assert found["imageManifest"] == manifest_of(b"layer")
        assert found["imageId"]["imageDigest"] == digest
        assert found["imageManifestMediaType"] == DOCKER


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ({"imageTag": "none"}, "ImageNotFound"),
        ({"imageDigest": digest_of(b"none")}, "ImageNotFound"),
        ({}, "MissingDigestAndTag"),
    ],
)
def test_why_an_image_is_not_found(ecr: Any, identifier: dict[str, str], code: str) -> None:
    (failure,) = get(ecr, repository(ecr), **identifier)["failures"]
    assert failure["failureCode"] == code


def test_a_tag_of_another_image_does_not_match(ecr: Any) -> None:
    name = repository(ecr)
    push(ecr, name, b"one", tag="one")
    digest = push(ecr, name, b"two", tag="two")
    (failure,) = get(ecr, name, imageTag="one", imageDigest=digest)["failures"]
    assert failure["failureCode"] == "ImageTagDoesNotMatchDigest"


def test_only_accepted_kinds_of_manifests_are_given(ecr: Any) -> None:
    name = repository(ecr)
    push(ecr, name, b"layer", tag="a")
    for accepted, count in ((DOCKER, 1), ("application/vnd.oci.image.manifest.v1+json", 0)):
        found = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "a"}], acceptedMediaTypes=[accepted])
        assert (len(found["images"]), len(found["failures"])) == (count, 1 - count)


def test_an_image_is_what_its_digest_says(ecr: Any) -> None:
    name = repository(ecr)
    push(ecr, name, b"layer")
    request = {"repositoryName": name, "imageManifest": manifest_of(b"layer"), "imageDigest": digest_of(b"x")}
    refused("ImageDigestDoesNotMatchException", "does not match", ecr.put_image, **request)


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Invalid JSON"),
        (json.dumps({"schemaVersion": 2, "mediaType": DOCKER}), "Invalid image manifest"),
        (json.dumps({"schemaVersion": 1, "mediaType": DOCKER}), "does not match"),
        (json.dumps({"schemaVersion": 2, "mediaType": "text/plain"}), "Unsupported"),
    ],
)
def test_what_is_no_manifest_is_refused(ecr: Any, manifest: str, why: str) -> None:
    name = repository(ecr)
    refused("InvalidParameterException", why, ecr.put_image, repositoryName=name, imageManifest=manifest)


def test_the_same_image_again_is_an_error_unless_its_tag_is_new(ecr: Any) -> None:
    name = repository(ecr)
    digest = push(ecr, name, b"layer", tag="a")
    for tag in (None, "a"):
        with pytest.raises(ecr.exceptions.ImageAlreadyExistsException):
            push(ecr, name, b"layer", tag=tag)
    assert push(ecr, name, b"layer", tag="b") == digest
    (image,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert image["imageTags"] == ["a", "b"]


EXCEPT_LATEST = {"imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "latest-*"}]}


@pytest.mark.parametrize(
    ("rules", "fixed"),
    [
        ({}, {"v1": False, "latest-dev": False}),
        ({"imageTagMutability": "IMMUTABLE"}, {"v1": True, "latest-dev": True}),
        (
            {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION", **EXCEPT_LATEST},
            {"v1": True, "latest-dev": False, "not-latest-dev": True, "latest-": False},
        ),
        (
            {"imageTagMutability": "MUTABLE_WITH_EXCLUSION", **EXCEPT_LATEST},
            {"v1": False, "latest-dev": True},
        ),
    ],
)
def test_which_tags_can_be_moved(ecr: Any, rules: dict[str, Any], fixed: dict[str, bool]) -> None:
    name = repository(ecr, **rules)
    for tag, is_fixed in fixed.items():
        before = push(ecr, name, b"old", tag=tag)
        if is_fixed:
            with pytest.raises(ecr.exceptions.ImageTagAlreadyExistsException):
                push(ecr, name, b"new", tag=tag)
        else:
            push(ecr, name, b"new", tag=tag)
        (now,) = get(ecr, name, imageTag=tag)["images"]
        assert (now["imageId"]["imageDigest"] == before) is is_fixed


def test_exclusions_go_with_a_mutability_that_has_some(ecr: Any) -> None:
    for rules in ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, EXCEPT_LATEST):
        with pytest.raises(ecr.exceptions.InvalidParameterException):
            repository(ecr, **rules)


def test_a_list_of_images_needs_them(ecr: Any) -> None:
    name = repository(ecr)
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"

    def index(*digests: str) -> str:
        return json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": [{"digest": one} for one in digests]})

    put = ecr.put_image
    missing = index(digest_of(b"none"))
    refused("ReferencedImagesNotFoundException", "do not exist", put, repositoryName=name, imageManifest=missing)
    digest = push(ecr, name, b"layer")
    put(repositoryName=name, imageManifest=index(digest), imageTag="all")
    (failure,) = ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])["failures"]
    assert failure["failureCode"] == "ImageReferencedByManifestList"
    start = ecr.start_image_scan
    refused("UnsupportedImageTypeException", "", start, repositoryName=name, imageId={"imageTag": "all"})


def test_images_are_paged_and_filtered_by_their_tags(ecr: Any) -> None:
    name = repository(ecr)
    digests = [push(ecr, name, bytes([n]), tag=f"v{n}" if n % 2 else None) for n in range(5)]
    for status, wanted in (("TAGGED", digests[1::2]), ("UNTAGGED", digests[::2]), ("ANY", digests)):
        pages = ecr.get_paginator("describe_images").paginate(
            repositoryName=name, filter={"tagStatus": status}, PaginationConfig={"PageSize": 2}
        )
        assert [one["imageDigest"] for page in pages for one in page["imageDetails"]] == wanted
        pages = ecr.get_paginator("list_images").paginate(
            repositoryName=name, filter={"tagStatus": status}, PaginationConfig={"PageSize": 1}
        )
        assert [one["imageDigest"] for page in pages for one in page["imageIds"]] == wanted


def test_an_image_goes_with_its_last_tag(ecr: Any) -> None:
    name = repository(ecr)
    digest = push(ecr, name, b"layer", tag="a")
    push(ecr, name, b"layer", tag="b")
    assert ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "a"}])["imageIds"] == [
        {"imageDigest": digest, "imageTag": "a"}
    ]
    assert get(ecr, name, imageDigest=digest)["images"]
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "b"}, {"imageTag": "none"}])
    assert get(ecr, name, imageDigest=digest)["images"] == []


def test_an_image_is_deleted_by_digest_with_all_its_tags(cloud: Cloud, ecr: Any) -> None:
    name = repository(ecr)
    for delete in (
        lambda digest: ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}]),
        lambda digest: cloud.control("POST", "expire-image", {"repository": name, "digest": digest}),
    ):
        digest = push(ecr, name, b"layer", tag="a")
        push(ecr, name, b"layer", tag="b")
        assert [one["imageTag"] for one in delete(digest)["imageIds"]] == ["a", "b"]
        assert ecr.list_images(repositoryName=name)["imageIds"] == []


def test_of_two_pushes_at_once_both_arrive(cloud: Cloud, ecr: Any) -> None:
    name = repository(ecr)
    uploads = [begin(ecr, name) for _ in range(2)]
    for upload in uploads:
        part(ecr, upload, 0, b"same")
    ecr.complete_layer_upload(**uploads[0], layerDigests=[digest_of(b"same")])
    with pytest.raises(ecr.exceptions.LayerAlreadyExistsException):
        ecr.complete_layer_upload(**uploads[1], layerDigests=[digest_of(b"same")])


# -- repositories


def test_a_repository_is_made_once(ecr: Any) -> None:
    name = repository(ecr)
    create = ecr.create_repository
    refused("RepositoryAlreadyExistsException", "already exists", create, repositoryName=name)


def test_an_unknown_repository_is_not_found(ecr: Any) -> None:
    refused("RepositoryNotFoundException", "does not exist", ecr.describe_repositories, repositoryNames=["none"])
    refused("RepositoryNotFoundException", "does not exist", ecr.list_images, repositoryName="none")
    name = repository(ecr)
    foreign = {"repositoryName": name, "registryId": "210987654321"}
    refused("RepositoryNotFoundException", "210987654321", ecr.list_images, **foreign)


def test_repositories_are_paged(ecr: Any) -> None:
    names = {repository(ecr) for _ in range(3)}
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
    assert names <= {one["repositoryName"] for page in pages for one in page["repositories"]}


# -- scans

HIGH = {"name": "CVE-2026-0001", "severity": "HIGH", "attributes": [{"key": "package_name", "value": "zlib"}]}


@pytest.fixture
def image(ecr: Any) -> dict[str, Any]:
    name = repository(ecr)
    return {"repositoryName": name, "imageId": {"imageDigest": push(ecr, name, b"layer")}}


def choose(cloud: Cloud, image: dict[str, Any], **outcome: Any) -> None:
    cloud.control("POST", "scan-findings", {"repository": image["repositoryName"], **outcome})


def ended(ecr: Any, image: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = ecr.describe_image_scan_findings(**image)
        return None if found["imageScanStatus"]["status"] == "IN_PROGRESS" else found

    return until(look)


def test_a_scan_that_nobody_started_is_not_found(ecr: Any, image: dict[str, Any]) -> None:
    refused("ScanNotFoundException", "does not exist", ecr.describe_image_scan_findings, **image)


def test_a_scan_is_under_way_and_then_tells_what_it_found(cloud: Cloud, ecr: Any, image: dict[str, Any]) -> None:
    choose(cloud, image, findings=[HIGH, {**HIGH, "name": "CVE-2026-0002"}], seconds=60)
    assert ecr.start_image_scan(**image)["imageScanStatus"]["status"] == "IN_PROGRESS"
    assert "imageScanFindings" not in ecr.describe_image_scan_findings(**image)
    cloud.control("POST", "clock", {"advance": 60})
    pages = ecr.get_paginator("describe_image_scan_findings").paginate(**image, PaginationConfig={"PageSize": 1})
    found = list(pages)
    assert [page["imageScanFindings"]["findings"][0]["name"] for page in found] == ["CVE-2026-0001", "CVE-2026-0002"]
    assert found[0]["imageScanFindings"]["findingSeverityCounts"] == {"HIGH": 2}
    (detail,) = ecr.describe_images(repositoryName=image["repositoryName"])["imageDetails"]
    assert detail["imageScanFindingsSummary"]["findingSeverityCounts"] == {"HIGH": 2}
    ecr.get_waiter("image_scan_complete").wait(**image)


@pytest.mark.parametrize(
    "status",
    ["FAILED", "UNSUPPORTED_IMAGE", "FINDINGS_UNAVAILABLE", "SCAN_ELIGIBILITY_EXPIRED", "LIMIT_EXCEEDED"],
)
def test_a_scan_may_come_to_nothing(cloud: Cloud, ecr: Any, image: dict[str, Any], status: str) -> None:
    choose(cloud, image, status=status, findings=[HIGH])
    ecr.start_image_scan(**image)
    found = ended(ecr, image)
    assert found["imageScanStatus"]["status"] == status
    assert "imageScanFindings" not in found


@pytest.mark.parametrize("status", ["PENDING", "IN_PROGRESS"])
def test_a_scan_may_never_end(cloud: Cloud, ecr: Any, image: dict[str, Any], status: str) -> None:
    choose(cloud, image, status=status, seconds=0)
    ecr.start_image_scan(**image)
    cloud.control("POST", "clock", {"advance": 3600})
    assert ecr.describe_image_scan_findings(**image)["imageScanStatus"]["status"] == status


def test_an_image_is_scanned_once_a_day(cloud: Cloud, ecr: Any, image: dict[str, Any]) -> None:
    ecr.start_image_scan(**image)
    cloud.control("POST", "clock", {"advance": 86_000})
    refused("LimitExceededException", "quota per image", ecr.start_image_scan, **image)
    cloud.control("POST", "clock", {"advance": 400})
    ecr.start_image_scan(**image)


def test_a_repository_may_scan_what_is_pushed(cloud: Cloud, ecr: Any) -> None:
    name = repository(ecr, imageScanningConfiguration={"scanOnPush": True})
    image = {"repositoryName": name, "imageId": {"imageDigest": push(ecr, name, b"layer")}}
    assert ended(ecr, image)["imageScanStatus"]["status"] == "COMPLETE"


def test_one_image_may_have_findings_of_its_own(cloud: Cloud, ecr: Any, image: dict[str, Any]) -> None:
    choose(cloud, image, digest=image["imageId"]["imageDigest"], enhanced=[{"severity": "LOW", "title": "t"}])
    choose(cloud, image, findings=[HIGH])
    ecr.start_image_scan(**image)
    assert ended(ecr, image)["imageScanFindings"]["enhancedFindings"] == [{"severity": "LOW", "title": "t"}]


@pytest.mark.parametrize("outcome", [{"status": "FINE"}, {"findings": [{"severity": "BAD"}]}, {"nothing": 1}])
def test_an_outcome_is_one_that_ecr_knows(cloud: Cloud, image: dict[str, Any], outcome: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError):
        choose(cloud, image, **outcome)


# -- permissions and faults


def test_who_may_only_read_pushes_nothing(cloud: Cloud, ecr: Any) -> None:
    name = repository(ecr)
    reader = cloud.as_reader("ecr")
    arn = f"arn:aws:ecr:us-east-1:123456789012:repository/{name}"
    refused("AccessDeniedException", f"ecr:InitiateLayerUpload on resource: {arn}", begin, ecr=reader, name=name)
    refused("AccessDeniedException", "ecr:GetAuthorizationToken on resource: *", reader.get_authorization_token)


def test_a_lost_answer_has_had_its_effect(cloud: Cloud, ecr: Any) -> None:
    name = repository(ecr)
    upload = begin(ecr, name)
    cloud.control("POST", "faults", {"kind": "lost-response", "service": "ecr", "operation": "UploadLayerPart"})
    with pytest.raises(ecr.exceptions.InvalidLayerPartException) as caught:
        # boto3 sends it again by itself.
        part(ecr, upload, 0, b"layer")
    assert caught.value.response["lastValidByteReceived"] == 4


@pytest.mark.parametrize(
    ("kind", "code"), [("500", "ServerException"), ("quota", "LimitExceededException"), ("throttle", "Throttling")]
)
def test_faults_speak_as_ecr_does(cloud: Cloud, ecr: Any, kind: str, code: str) -> None:
    name = repository(ecr)
    fault = {"kind": kind, "service": "ecr", "operation": "InitiateLayerUpload", "times": 9}
    cloud.control("POST", "faults", fault)
    with pytest.raises(Exception, match=code):
        begin(ecr, name)
    cloud.control("DELETE", "faults")
    assert begin(ecr, name)["uploadId"]
