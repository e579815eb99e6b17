"""The published models of AWS's services, as botocore brings them."""

from __future__ import annotations

from functools import lru_cache

import botocore.session
from botocore.model import OperationModel, ServiceModel

from .call import AwsError


@lru_cache(maxsize=8)
def model_of(service: str) -> ServiceModel:
    """The published model of a service."""
    loader = botocore.session.get_session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def operation_model(service: str, operation: str) -> OperationModel:
    """The model of an operation. Raises AwsError as AWS does for one that does not exist."""
    model = model_of(service)
    if operation not in model.operation_names:
        raise AwsError("UnknownOperationException", f"{operation} is no operation of {service}", 404)
    return model.operation_model(operation)
