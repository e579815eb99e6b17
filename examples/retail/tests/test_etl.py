from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import gold_of

import etl
from schema import IDENTITY, LABEL, RAW_COLUMNS, TARGETS, TRANSACTIONS

ETL = Path(etl.__file__)


def run(raw: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ETL, "--raw", raw, "--out", out], capture_output=True, text=True, check=False
    )


@pytest.fixture
def broken(raw: Path, tmp_path: Path) -> Path:
    """A copy of the raw files to break."""
    return Path(shutil.copytree(raw, tmp_path / "raw"))


def test_the_process_writes_silver_gold_and_metadata(raw: Path, tmp_path: Path) -> None:
    ended = run(raw, tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    facts = json.loads((tmp_path / "gold/metadata.json").read_text())
    rows = {
        part: duckdb.execute(f"select count(*) from '{tmp_path}/gold/{part}/*.parquet'").fetchone()
        for part in ("train", "test")
    }
    assert {part: (facts[part]["rows"],) for part in rows} == rows
    assert facts["rows_by_step"]["raw"] >= facts["rows_by_step"]["silver"] > facts["rows"]
    assert 0.5 < facts["test"]["majority"] < 0.9
    assert not set(facts["features"]) & {*TARGETS, *IDENTITY}
    assert (tmp_path / "silver/lines.parquet").is_file()


def test_the_same_data_gives_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        etl.process(raw, tmp_path / name)
    for part in ("gold/train/baskets.parquet", "gold/test/baskets.parquet", "gold/metadata.json"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()


def test_all_missing_files_are_named_at_once(tmp_path: Path) -> None:
    ended = run(tmp_path, tmp_path / "out")
    assert ended.returncode == 1
    assert [line.split(" ")[0:2] for line in ended.stderr.splitlines()] == [["E-NO-RAW:", name] for name in RAW_COLUMNS]
    assert not (tmp_path / "out").exists()


def test_an_empty_file_and_missing_columns_are_named_together(broken: Path) -> None:
    (broken / "products.csv").write_text("")
    text = (broken / TRANSACTIONS).read_text().replace("SPEND", "AMOUNT", 1).replace("SHOP_WEEK,", "WEEK,", 1)
    (broken / TRANSACTIONS).write_text(text)
    with pytest.raises(etl.DataFaults) as caught:
        etl.process(broken, broken / "out")
    columns, empty = caught.value.faults
    assert columns.startswith("E-COLUMNS: transactions.csv lacks SPEND, SHOP_WEEK |")
    assert empty.startswith("E-EMPTY-CSV: products.csv is empty")


def test_a_file_with_a_header_only_is_empty(broken: Path) -> None:
    header = (broken / TRANSACTIONS).read_text().splitlines()[0]
    (broken / TRANSACTIONS).write_text(header + "\n")
    with pytest.raises(etl.DataFaults, match=r"E-EMPTY-CSV: transactions\.csv has no rows"):
        etl.process(broken, broken / "out")


def test_unreadable_values_are_counted_and_the_first_is_shown(broken: Path) -> None:
    lines = (broken / TRANSACTIONS).read_text().splitlines()
    fields = lines[3].split(",")
    fields[4], fields[5] = "two", ""
    lines[3] = ",".join(fields)
    (broken / TRANSACTIONS).write_text("\n".join(lines) + "\n")
    with pytest.raises(etl.DataFaults) as caught:
        etl.process(broken, broken / "out")
    quantity, spend = caught.value.faults
    assert "1 of" in quantity and "QUANTITY" in quantity and "'two' in data row 3" in quantity
    assert "SPEND" in spend and "None in data row 3" in spend


def test_a_ragged_file_is_refused(broken: Path) -> None:
    with (broken / "promotions.csv").open("a") as file:
        file.write('1,2,3,"unclosed\n')
    with pytest.raises(etl.DataFaults, match=r"E-CSV: promotions.csv|E-VALUE: .* promotions.csv"):
        etl.process(broken, broken / "out")


def test_weeks_that_are_not_there_are_named(broken: Path) -> None:
    lines = (broken / TRANSACTIONS).read_text().splitlines()
    week = list(RAW_COLUMNS[TRANSACTIONS]).index("SHOP_WEEK")
    early = [line for line in lines[1:] if int(line.split(",")[week]) < 41]
    (broken / TRANSACTIONS).write_text("\n".join([lines[0], *early]) + "\n")
    with pytest.raises(etl.DataFaults, match="E-WEEKS: no basket is left for test"):
        etl.process(broken, broken / "out")


@pytest.mark.parametrize(
    ("discount", "label"), [(0.0, "Low"), (2.0, "Low"), (2.01, "Medium"), (30.0, "Medium"), (30.01, "High")]
)
def test_the_label_bounds_belong_to_the_lower_class(raw: Path, discount: float, label: str) -> None:
    connection = gold_of(
        raw,
        f"update transactions set QUANTITY = 1, SPEND = {100 - discount}, RETAIL_DISCOUNT = {discount}, "
        "COUPON_DISCOUNT = 0, COUPON_MATCH_DISCOUNT = 0; "
        # One line a basket: the sum of several shares would not be exactly the bound.
        "delete from transactions t where exists (from transactions o where o.BASKET_ID = t.BASKET_ID "
        "and o.PROD_CODE < t.PROD_CODE)",
    )
    assert connection.execute(f"select distinct {LABEL} from gold").fetchall() == [(label,)]


def test_cleaning_drops_what_is_no_sale(raw: Path) -> None:
    connection = gold_of(
        raw,
        "update products set DEPARTMENT = 'FUEL' where DEPARTMENT = 'DELI'; "
        "update transactions set QUANTITY = 0 where SHOP_HOUR = 10; "
        "update transactions set QUANTITY = 100 where SHOP_HOUR = 11; "
        "update transactions set SPEND = 0 where SHOP_HOUR = 12",
    )
    left = connection.execute("select distinct hour from line").fetchall()
    assert not {(10,), (11,), (12,)} & set(left)
    assert connection.execute("select count(*) from line where department = 'FUEL'").fetchone() == (0,)
