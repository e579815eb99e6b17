"""A job's code as a child process of its own session, with its log on the way to CloudWatch."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from ..reaper import kill_group, note_process

#: From SIGTERM to SIGKILL: SageMaker developer guide, "StopTrainingJob".
GRACE_SECONDS = 120
_FLUSH_SECONDS = 0.15
_LOOK_SECONDS = 0.05
#: PutLogEvents takes 10,000 events at most.
_BATCH = 5000
TAIL_LINES = 40


class LogStream:
    """Lines of a job on their way into a log stream. Safe for threads."""

    def __init__(self, logs: Any, group: str, stream: str, now: Callable[[], float]) -> None:
        self._logs, self._group, self._stream, self._now = logs, group, stream, now
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._open = True
        with contextlib.suppress(ClientError):
            logs.create_log_group(logGroupName=group)
        # A spot job that goes on within the same second writes into the stream it had.
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queues a line; CloudWatch refuses empty ones."""
        with self._lock:
            self._waiting.append({"timestamp": int(self._now() * 1000), "message": line or " "})

    def close(self) -> None:
        """Sends what is left."""
        self._open = False
        self._thread.join()
        self._flush()

    def _run(self) -> None:
        while self._open:
            time.sleep(_FLUSH_SECONDS)
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            events, self._waiting = self._waiting, []
        for start in range(0, len(events), _BATCH):
            batch = events[start : start + _BATCH]
            with contextlib.suppress(ClientError):
                self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=batch)


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    tail: list[str]
    #: Whether it was told to end, and did not come to its end by itself.
    told: bool


def run(
    argv: list[str],
    env: dict[str, str],
    cwd: Path,
    notes: Path,
    on_line: Callable[[str], None],
    must_end: Callable[[], bool],
    now: Callable[[], float],
    on_pid: Callable[[int | None], None],
) -> Ended:
    """Runs a program to its end. Once `must_end` says so its group gets SIGTERM, and SIGKILL 120 s later."""
    child = subprocess.Popen(
        argv,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    note_process(notes, child.pid)
    on_pid(child.pid)
    tail: list[str] = []
    reader = threading.Thread(target=_read, args=(child, tail, on_line), daemon=True)
    reader.start()
    told_at: float | None = None
    while child.poll() is None:
        if told_at is None and must_end():
            told_at = now()
            kill_group(child.pid, signal.SIGTERM)
        elif told_at is not None and now() - told_at >= GRACE_SECONDS:
            kill_group(child.pid, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)
    on_pid(None)
    # What the program left running ends with it, as its container would.
    kill_group(child.pid, signal.SIGKILL)
    reader.join(5)
    (notes / f"{child.pid}.json").unlink(missing_ok=True)
    return Ended(child.returncode, tail, told_at is not None)


def _read(child: subprocess.Popen[str], tail: list[str], on_line: Callable[[str], None]) -> None:
    assert child.stdout is not None
    for raw in child.stdout:
        line = raw.rstrip("\n")
        tail.append(line)
        del tail[:-TAIL_LINES]
        on_line(line)


def base_environment(python: str) -> dict[str, str]:
    """The variables of a fresh container: nothing of this server's own comes in."""
    path = f"{Path(python).parent}:{os.environ.get('PATH', '')}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
