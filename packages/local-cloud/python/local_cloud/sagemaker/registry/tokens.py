"""Idempotency by client tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...call import AwsError, Call
from ...clock import Clock

#: How long a token is remembered. AWS documents no figure; who must not create twice later looks before.
TOKEN_SECONDS = 600.0


@dataclass(frozen=True)
class _Use:
    request: dict[str, Any]
    arn: str
    until: float


class ClientTokens:
    """What each token has brought about. Not safe for threads: its owner holds a lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._uses: dict[tuple[str, str], _Use] = {}

    def outcome_of(self, call: Call) -> str | None:
        """The ARN that this request led to before. Raises AwsError when the token came with another request."""
        use = self._uses.get(_key(call))
        if use is None or use.until <= self._clock.now():
            return None
        if use.request != call.params:
            raise AwsError("ConflictException", f"ClientToken {_key(call)[1]} was used with another request.")
        return use.arn

    def remember(self, call: Call, arn: str) -> None:
        """Notes what a request with a token has led to."""
        if "ClientToken" in call.params:
            self._uses[_key(call)] = _Use(call.params, arn, self._clock.now() + TOKEN_SECONDS)


def _key(call: Call) -> tuple[str, str]:
    return call.operation, call.params.get("ClientToken", "")
