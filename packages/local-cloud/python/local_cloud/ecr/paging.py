"""Pages of ECR's lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ..call import AwsError

#: DescribeImages, maxResults.
_PAGE = 100
Item = TypeVar("Item")


def page(items: Sequence[Item], params: dict[str, Any]) -> tuple[list[Item], dict[str, str]]:
    """A page of the items, and the member nextToken when there are more."""
    given = params.get("nextToken", "0")
    if not given.isdigit():
        raise AwsError("InvalidParameterException", "Invalid parameter at 'nextToken'")
    start = int(given)
    end = start + params.get("maxResults", _PAGE)
    return list(items[start:end]), {"nextToken": str(end)} if end < len(items) else {}
