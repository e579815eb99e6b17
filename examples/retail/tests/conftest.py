from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import duckdb
import pytest

# On a busy machine most of the time would go to threads that spin while they wait for each other.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import etl
import export
import train
from etl import load, transform
from schema import RAW_COLUMNS

HOUSEHOLDS = 60
SMALL = ["--trees", "20", "--cv-rows", "1500"]


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sixty households each time, with their whole history."""
    folder = tmp_path_factory.mktemp("raw")
    export.export(folder, HOUSEHOLDS)
    return folder


def gold_of(raw: Path, change: str = "") -> duckdb.DuckDBPyConnection:
    """The gold table of raw files, after a change to the loaded raw tables."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    assert load(connection, raw) == []
    for name in RAW_COLUMNS:
        table = name.removesuffix(".csv")
        connection.execute(f"create table copy_{table} as select * from {table}")
        connection.execute(f"drop view {table}")
        connection.execute(f"alter table copy_{table} rename to {table}")
    if change:
        connection.execute(change)
    transform(connection)
    return connection


@pytest.fixture(scope="session")
def gold(raw: Path) -> duckdb.DuckDBPyConnection:
    return gold_of(raw)


@pytest.fixture(scope="session")
def channels(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Gold as the training job gets it."""
    out = tmp_path_factory.mktemp("etl")
    etl.process(raw, out)
    return out / "gold"


def run_training(
    channels: Path, job: Path, *arguments: str, script: Path = Path(train.__file__)
) -> subprocess.CompletedProcess[str]:
    """A training script as its container starts it."""
    for name in ("model", "output/data", "checkpoints"):
        (job / name).mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "SM_CHANNEL_TRAIN": str(channels / "train"),
        "SM_CHANNEL_TEST": str(channels / "test"),
        "SM_MODEL_DIR": str(job / "model"),
        "SM_OUTPUT_DIR": str(job / "output"),
        "SM_OUTPUT_DATA_DIR": str(job / "output/data"),
        "SM_CHECKPOINT_DIR": str(job / "checkpoints"),
    }
    command = [sys.executable, script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="session")
def trained(channels: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a finished training job, and its log."""
    job = tmp_path_factory.mktemp("job")
    ended = run_training(channels, job, *SMALL)
    assert ended.returncode == 0, ended.stderr
    return job, ended.stdout


def archive_of(model: Path, folder: Path) -> Path:
    """A folder with the model's archive, as a training job leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / "model.tar.gz", "w:gz") as tar:
        for path in sorted(model.iterdir()):
            tar.add(path, path.name)
    return folder
