"""List operations: filtered, sorted, then paged, in this order."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..call import AwsError

#: ListTrainingJobs, MaxResults; what SageMaker's reference leaves open for other lists is taken to be the same.
_PAGE = 10


def seconds(value: float | str) -> float:
    """A timestamp of a request as seconds since 1970; clients send numbers, the protocol also allows ISO 8601."""
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value


@dataclass(frozen=True)
class Listing:
    """What a list operation can sort and filter by. `filters` hold an item against a parameter of that name."""

    keys: Mapping[str, Callable[[Any], Any]]
    filters: Mapping[str, Callable[[Any, Any], bool]]
    #: Which way when the request doesn't say.
    order: str

    def page(self, items: Sequence[Any], params: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
        """A page of the items, and the member NextToken when there are more."""
        found = self._sorted([item for item in items if self._matches(item, params)], params)
        start = _position(params["NextToken"]) if params.get("NextToken") else 0
        end = start + params.get("MaxResults", _PAGE)
        return found[start:end], {"NextToken": _token(end)} if end < len(found) else {}

    def _matches(self, item: Any, params: Mapping[str, Any]) -> bool:
        return all(test(item, params[name]) for name, test in self.filters.items() if params.get(name) is not None)

    def _sorted(self, items: list[Any], params: Mapping[str, Any]) -> list[Any]:
        key = self.keys[params.get("SortBy", "CreationTime")]
        # Items come in order of their creation, which breaks ties: two of one instant keep their order from page to
        # page. Python's reverse keeps equal ones in place, so they are turned round before.
        descending = params.get("SortOrder", self.order) == "Descending"
        return sorted(reversed(items) if descending else items, key=key, reverse=descending)


def _token(position: int) -> str:
    return base64.b64encode(json.dumps({"position": position}).encode()).decode()


def _position(token: str) -> int:
    try:
        return int(json.loads(base64.b64decode(token, validate=True))["position"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise AwsError("ValidationException", "Invalid NextToken") from None
