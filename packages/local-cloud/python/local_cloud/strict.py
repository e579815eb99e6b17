"""Refuses what AWS would refuse: requests of JSON services are held against botocore's own service models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore.model import Shape

from .call import AwsError, Call
from .patterns import compiled
from .service_models import operation_model
from .wire import JSON_SERVICES


class _Fault(Exception):
    """A body whose types are wrong: AWS gives up at the first."""


def _low(name: str) -> str:
    return name[:1].lower() + name[1:]


def _join(path: str, name: str) -> str:
    return f"{path}.{_low(name)}" if path else _low(name)


#: A constraint that a value may break: its words, and whether it holds.
_Constraint = tuple[str, bool]


def _bounds(size: float, metadata: dict[str, Any], what: str) -> list[_Constraint]:
    found = []
    if "max" in metadata:
        found.append((f"Member must have {what} less than or equal to {metadata['max']}", size <= metadata["max"]))
    if "min" in metadata:
        found.append((f"Member must have {what} greater than or equal to {metadata['min']}", size >= metadata["min"]))
    return found


def _of_string(shape: Shape, value: str) -> list[_Constraint]:
    found = _bounds(len(value), shape.metadata, "length")
    allowed = shape.metadata.get("enum")
    if allowed:
        found.append((f"Member must satisfy enum value set: [{', '.join(allowed)}]", value in allowed))
    pattern = shape.metadata.get("pattern")
    expression = compiled(pattern) if pattern else None
    if expression is not None:
        found.append((f"Member must satisfy regular expression pattern: {pattern}", bool(expression.match(value))))
    return found


def _broken(constraints: list[_Constraint]) -> list[str]:
    return [words for words, holds in constraints if not holds]


def _of_members(shape: Shape, values: Iterable[Any], who: str) -> list[str]:
    """Strings in a list or a map are faulted together: AWS names every constraint, and not which member broke it."""
    constraints = [_of_string(shape, value) for value in values] if shape.type_name == "string" else []
    broken = next((found for found in constraints if _broken(found)), None)
    return [] if broken is None else [f"{who} must satisfy constraint: [{', '.join(words for words, _ in broken)}]"]


def _shown(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


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
            for index, member in enumerate(value, 1):
                inner += _inside(shape.member, member, f"{path}.{index}.member")
            own = _broken(_bounds(len(value), shape.metadata, "length")) + _of_members(shape.member, value, "Member")
        case "map":
            for key, member in value.items():
                _check_type(shape.key, key, f"{path}.key")
                inner += _inside(shape.value, member, f"{path}.{key}")
            own = _broken(_bounds(len(value), shape.metadata, "length"))
            own += _of_members(shape.key, value, "Map keys") + _of_members(shape.value, value.values(), "Map value")
        case "string":
            own = _broken(_of_string(shape, value))
        case "integer" | "long" | "float" | "double":
            own = _broken(_bounds(value, shape.metadata, "value"))
    return [f"Value '{_shown(value)}' at '{path}' failed to satisfy constraint: {fault}" for fault in own] + inner


def _inside(shape: Shape, value: Any, path: str) -> list[str]:
    """The faults of a member of a list or map that are its own; strings are left to `_of_members`."""
    if shape.type_name != "string":
        return _faults(shape, value, path)
    _check_type(shape, value, path)
    return []


#: What services call a request that breaks constraints.
_CODES = {"sagemaker": "ValidationException", "cloudwatch": "ValidationError"}


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
        raise AwsError(_CODES.get(call.service, "InvalidParameterException"), message)
