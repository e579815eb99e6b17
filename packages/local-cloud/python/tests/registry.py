"""What the tests of the model registry share."""

from __future__ import annotations

from itertools import count
from typing import Any

from conftest import IMAGE, until

MODEL = "s3://data/registry/model.tar.gz"
SERVING = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": MODEL}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}
#: What a package without a version must also say.
ALONE = {
    **SERVING,
    "SupportedTransformInstanceTypes": ["ml.m5.large"],
    "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
}
_NUMBER = count(1)


def new_group(sm: Any, **more: Any) -> str:
    """Creates a group of its own; gives its name."""
    name = f"group-{next(_NUMBER)}"
    sm.create_model_package_group(ModelPackageGroupName=name, **more)
    return name


def register(sm: Any, group: str, **more: Any) -> str:
    """Creates a version; gives its ARN."""
    request = {"ModelPackageGroupName": group, "InferenceSpecification": SERVING, **more}
    return sm.create_model_package(**request)["ModelPackageArn"]


def described(sm: Any, arn: str) -> dict[str, Any]:
    return sm.describe_model_package(ModelPackageName=arn)


def completed(sm: Any, arn: str) -> dict[str, Any]:
    """The description of a package that has come to its last status."""

    def look() -> dict[str, Any] | None:
        found = described(sm, arn)
        return found if found["ModelPackageStatus"] in ("Completed", "Failed") else None

    return until(look)
