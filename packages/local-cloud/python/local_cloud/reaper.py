"""What a start leaves for the next one to clear away, should it be killed before it can do so itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from pathlib import Path

_PROC = Path("/proc")


def started_at(pid: int) -> str | None:
    """When a process was started, in the kernel's own ticks; None when there is none. Tells a reused pid apart."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The second field is a name in parentheses that may hold anything; the start time is the 22nd (proc(5)).
    return stat.rsplit(")", 1)[1].split()[19]


def note_process(folder: Path, pid: int) -> None:
    """Writes down that a process (with its group) belongs to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{pid}.part"
    part.write_text(json.dumps({"pid": pid, "started": started_at(pid)}))
    part.rename(folder / f"{pid}.json")


def _is_alive(note: Path) -> bool:
    try:
        found = json.loads(note.read_text())
    except (OSError, ValueError):
        return False
    return found["started"] is not None and started_at(found["pid"]) == found["started"]


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Signals a process group that may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _owner_is_alive(state: Path) -> bool:
    notes = list((state / "owner").glob("*.json"))
    if not notes:
        # A start that is about to write its note: the folder has its pid for a name.
        return state.name.isdecimal() and started_at(int(state.name)) is not None
    return any(_is_alive(note) for note in notes)


def _clear(state: Path) -> None:
    for note in state.glob("processes/*.json"):
        if _is_alive(note):
            kill_group(int(note.stem))
    shutil.rmtree(state, ignore_errors=True)


def reap(states: Path) -> int:
    """Ends the jobs of starts whose server is dead, removes their folders, and says how many there were."""
    if not _PROC.is_dir():
        # Without it the living look dead: macOS keeps its leftovers, but loses no running cloud.
        return 0
    reaped = 0
    for state in [owner.parent for owner in states.glob("*/owner")]:
        # Another start may be clearing the same folder away.
        with contextlib.suppress(FileNotFoundError):
            if not _owner_is_alive(state):
                _clear(state)
                reaped += 1
    return reaped
