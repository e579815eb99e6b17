"""Tags on everything in SageMaker that carries some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..call import AwsError, Call

#: https://docs.aws.amazon.com/general/latest/gr/aws_tagging.html
_LIMIT = 50
_RESERVED = "aws:"
#: Finds the tags of an ARN, to read and to change. Raises AwsError for what can't be tagged.
TagsOf = Callable[[str], dict[str, str] | None]


def read(tags: Iterable[dict[str, str]] | None) -> dict[str, str]:
    """The tags of a request. Raises AwsError for reserved keys and for a key given twice."""
    given = list(tags or [])
    counted = Counter(tag["Key"] for tag in given)
    if any(key.lower().startswith(_RESERVED) for key in counted):
        raise AwsError("ValidationException", "aws: prefixed tag key names are not allowed for external use.")
    twice = [key for key, count in counted.items() if count > 1]
    if twice:
        raise AwsError("ValidationException", f"Tag keys must be unique: {', '.join(twice)}")
    return {tag["Key"]: tag["Value"] for tag in given}


class Tags:
    """AddTags, ListTags and DeleteTags over several kinds of resources."""

    def __init__(self, finders: Sequence[TagsOf]) -> None:
        self._finders = finders
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "AddTags": self._add,
            "ListTags": lambda call: _members(self._of(call)),
            "DeleteTags": self._delete,
        }

    def _of(self, call: Call) -> dict[str, str]:
        arn = call.params["ResourceArn"]
        found = next((tags for find in self._finders if (tags := find(arn)) is not None), None)
        if found is None:
            # SageMaker has no not-found exception for tags either (aws/aws-sdk issue 165).
            raise AwsError("ValidationException", "Requested resource not found.")
        return found

    def _add(self, call: Call) -> dict[str, Any]:
        tags, added = self._of(call), read(call.params["Tags"])
        if len({*tags, *added}) > _LIMIT:
            raise AwsError("ResourceLimitExceeded", f"A resource can have at most {_LIMIT} tags.")
        tags.update(added)
        return _members(tags)

    def _delete(self, call: Call) -> dict[str, Any]:
        tags = self._of(call)
        for key in call.params["TagKeys"]:
            tags.pop(key, None)
        return {}


def _members(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in list(tags.items())]}
