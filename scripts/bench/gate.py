"""The other side of the gate's benchmark: makes the predictions, and gets a gate's figures from them in other ways."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

CLASSES = ["Low", "Medium", "High"]
COLUMNS = ["y_true", "y_candidate", "y_champion"]
GROUP = 1_000_000


def make(folder: Path, millions: int, copies: int) -> None:
    """Writes CSV and Parquet of so many million rows, and of the same rows several times."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

    random = np.random.default_rng(20260101)
    names = np.array(CLASSES)
    groups = []
    for group in range(millions):
        truth = random.choice(3, GROUP, p=[0.18, 0.74, 0.08])
        noisy = [np.where(random.random(GROUP) < s, random.integers(0, 3, GROUP), truth) for s in (0.12, 0.15)]
        labels = [names[values] for values in (truth, *noisy)]
        ids = np.arange(group * GROUP, (group + 1) * GROUP)
        groups.append(pa.table(dict(zip(["id", *COLUMNS], [ids, *labels], strict=True))))
    schema = groups[0].schema
    plain = csv.WriteOptions(quoting_style="none")
    for name, times in (("one", 1), ("all", copies)):
        with (
            csv.CSVWriter(folder / f"{name}.csv", schema, write_options=plain) as texts,
            pq.ParquetWriter(folder / f"{name}.parquet", schema) as columns,
        ):
            for table in groups * times:
                texts.write_table(table)
                columns.write_table(table)


def scikit_learn(path: Path, coded: bool) -> list[dict[str, float]]:
    """The figures that a gate's report shows, of both models.

    Coded: as somebody writes it who knows that scikit-learn is slow on texts.
    """
    import pandas as pd
    from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, f1_score

    is_csv = path.suffix == ".csv"
    table = pd.read_csv(path, usecols=COLUMNS) if is_csv else pd.read_parquet(path, columns=COLUMNS)
    truth, *models = (
        [table[name].astype(pd.CategoricalDtype(CLASSES)).cat.codes.to_numpy() for name in COLUMNS]
        if coded
        else [table[name] for name in COLUMNS]
    )
    figures = []
    for predicted in models:
        classification_report(truth, predicted, output_dict=True)
        confusion_matrix(truth, predicted)
        figures.append(
            {
                "accuracy": float(accuracy_score(truth, predicted)),
                "f1_macro": float(f1_score(truth, predicted, average="macro")),
            }
        )
    return figures


def duckdb(path: Path) -> list[dict[str, float]]:
    """The same figures of the counts that one query gives."""
    import duckdb as db

    query = f"select {', '.join(COLUMNS)}, count(*) from '{path}' group by all"
    cells = db.sql(query).fetchall()
    figures = []
    for model in (1, 2):
        count = sum(row[3] for row in cells)
        right = {c: sum(row[3] for row in cells if row[0] == c == row[model]) for c in CLASSES}
        said = {c: sum(row[3] for row in cells if row[model] == c) for c in CLASSES}
        true = {c: sum(row[3] for row in cells if row[0] == c) for c in CLASSES}
        f1 = sum(2 * right[c] / (said[c] + true[c]) for c in CLASSES) / len(CLASSES)
        figures.append({"accuracy": sum(right.values()) / count, "f1_macro": f1})
    return figures


WAYS: dict[str, Callable[[Path], list[dict[str, float]]]] = {
    "codes": lambda path: scikit_learn(path, coded=True),
    "texts": lambda path: scikit_learn(path, coded=False),
    "duckdb": duckdb,
}

if __name__ == "__main__":
    way, place, *numbers = sys.argv[1:]
    if way == "make":
        make(Path(place), *map(int, numbers))
    else:
        found = WAYS[way](Path(place))
        print(json.dumps({"figures": found, "kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
