"""List operations: filtered, sorted, then paged, in this order."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from ..call import AwsError
from .job import Job

#: ListTrainingJobs, MaxResults.
_PAGE = 10
_KEYS = {
    "Name": lambda job: job.name,
    "CreationTime": lambda job: job.created,
    "Status": lambda job: job.status,
}


def _matches(job: Job, params: dict[str, Any]) -> bool:
    tests = (
        ("StatusEquals", lambda value: job.status == value),
        ("NameContains", lambda value: value.lower() in job.name.lower()),
        ("CreationTimeAfter", lambda value: job.created > value),
        ("CreationTimeBefore", lambda value: job.created < value),
        ("LastModifiedTimeAfter", lambda value: job.modified > value),
        ("LastModifiedTimeBefore", lambda value: job.modified < value),
    )
    return all(test(params[name]) for name, test in tests if params.get(name) is not None)


def _token(position: int) -> str:
    return base64.b64encode(json.dumps({"position": position}).encode()).decode()


def _position(token: str) -> int:
    try:
        return int(json.loads(base64.b64decode(token, validate=True))["position"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise AwsError("ValidationException", "Invalid NextToken") from None


def page(jobs: Sequence[Job], params: dict[str, Any]) -> tuple[list[Job], str | None]:
    """A page of the jobs and the token of the next; newest first unless asked otherwise, as SageMaker lists."""
    key = _KEYS[params.get("SortBy", "CreationTime")]
    ascending = params.get("SortOrder", "Descending") == "Ascending"
    # The sequence breaks ties: two jobs of one instant keep their order from page to page.
    order = {id(job): index for index, job in enumerate(jobs)}
    found = sorted(
        (job for job in jobs if _matches(job, params)),
        key=lambda job: (key(job), order[id(job)]),
        reverse=not ascending,
    )
    start = _position(params["NextToken"]) if params.get("NextToken") else 0
    end = start + params.get("MaxResults", _PAGE)
    return found[start:end], _token(end) if end < len(found) else None
