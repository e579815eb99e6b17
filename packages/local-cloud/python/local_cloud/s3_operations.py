"""Which S3 operation a request is, read from the service's own model.

S3 tells its operations apart by sub-resources in the query. A request that were taken for another one would be
held against the other's permission, so what matches no operation exactly is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

from botocore.model import OperationModel

from .call import AwsError
from .service_models import model_of


@dataclass(frozen=True)
class _Route:
    operation: str
    #: Sub-resources that the query must have, with their value where one is asked for.
    literals: dict[str, str]
    required: frozenset[str]
    headers: frozenset[str]
    #: Query parameters and the members they are.
    members: dict[str, str]

    @property
    def weight(self) -> int:
        return len(self.literals) + len(self.required) + len(self.headers)

    def matches(self, query: dict[str, str], environ: dict[str, Any]) -> bool:
        return (
            all(name in query and value in ("", query[name]) for name, value in self.literals.items())
            and self.required <= query.keys()
            and all(header in environ for header in self.headers)
        )

    def leaves(self, query: dict[str, str]) -> Iterator[str]:
        """Sub-resources of the query that are nothing to this operation."""
        known = self.literals.keys() | self.members.keys()
        return (name for name in query if name in _routes().sub_resources and name not in known)


@dataclass(frozen=True)
class _Routes:
    by_place: dict[tuple[str, int], list[_Route]]
    sub_resources: frozenset[str]


def operation_of(environ: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The operation of a path-style request, with bucket, key and what the query holds.

    Raises AwsError for a request that is no operation of S3.
    """
    bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    given = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    query = {name: values[0] for name, values in given.items()}
    method = environ["REQUEST_METHOD"]
    candidates = _routes().by_place.get((method, bool(bucket) + bool(key)), [])
    route = next((found for found in candidates if found.matches(query, environ)), None)
    left = next(route.leaves(query), None) if route else None
    if route is None or left is not None:
        raise AwsError("MethodNotAllowed", f"{method} is not allowed against this resource ({left or 'path'})", 405)
    members = {route.members[name]: value for name, value in query.items() if name in route.members}
    # WSGI hands the path over as latin-1 text of the UTF-8 bytes (PEP 3333).
    path = {"Bucket": bucket, "Key": key.encode("latin-1", "replace").decode("utf-8", "replace")}
    return route.operation, {**members, **{name: value for name, value in path.items() if value}}


@lru_cache(maxsize=1)
def _routes() -> _Routes:
    model = model_of("s3")
    by_place: dict[tuple[str, int], list[_Route]] = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        if not operation.deprecated:
            place, route = _route(operation)
            by_place.setdefault(place, []).append(route)
    for routes in by_place.values():
        routes.sort(key=lambda route: (-route.weight, route.operation))
    every = [route for routes in by_place.values() for route in routes]
    return _Routes(by_place, frozenset(name for route in every for name in (*route.literals, *route.required)))


def _route(operation: OperationModel) -> tuple[tuple[str, int], _Route]:
    path, _, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    members = shape.members if shape else {}
    required = set(shape.required_members) if shape else set()
    located: dict[str, dict[str, str]] = {"querystring": {}, "header": {}}
    for member, found in members.items():
        place = found.serialization.get("location")
        if place in located:
            located[place][found.serialization["name"]] = member
    return (operation.http["method"], path.count("{")), _Route(
        operation.name,
        {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()},
        frozenset(name for name, member in located["querystring"].items() if member in required),
        frozenset(
            f"HTTP_{name.upper().replace('-', '_')}" for name, member in located["header"].items() if member in required
        ),
        located["querystring"],
    )
