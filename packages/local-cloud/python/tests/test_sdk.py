"""The SageMaker SDK, unmodified, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import EXECUTION, HERE, IMAGE, Cloud, script
from registry import MODEL
from test_clients import QUICK, environment


def test_a_session_of_the_sdk(cloud: Cloud, s3: Any, tmp_path: Path) -> None:
    hyperparameters = json.dumps(script(s3, "sdk-trains", QUICK))
    done = subprocess.run(
        [sys.executable, HERE / "scripts/sdk_session.py", EXECUTION, IMAGE, hyperparameters],
        env=environment(cloud, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outcome = json.loads(done.stdout.rpartition("\noutcome ")[2])
    assert outcome.pop("failed").startswith("Encountered unexpected failed state while waiting for")
    assert outcome == {
        "trained": ["Completed", "s3://data/sdk/sdk-trains/output/model.tar.gz"],
        "stopped": "Stopped",
        "processed": "Completed",
        "listed": ["sdk-fails", "sdk-stops", "sdk-trains"],
    }
    assert "score=0.5;" in done.stdout
    assert s3.get_object(Bucket="data", Key="sdk-processed/result.txt")["Body"].read() == b"done\n"


def test_the_registry_of_the_sdk(cloud: Cloud, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, HERE / "scripts/sdk_registry.py", IMAGE, MODEL],
        env=environment(cloud, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outcome = json.loads(done.stdout.rpartition("\noutcome ")[2])
    metadata, pending = {"run-key": "k"}, "PendingManualApproval"
    assert outcome == {
        "group": "Completed",
        "first": [1, "Completed", "Approved", {**metadata, "verdict": "approve"}, "better"],
        "second": [2, outcome["second"][1], pending, metadata, "https://example.com/run/2"],
        "clone": [3, outcome["clone"][1], pending, metadata, True],
        "listed": True,
        "lineage": [True, "DataSet", "ContributedTo"],
    }
