from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud import reaper
from local_cloud.reaper import note_process, reap, started_at

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def gone() -> int:
    """The pid of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def left_behind(states: Path, job: int) -> Path:
    """What a dead server leaves: its own note, and that of a job's process."""
    state = states / "dead"
    note_process(state / "owner", gone())
    note_process(state / "processes", job)
    return state


def test_the_jobs_of_a_dead_server_are_ended(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    state = left_behind(tmp_path, sleeper.pid)
    assert reap(tmp_path) == 1
    assert sleeper.wait(10) == -9
    assert not state.exists()


def test_a_process_that_has_only_the_number_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    state = left_behind(tmp_path, sleeper.pid)
    note = state / "processes" / f"{sleeper.pid}.json"
    note.write_text(json.dumps({"pid": sleeper.pid, "started": "1"}))
    assert reap(tmp_path) == 1
    assert sleeper.poll() is None and started_at(sleeper.pid) is not None


def test_a_living_server_keeps_its_jobs(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    state = tmp_path / str(os.getpid())
    note_process(state / "owner", os.getpid())
    note_process(state / "processes", sleeper.pid)
    assert reap(tmp_path) == 0
    assert sleeper.poll() is None and state.exists()


def test_a_start_that_has_not_written_its_note_yet_is_left_alone(tmp_path: Path) -> None:
    starting, dead = tmp_path / str(os.getpid()), tmp_path / str(gone())
    for state in (starting, dead):
        (state / "owner").mkdir(parents=True)
    assert reap(tmp_path) == 1
    assert starting.exists() and not dead.exists()


def test_nothing_to_reap(tmp_path: Path) -> None:
    assert reap(tmp_path / "none") == 0


def test_where_processes_cannot_be_told_apart_nothing_is_ended(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaper, "_PROC", tmp_path / "absent")
    states = tmp_path / "states"
    state = left_behind(states, sleeper.pid)
    assert reap(states) == 0
    assert sleeper.poll() is None and state.exists()
