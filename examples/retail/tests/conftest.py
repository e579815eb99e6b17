from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import export
from etl import load, transform
from schema import RAW_COLUMNS

HOUSEHOLDS = 60


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
