"""Proof that no feature knows what could not be known when it is needed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import gold_of

from evaluation import evaluate
from families import FAMILIES
from schema import CLASSES, LABEL
from train import features_of, matrix_of, truth_of


def table(connection: duckdb.DuckDBPyConnection, where: str = "true") -> pd.DataFrame:
    return connection.execute(f"select * from gold where {where} order by basket_id").df()


@pytest.mark.parametrize("week", [9, 20, 40, 41, 50])
def test_no_feature_of_a_week_changes_when_all_later_data_is_dropped(
    raw: Path, gold: duckdb.DuckDBPyConnection, week: int
) -> None:
    early = gold_of(
        raw, f"delete from transactions where SHOP_WEEK > {week}; delete from promotions where SHOP_WEEK > {week}"
    )
    expected = table(gold, f"week <= {week}")
    assert len(expected) > 100
    # Sums of the same numbers in another order differ in the last bit.
    pd.testing.assert_frame_equal(table(early), expected, rtol=0, atol=1e-9)


def test_no_feature_of_a_basket_uses_what_was_paid_or_discounted_in_it(
    raw: Path, gold: duckdb.DuckDBPyConnection
) -> None:
    # The newest basket of a household in the newest week: no later basket's history has the change in it.
    last = (
        "select max_by(basket_id, household_baskets) from gold where week = (select max(week) from gold) "
        "group by household_id"
    )
    baskets = [basket for (basket,) in gold.execute(last).fetchall()]
    assert len(baskets) > 10
    chosen = ", ".join(map(str, baskets))
    # One cent of every line becomes a discount: what was paid changes, the shelf price does not.
    changed = gold_of(
        raw,
        "update transactions set SPEND = SPEND - 0.01, RETAIL_DISCOUNT = RETAIL_DISCOUNT + 0.01 "
        f"where BASKET_ID in ({chosen}) and SPEND > 0.02",
    )
    before, after = (table(connection, f"basket_id in ({chosen})") for connection in (gold, changed))
    features = features_of(before)
    pd.testing.assert_frame_equal(after[features], before[features], rtol=0, atol=1e-9)


def test_the_label_does_follow_what_was_discounted(raw: Path, gold: duckdb.DuckDBPyConnection) -> None:
    changed = gold_of(raw, "update transactions set RETAIL_DISCOUNT = RETAIL_DISCOUNT + 10 * SPEND")
    assert set(table(changed)[LABEL]) == {"High"}
    assert set(table(gold)[LABEL]) == set(CLASSES)


def test_shuffled_labels_fall_to_the_majority(gold: duckdb.DuckDBPyConnection) -> None:
    train, test = table(gold, "week between 9 and 40"), table(gold, "week >= 41")
    features = features_of(train)
    truth = truth_of(train)
    shuffled = np.random.default_rng(7).permutation(truth)
    most = np.bincount(truth_of(test), minlength=3).max() / len(test)

    def accuracy(labels: np.ndarray) -> float:
        model = FAMILIES["xgboost"](1, 40).fit(matrix_of(train, features), labels)
        return evaluate(truth_of(test), model.predict(matrix_of(test, features)), CLASSES)["accuracy"]

    assert accuracy(shuffled) <= most + 0.01
    assert accuracy(truth) >= most + 0.03
