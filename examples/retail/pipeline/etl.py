"""Raw to silver to gold: the processing job of the pipeline.

Reads three CSV files, checks all of them before it computes anything, and writes silver/*.parquet,
gold/{train,test}/*.parquet and gold/metadata.json. A fault that the sender of the data can mend ends the job with one
line for each, without a traceback.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import duckdb

from schema import (
    CLASSES,
    DEPARTMENTS,
    IDENTITY,
    LABEL,
    LOW_UP_TO,
    MEDIUM_UP_TO,
    RAW_COLUMNS,
    TARGETS,
    TEST_WEEKS,
    TRAIN_WEEKS,
    department_column,
)

HERE = Path(__file__).resolve().parent


class DataFaults(Exception):
    """Everything that is wrong with the raw data, each as `E-CODE: what happened | why | do this`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def quoted(text: object) -> str:
    """A string literal for SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def header_of(path: Path) -> list[str]:
    """The column names in a file's first line; empty when the file is."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        line = file.readline().strip()
    return [name.strip().strip('"') for name in line.split(",")] if line else []


def file_faults(raw: Path) -> list[str]:
    """Faults of missing, empty or wrongly headed files, for all files at once."""
    faults = []
    for name, columns in RAW_COLUMNS.items():
        path = raw / name
        if not path.is_file():
            faults.append(f"E-NO-RAW: {name} is missing | {raw} holds no such file | deliver it below raw/")
            continue
        header = header_of(path)
        missing = [column for column in columns if column not in header]
        if not header:
            faults.append(f"E-EMPTY-CSV: {name} is empty | not even a header is there | deliver it again")
        elif missing:
            faults.append(
                f"E-COLUMNS: {name} lacks {', '.join(missing)} | it has {', '.join(header)} | "
                "name the columns as before"
            )
    return faults


def load(connection: duckdb.DuckDBPyConnection, raw: Path) -> list[str]:
    """Loads all files as text, casts them, and returns the faults of their contents."""
    faults = []
    for name, columns in RAW_COLUMNS.items():
        table = name.removesuffix(".csv")
        try:
            connection.execute(
                f"create table text_{table} as select row_number() over () as data_row, * "
                f"from read_csv({quoted(raw / name)}, header = true, all_varchar = true, delim = ',', quote = '\"')"
            )
        except duckdb.Error as error:
            reason = str(error).split("\n", 1)[0]
            faults.append(f"E-CSV: {name} cannot be read | {reason} | check quotes and commas of that line")
            continue
        faults += value_faults(connection, name, table, columns)
        casts = ", ".join(f"try_cast({column} as {kind}) as {column}" for column, kind in columns.items())
        connection.execute(f"create view {table} as select {casts} from text_{table}")
    return faults


def value_faults(connection: duckdb.DuckDBPyConnection, name: str, table: str, columns: dict[str, str]) -> list[str]:
    """Faults of a loaded file: no rows, or values that are not of their column's type."""
    typed = {column: kind for column, kind in columns.items() if kind != "VARCHAR"}
    bad = [f"try_cast({column} as {kind}) is null" for column, kind in typed.items()]
    counts = ", ".join(f"count(*) filter ({test}), min(data_row) filter ({test})" for test in bad)
    rows, *found = connection.execute(f"select count(*), {counts} from text_{table}").fetchone() or (0,)
    if rows == 0:
        return [f"E-EMPTY-CSV: {name} has no rows | only its header is there | deliver it again"]
    faults = []
    for (column, kind), count, first in zip(typed.items(), found[::2], found[1::2], strict=True):
        if count:
            (value,) = connection.execute(f"select {column} from text_{table} where data_row = {first}").fetchone() or (
                None,
            )
            faults.append(
                f"E-VALUE: {count} of {rows} values of {column} in {name} are no {kind} | "
                f"the first is {value!r} in data row {first} | correct them at the source"
            )
    return faults


def department_shares() -> str:
    """The select list with each department's share of a basket."""
    return ",\n    ".join(
        f"sum(case when l.department = {quoted(department)} then l.shelf else 0 end) / sum(l.shelf) "
        f"as {department_column(department)}"
        for department in DEPARTMENTS
    )


def transform(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the tables `line` (silver) and `gold` from the loaded raw tables."""
    connection.execute((HERE / "silver.sql").read_text())
    connection.execute(
        (HERE / "gold.sql")
        .read_text()
        .format(
            department_shares=department_shares(),
            first_test_week=TEST_WEEKS[0],
            low_up_to=LOW_UP_TO,
            medium_up_to=MEDIUM_UP_TO,
            label=LABEL,
        )
    )


def fingerprint(raw: Path) -> str:
    """SHA-256 over the names and bytes of the raw files."""
    digest = hashlib.sha256()
    for name in RAW_COLUMNS:
        digest.update(name.encode())
        with (raw / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def split_facts(connection: duckdb.DuckDBPyConnection, weeks: tuple[int, int]) -> dict[str, object]:
    """Rows and label shares of a range of weeks."""
    found = dict(
        connection.execute(
            f"select {LABEL}, count(*) from gold where week between {weeks[0]} and {weeks[1]} group by 1"
        ).fetchall()
    )
    rows = sum(found.values())
    shares = {name: round(found.get(name, 0) / rows, 6) if rows else 0.0 for name in CLASSES}
    return {"weeks": list(weeks), "rows": rows, "labels": shares, "majority": max(shares.values())}


def write(connection: duckdb.DuckDBPyConnection, out: Path) -> None:
    """Writes silver and both parts of gold as Parquet, in an order that does not change."""
    for folder in ("silver", "gold/train", "gold/test"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"copy (select * from line order by day, basket_id, product, shelf) to {quoted(out / 'silver/lines.parquet')}"
    )
    for name, (first, last) in (("train", TRAIN_WEEKS), ("test", TEST_WEEKS)):
        connection.execute(
            f"copy (select * from gold where week between {first} and {last} order by week, basket_id) "
            f"to {quoted(out / f'gold/{name}/baskets.parquet')}"
        )


def metadata(connection: duckdb.DuckDBPyConnection, raw: Path) -> dict[str, object]:
    """What a reader has to know of the result without opening it."""

    def count(table: str) -> int:
        (rows,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
        return int(rows)

    columns = [name for name, *_ in connection.execute("describe gold").fetchall()]
    return {
        "version": 1,
        "rows": count("gold"),
        "rows_by_step": {"raw": count("transactions"), "silver": count("line"), "gold": count("gold")},
        "label": LABEL,
        "classes": list(CLASSES),
        "features": [name for name in columns if name not in (*IDENTITY, *TARGETS)],
        "train": split_facts(connection, TRAIN_WEEKS),
        "test": split_facts(connection, TEST_WEEKS),
        "data_fingerprint": fingerprint(raw),
    }


def process(raw: Path, out: Path) -> dict[str, object]:
    """Runs all steps and returns the metadata. Raises DataFaults when the raw data cannot be used."""
    faults = file_faults(raw)
    if faults:
        raise DataFaults(faults)
    connection = duckdb.connect()
    # One thread adds floating point numbers in one order: the same data gives the same bytes.
    connection.execute("set threads = 1")
    faults = load(connection, raw)
    if faults:
        raise DataFaults(faults)
    transform(connection)
    facts = metadata(connection, raw)
    for name in ("train", "test"):
        part = facts[name]
        if isinstance(part, dict) and part["rows"] == 0:
            first, last = part["weeks"]
            faults.append(
                f"E-WEEKS: no basket is left for {name} | weeks {first} to {last} are missing or were cleaned away | "
                "deliver those weeks"
            )
    if faults:
        raise DataFaults(faults)
    write(connection, out)
    (out / "gold" / "metadata.json").write_text(json.dumps(facts, indent=2) + "\n")
    return facts


def main() -> int:
    """Command line; the defaults are the paths of a SageMaker processing container."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, default=Path("/opt/ml/processing/input/raw"))
    parser.add_argument("--out", type=Path, default=Path("/opt/ml/processing/output"))
    arguments = parser.parse_args()
    try:
        facts = process(arguments.raw, arguments.out)
    except DataFaults as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return 1
    print(json.dumps(facts["rows_by_step"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
