"""The form of requests, in the words of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from local_cloud import patterns, strict
from local_cloud.call import AwsError, Call, Principal

CALLER = Principal("admin", "arn:aws:iam::123456789012:root", "KEY")
ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/g/1"
METADATA = r"[Member must have length less than or equal to {0}, Member must have length greater than or equal to 1, "
METADATA += r"Member must satisfy regular expression pattern: ([\p{{L}}\p{{Z}}\p{{N}}_.:\/=+\-@]*)${{1,{0}}}]"


def faults(operation: str, **params: Any) -> list[str]:
    try:
        strict.validate(Call("sagemaker", operation, CALLER, "us-east-1", "123456789012", params, {}, b""))
    except AwsError as error:
        if error.code != "ValidationException":
            raise
        counted, _, message = error.message.partition(" detected: ")
        found = message.split("; ")
        assert counted == f"{len(found)} validation error{'s' if len(found) > 1 else ''}"
        return found
    return []


def unreadable(operation: str, **params: Any) -> bool:
    with pytest.raises(AwsError) as caught:
        faults(operation, **params)
    return caught.value.code == "SerializationException"


def update(**params: Any) -> list[str]:
    return faults("UpdateModelPackage", ModelPackageArn=ARN, **params)


@pytest.mark.parametrize(
    ("metadata", "constraint"),
    [
        ({"k": ""}, f"Map value must satisfy constraint: {METADATA.format(256)}"),
        ({"k": "a\nb"}, f"Map value must satisfy constraint: {METADATA.format(256)}"),
        ({"k": "a{b}"}, f"Map value must satisfy constraint: {METADATA.format(256)}"),
        ({"k": "x" * 257}, f"Map value must satisfy constraint: {METADATA.format(256)}"),
        ({"k" * 129: "v"}, f"Map keys must satisfy constraint: {METADATA.format(128)}"),
        ({"k!": "v"}, f"Map keys must satisfy constraint: {METADATA.format(128)}"),
        ({}, "Member must have length greater than or equal to 1"),
        ({f"k{n}": "v" for n in range(51)}, "Member must have length less than or equal to 50"),
    ],
)
def test_limits_of_metadata(metadata: dict[str, str], constraint: str) -> None:
    shown = "{" + ", ".join(f"{key}={value}" for key, value in metadata.items()) + "}"
    where = f"Value '{shown}' at 'customerMetadataProperties' failed to satisfy constraint"
    assert update(CustomerMetadataProperties=metadata) == [f"{where}: {constraint}"]


@pytest.mark.parametrize("value", ["v", "é ü 漢字", "a:b/c=d+e-f@g_h.i", "x" * 256, "a\u00a0b"])
def test_what_metadata_may_be(value: str) -> None:
    assert update(CustomerMetadataProperties={"k": value}) == []


def test_what_is_said_of_lists() -> None:
    serving = {"Containers": [{}], "SupportedResponseMIMETypes": ["text/csv", "csv"]}
    (fault,) = faults("CreateModelPackage", ModelPackageGroupName="g", InferenceSpecification=serving)
    assert fault == (
        "Value '[text/csv, csv]' at 'inferenceSpecification.supportedResponseMIMETypes' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length "
        r"greater than or equal to 0, Member must satisfy regular expression pattern: [-\w]+\/.+]"
    )
    (fault,) = faults("CreateModelPackageGroup", ModelPackageGroupName="g", Tags=[{"Key": "a"}])
    assert fault == "Value null at 'tags.1.member.value' failed to satisfy constraint: Member must not be null"


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"ApprovalDescription": "x" * 1025}, "length less than or equal to 1024"),
        ({"ApprovalDescription": "two\nlines"}, "regular expression pattern: .*"),
        ({"ApprovalDescription": "two\u2028lines"}, "regular expression pattern: .*"),
        ({"ModelApprovalStatus": "approved"}, "enum value set: [Approved, Rejected, PendingManualApproval]"),
        ({"ModelCard": {"ModelCardContent": "x" * 100_001}}, "length less than or equal to 100000"),
        ({"ModelLifeCycle": {"Stage": "s"}}, "Value null at 'modelLifeCycle.stageStatus'"),
        ({"ModelLifeCycle": {"Stage": "a b", "StageStatus": "s"}}, "'modelLifeCycle.stage' failed to satisfy"),
        ({"ClientToken": "x" * 37}, "length less than or equal to 36"),
        ({"ClientToken": "a_b"}, "regular expression pattern: [a-zA-Z0-9-]+"),
    ],
)
def test_limits_of_an_update(params: dict[str, Any], fault: str) -> None:
    (found,) = update(**params)
    assert fault in found


def test_metrics_are_files_and_never_numbers() -> None:
    report = {"S3Uri": "s3://b/k", "ContentType": "application/json"}
    group = {"ModelPackageGroupName": "g"}
    assert faults("CreateModelPackage", **group, ModelMetrics={"ModelQuality": {"Statistics": report}}) == []
    (found,) = faults(
        "CreateModelPackage",
        **group,
        ModelMetrics={"ModelQuality": {"Statistics": {**report, "ContentDigest": "sha256:abc"}}},
    )
    assert "'modelMetrics.modelQuality.statistics.contentDigest' failed to satisfy constraint" in found
    for metrics in ({"Accuracy": 0.9}, {"ModelQuality": {"Statistics": {"S3Uri": 5}}}):
        assert unreadable("CreateModelPackage", ModelMetrics=metrics)


def test_a_new_package_has_no_reason_for_its_approval() -> None:
    assert unreadable("CreateModelPackage", ModelPackageGroupName="g", ApprovalDescription="good")


def test_a_description_has_no_control_characters() -> None:
    assert (
        faults("CreateModelPackageGroup", ModelPackageGroupName="g", ModelPackageGroupDescription="5 €, {ok} ✓") == []
    )
    (found,) = faults("CreateModelPackageGroup", ModelPackageGroupName="g", ModelPackageGroupDescription="a\tb")
    assert "'modelPackageGroupDescription' failed to satisfy constraint" in found


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\p{L}]+", "äß", "a1"),
        (r"\p{N}+", "12", "x"),
        (r"[\p{Alnum}\-]+", "a-1", "a_1"),
        (r"[^/]+", "a.b", "a/b"),
        (r"a\.b", "a.b", "axb"),
        (r"[.]", ".", "x"),
        (r"a.b", "a b", "a\nb"),
        (r"\d+", "12", "١٢"),
        (r"x${1,3}", "x", "xx"),
    ],
)
def test_patterns_are_read_as_java_reads_them(pattern: str, good: str, bad: str) -> None:
    expression = patterns.compiled(pattern)
    assert expression is not None
    assert (bool(expression.match(good)), bool(expression.match(bad))) == (True, False)


def test_a_pattern_that_cannot_be_read_refuses_nothing() -> None:
    assert patterns.compiled(r"[\w-_]*[b-a]") is None
