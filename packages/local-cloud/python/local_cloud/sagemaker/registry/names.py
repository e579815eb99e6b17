"""Names and ARNs of the registry."""

from __future__ import annotations

from ...call import AwsError, Call


def group_arn(call: Call, name: str) -> str:
    """The ARN of a group of the caller's account."""
    return f"arn:aws:sagemaker:{call.region}:{call.account}:model-package-group/{name}"


def package_arn(call: Call, key: str) -> str:
    """The ARN of a package: its key is `<group>/<version>`, or the name of one without a version."""
    return f"arn:aws:sagemaker:{call.region}:{call.account}:model-package/{key}"


def group_name(call: Call, given: str) -> str:
    """The name of a group that a request gives by name or ARN. Raises AwsError for what belongs to others."""
    return _own(call, given, "model-package-group")


def package_key(call: Call, given: str) -> str:
    """The key of a package that a request gives by name or ARN. Raises AwsError for what belongs to others."""
    return _own(call, given, "model-package")


def no_group(call: Call, name: str) -> AwsError:
    """SageMaker has no not-found exception for the registry: clients look for `does not exist` in the message."""
    return AwsError("ValidationException", f"ModelPackageGroup {group_arn(call, name)} does not exist.")


def no_package(call: Call, key: str) -> AwsError:
    """See `no_group`."""
    return AwsError("ValidationException", f"ModelPackage {package_arn(call, key)} does not exist.")


def _own(call: Call, given: str, kind: str) -> str:
    if not given.startswith("arn:"):
        return given
    region, account, resource = given.split(":", 5)[3:]
    found, _, name = resource.partition("/")
    if account != call.account:
        # Nothing here is shared: https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-version.html
        action = f"sagemaker:{call.operation}"
        raise AwsError(
            "AccessDeniedException",
            f"User: {call.principal.arn} is not authorized to perform: {action} on resource: {given} "
            f"because no resource-based policy allows the {action} action",
        )
    if (region, found) != (call.region, kind):
        raise AwsError("ValidationException", f"{given} does not exist.")
    return name
