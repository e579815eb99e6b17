"""CloudWatch behind one dispatcher and one lock."""

from __future__ import annotations

import threading
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock
from .alarms import Alarms
from .metrics import Metrics


class CloudWatch:
    """Metrics and alarms of the account. Safe for threads: one request at a time."""

    def __init__(self, clock: Clock) -> None:
        self._lock = threading.RLock()
        metrics = Metrics(clock, self._lock)
        self._alarms = Alarms(clock, metrics)
        self._operations = {**metrics.operations, **self._alarms.operations}

    def answer(self, call: Call) -> dict[str, Any]:
        """The response's members. Raises AwsError for an operation that is not built."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError("NotImplemented", f"cloudwatch:{call.operation} is not part of the local cloud")
        with self._lock:
            # What came before this request was evaluated before it.
            self._alarms.evaluate()
            return operation(call)
