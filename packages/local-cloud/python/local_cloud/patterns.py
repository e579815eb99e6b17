"""The regular expressions of AWS's models, which are Java's, as Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from itertools import groupby

_TOKEN = re.compile(r"\\p\{(?P<name>\w+)\}|\$\{\d+,\d+\}|\\.|.", re.DOTALL)
#: What `.` does not match in Java:
#: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html#lt
_NO_LINE_END = "[^\n\r\u0085\u2028\u2029]"


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """An expression to match whole strings with; None for one that Python can't read."""
    try:
        return re.compile(rf"(?:{_translated(pattern)})\Z", re.ASCII)
    except re.error:
        return None


def _translated(pattern: str) -> str:
    found: list[str] = []
    in_class = False
    for token in _TOKEN.finditer(pattern):
        text, name = token[0], token["name"]
        if text in ("[", "]"):
            in_class = text == "["
        if name is not None:
            text = _members(name) if in_class else f"[{_members(name)}]"
        elif text.startswith("${"):
            # SageMaker's patterns for metadata end in a repeated `$`, which says nothing more than one.
            text = ""
        elif text == "." and not in_class:
            text = _NO_LINE_END
        found.append(text)
    return "".join(found)


@lru_cache(maxsize=16)
def _members(name: str) -> str:
    """The characters of a Unicode category, such as L, as the inside of a class."""
    if name == "Alnum":
        return "a-zA-Z0-9"
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in _ranges().get(name, ()))


@lru_cache(maxsize=1)
def _ranges() -> dict[str, list[tuple[str, str]]]:
    """The ranges of each major category, found in one pass over all characters."""
    found: dict[str, list[tuple[str, str]]] = {}
    for category, group in groupby(range(sys.maxunicode + 1), lambda code: unicodedata.category(chr(code))[0]):
        codes = list(group)
        found.setdefault(category, []).append((chr(codes[0]), chr(codes[-1])))
    return found
