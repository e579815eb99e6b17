"""Refuses what AWS would refuse: requests of JSON services are held against botocore's own service models."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from botocore.model import Shape

from .call import AwsError, Call
from .service_models import operation_model
from .wire import JSON_SERVICES


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str] | None:
    # "letters" has no name inside a Python character class; any word character is a little wider and refuses as much.
    python = text.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d").replace(r"\p{M}", "")
    try:
        return re.compile(rf"(?:{python})\Z")
    except re.error:
        return None


class _Fault(Exception):
    """A body whose types are wrong: AWS gives up at the first."""


def _low(name: str) -> str:
    return name[:1].lower() + name[1:]


def _join(path: str, name: str) -> str:
    return f"{path}.{_low(name)}" if path else _low(name)


def _bound_faults(size: float, metadata: dict[str, Any], what: str) -> list[str]:
    found = []
    if "min" in metadata and size < metadata["min"]:
        found.append(f"Member must have {what} greater than or equal to {metadata['min']}")
    if "max" in metadata and size > metadata["max"]:
        found.append(f"Member must have {what} less than or equal to {metadata['max']}")
    return found


def _string_faults(shape: Shape, value: str) -> list[str]:
    found = _bound_faults(len(value), shape.metadata, "length")
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        found.append(f"Member must satisfy enum value set: [{', '.join(allowed)}]")
    pattern = shape.metadata.get("pattern")
    compiled = _pattern(pattern) if pattern else None
    if compiled is not None and not compiled.match(value):
        found.append(f"Member must satisfy regular expression pattern: {pattern}")
    return found


_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


def _check_type(shape: Shape, value: Any, path: str) -> None:
    allowed = _TYPES.get(shape.type_name)
    if allowed is None:
        return
    is_truth_for_number = isinstance(value, bool) and bool not in allowed
    if not isinstance(value, allowed) or is_truth_for_number:
        raise _Fault(f"{path or 'request'} is not of type {shape.type_name}")


def _faults(shape: Shape, value: Any, path: str) -> list[str]:
    """All faults below a value, in AWS's words."""
    _check_type(shape, value, path)
    own: list[str] = []
    inner: list[str] = []
    match shape.type_name:
        case "structure":
            for name in shape.required_members:
                if value.get(name) is None:
                    inner.append(
                        f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
                    )
            for name, member in value.items():
                if name not in shape.members:
                    raise _Fault(f"{_join(path, name)} is no member of {shape.name}")
                if member is not None:
                    inner += _faults(shape.members[name], member, _join(path, name))
        case "list":
            own = _bound_faults(len(value), shape.metadata, "length")
            for index, member in enumerate(value, 1):
                inner += _faults(shape.member, member, f"{path}.{index}.member")
        case "map":
            own = _bound_faults(len(value), shape.metadata, "length")
            for key, member in value.items():
                inner += _faults(shape.key, key, f"{path}.key")
                inner += _faults(shape.value, member, f"{path}.{key}")
        case "string":
            own = _string_faults(shape, value)
        case "integer" | "long" | "float" | "double":
            own = _bound_faults(value, shape.metadata, "value")
    return [f"Value '{value}' at '{path}' failed to satisfy constraint: {fault}" for fault in own] + inner


def validate(call: Call) -> None:
    """Raises AwsError naming all faults of a JSON service's request; other protocols are left to moto."""
    if call.service not in JSON_SERVICES:
        return
    shape = operation_model(call.service, call.operation).input_shape
    if shape is None:
        return
    try:
        faults = _faults(shape, call.params, "")
    except _Fault as fault:
        raise AwsError("SerializationException", str(fault)) from None
    if faults:
        plural = "s" if len(faults) > 1 else ""
        message = f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}"
        code = "ValidationException" if call.service == "sagemaker" else "InvalidParameterException"
        raise AwsError(code, message)
