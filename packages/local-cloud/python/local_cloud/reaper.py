"""What a start leaves for the next one to clear away, should it be killed before it can do so itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from pathlib import Path


def started_at(pid: int) -> str | None:
    """When a process was started, in the kernel's own ticks; None when there is none. Tells a reused pid apart."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
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


def reap(states: Path) -> int:
    """Ends the jobs of starts whose server is dead, removes their folders, and says how many there were."""
    reaped = 0
    for state in states.glob("*/owner"):
        if any(_is_alive(note) for note in state.glob("*.json")):
            continue
        for note in state.parent.glob("processes/*.json"):
            if _is_alive(note):
                kill_group(int(note.stem))
        shutil.rmtree(state.parent, ignore_errors=True)
        reaped += 1
    return reaped
