"""The cloud's own time, which a test can step forward."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Real time plus everything it was stepped by. Safe for threads."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._changed = threading.Condition()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._offset

    def datetime(self) -> datetime:
        """The same as an aware UTC time."""
        return datetime.fromtimestamp(self.now(), UTC)

    def advance(self, seconds: float) -> None:
        """Steps forward and wakes everybody who waits."""
        if seconds < 0:
            raise ValueError("time only goes forward")
        with self._changed:
            self._offset += seconds
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Returns when that much real time has passed, or earlier when the clock was stepped."""
        with self._changed:
            self._changed.wait(seconds)
