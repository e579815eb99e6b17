"""Operations of the services that speak REST and JSON, by method and path as the published models have them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote

from .service_models import model_of

SERVICES = frozenset({"eks"})


@lru_cache(maxsize=8)
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of each operation; the more labels a path has, the later, since it may match others too."""
    model = model_of(service)
    found = [(name, model.operation_model(name).http) for name in model.operation_names]
    found.sort(key=lambda one: one[1]["requestUri"].count("{"))
    return [(http["method"], re.compile(_expression(http["requestUri"])), name) for name, http in found]


def _expression(uri: str) -> str:
    return re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(uri))


def operation_of(service: str, environ: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The operation and the members that its path and query show."""
    query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    for method, path, name in _routes(service):
        match = path.fullmatch(environ["PATH_INFO"])
        if match is not None and method == environ["REQUEST_METHOD"]:
            return name, {**query, **{label: unquote(value) for label, value in match.groupdict().items()}}
    return "Unknown", query
