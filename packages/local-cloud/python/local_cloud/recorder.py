"""Everything that was called, by whom, and what the policies said."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Record:
    """One request. Filled in while the request is under way."""

    seq: int
    time: float
    service: str
    operation: str
    principal: str
    caller: str
    name: str | None = None
    status: int | None = None
    error: str | None = None
    fault: str | None = None
    checks: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The record as the control API shows it; what is not known is left out."""
        return {name: value for name, value in vars(self).items() if value is not None}


class Recorder:
    """All records since the start or the last `clear`. Safe for threads."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._seq = 0
        self._lock = threading.Lock()

    def open(self, time: float, service: str, operation: str) -> Record:
        """Begins a record."""
        with self._lock:
            self._seq += 1
            record = Record(self._seq, time, service, operation, principal="anonymous", caller="anonymous")
            self._records.append(record)
            return record

    def documents(self) -> list[dict[str, Any]]:
        """All records, oldest first."""
        with self._lock:
            return [record.document() for record in self._records]

    def clear(self) -> None:
        """Forgets all records; numbers go on."""
        with self._lock:
            self._records = []
