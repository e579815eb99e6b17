"""What AWS refuses in requests that are well formed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...call import AwsError
from . import model_card
from .package import Package

#: CustomerMetadataMap and AdditionalInferenceSpecifications.
_MAX_METADATA = 50
_MAX_SPECIFICATIONS = 15


def invalid(message: str) -> AwsError:
    """A refusal of a request's content."""
    return AwsError("ValidationException", message)


def check_create(params: Mapping[str, Any]) -> None:
    """Raises AwsError for a CreateModelPackage request that contradicts itself."""
    grouped, named = "ModelPackageGroupName" in params, "ModelPackageName" in params
    if not grouped and not named:
        # Not very telling, but it is what AWS says (sagemaker-python-sdk issue 2696).
        raise invalid("Missing ARN")
    if grouped and named:
        raise invalid(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
            "Cannot determine which one to use."
        )
    if grouped:
        _check_versioned(params)
    else:
        _check_unversioned(params)
    _check_source(params)
    for specification in specifications(params):
        if any("AdditionalS3DataSource" in container for container in specification["Containers"]):
            # boto3 issue 4510
            raise invalid("AdditionalS3DataSource is not allowed in InferenceSpecification")
    _check_names([one["Name"] for one in params.get("AdditionalInferenceSpecifications", ())])
    if "ModelCard" in params:
        model_card.check(params["ModelCard"])


def _check_versioned(params: Mapping[str, Any]) -> None:
    if params.get("Tags"):
        raise no_tags()
    if params.get("CertifyForMarketplace"):
        raise invalid("CertifyForMarketplace is not supported for versioned model packages.")


def _check_unversioned(params: Mapping[str, Any]) -> None:
    if not {"InferenceSpecification", "SourceAlgorithmSpecification", "SourceUri"} & set(params):
        raise invalid("Either InferenceSpecification or SourceAlgorithmSpecification must be provided.")
    for specification in specifications(params):
        if any("Environment" in container for container in specification["Containers"]):
            raise invalid("Environment variable map cannot be specified when using non-versioned ModelPackages")
    inference = params.get("InferenceSpecification", {})
    wanted = ("SupportedTransformInstanceTypes", "SupportedRealtimeInferenceInstanceTypes")
    missing = [name for name in wanted if inference and not inference.get(name)]
    if missing:
        raise invalid(f"{missing[0]} must be provided for non-versioned ModelPackages")


def _check_source(params: Mapping[str, Any]) -> None:
    # The SageMaker SDK keeps them apart for this reason (sagemaker.core.model_registry).
    if "SourceUri" in params and "InferenceSpecification" in params:
        raise invalid("SourceUri and InferenceSpecification cannot be provided together.")


def no_tags() -> AwsError:
    """aws-cdk issue 33699."""
    return invalid("Tags are not supported in Model Package versions. Please add them to the Model Package Group.")


def specifications(params: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Every inference specification of a request."""
    if "InferenceSpecification" in params:
        yield params["InferenceSpecification"]
    yield from params.get("AdditionalInferenceSpecifications", ())
    yield from params.get("AdditionalInferenceSpecificationsToAdd", ())


def check_update(package: Package, params: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Raises AwsError for an UpdateModelPackage request that does not suit the package, or what it would become."""
    if package.version is None:
        raise invalid(f"{package.arn} is not a versioned model package; only those can be updated.")
    _check_source(params)
    _check_names([one["Name"] for one in fields.get("AdditionalInferenceSpecifications", ())])
    if len(fields.get("CustomerMetadataProperties", ())) > _MAX_METADATA:
        raise invalid(f"CustomerMetadataProperties can have at most {_MAX_METADATA} entries.")
    if "ModelCard" in params:
        model_card.check_update(package.fields.get("ModelCard", {}), params["ModelCard"])


def _check_names(names: list[str]) -> None:
    if len(set(names)) < len(names):
        raise invalid("The names of AdditionalInferenceSpecifications must be unique.")
    if len(names) > _MAX_SPECIFICATIONS:
        raise invalid(f"A model package can have at most {_MAX_SPECIFICATIONS} AdditionalInferenceSpecifications.")
