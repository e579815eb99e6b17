from __future__ import annotations

import json
import re
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from conftest import run_training

import train_regression
from gold import features_of, matrix_of
from schema import DISCOUNT_SHARE, LABEL, LOW_UP_TO, MEDIUM_UP_TO


@pytest.fixture(scope="module")
def regression(channels: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    job = tmp_path_factory.mktemp("regression")
    ended = run_training(channels, job, "--trees", "20", script=Path(train_regression.__file__))
    assert ended.returncode == 0, ended.stderr
    return job, ended.stdout


def results_of(job: Path) -> dict:
    return json.loads((job / "model/evaluation_results.json").read_text())


def test_the_label_is_cut_from_what_is_predicted_and_neither_is_a_feature(channels: Path) -> None:
    table = pd.read_parquet(channels / "test")
    cut = pd.cut(table[DISCOUNT_SHARE], [-1, LOW_UP_TO, MEDIUM_UP_TO, 2], labels=["Low", "Medium", "High"])
    assert cut.tolist() == table[LABEL].tolist()
    assert not {DISCOUNT_SHARE, LABEL} & set(features_of(table))


def test_figures_are_those_of_the_kept_model_and_beat_the_mean(regression: tuple[Path, str], channels: Path) -> None:
    job, _ = regression
    results, bundle = results_of(job), joblib.load(job / "model/model.joblib")
    train, test = (pd.read_parquet(channels / part) for part in ("train", "test"))
    truth = test[DISCOUNT_SHARE].to_numpy()
    left = truth - bundle["model"].predict(matrix_of(test, bundle["features"]))
    figures = results["models"][results["best_model"]]
    assert figures["mse"] == pytest.approx(np.mean(left**2), rel=1e-9)
    assert figures["rmse"] == pytest.approx(np.mean(left**2) ** 0.5, rel=1e-9)
    assert figures["mae"] == pytest.approx(np.abs(left).mean(), rel=1e-9)
    assert figures["r2"] == pytest.approx(1 - np.sum(left**2) / np.sum((truth - truth.mean()) ** 2), rel=1e-9)
    assert results["baseline"]["mean"] == pytest.approx(train[DISCOUNT_SHARE].mean(), rel=1e-12)
    assert results["baseline"]["r2"] <= 0 < 0.2 < figures["r2"]
    assert results["rows"] == {"train": len(train), "test": len(test)}


def test_the_family_with_the_smallest_error_wins_and_the_log_says_the_same(regression: tuple[Path, str]) -> None:
    job, log = regression
    results = results_of(job)
    errors = {name: figures["rmse"] for name, figures in results["models"].items()}
    assert set(errors) == {"ridge", "xgboost"}
    assert results["best_model"] == min(errors, key=lambda name: errors[name])
    for metric in ("mse", "rmse", "mae", "r2"):
        (found,) = re.findall(rf"validation:{metric}=([-0-9.]+);", log)
        assert float(found) == pytest.approx(results["models"][results["best_model"]][metric], abs=1e-6)


def test_metadata_and_plots_are_there(regression: tuple[Path, str]) -> None:
    job, _ = regression
    facts = json.loads((job / "model/model_metadata.json").read_text())
    assert (facts["task"], facts["label"], facts["model"]) == (
        "regression",
        DISCOUNT_SHARE,
        results_of(job)["best_model"],
    )
    assert [one["name"] for one in facts["features"]] == joblib.load(job / "model/model.joblib")["features"]
    plots = {path.name for path in (job / "output/data").glob("*.png")}
    assert plots == {
        f"{name}_{family}.png" for name in ("actual_vs_predicted", "residuals") for family in ("ridge", "xgboost")
    }


def test_one_weak_family_is_more_than_a_tenth_worse(
    regression: tuple[Path, str], channels: Path, tmp_path: Path
) -> None:
    arguments = ["--families", "xgboost", "--trees", "5", "--train", channels / "train", "--test", channels / "test"]
    arguments += ["--model-dir", tmp_path / "model", "--output-data-dir", tmp_path / "output"]
    weak = train_regression.train_all(train_regression.parse(list(map(str, arguments))))
    kept = results_of(regression[0])
    assert list(weak["models"]) == ["xgboost"]
    assert weak["models"]["xgboost"]["rmse"] > 1.1 * kept["models"][kept["best_model"]]["rmse"]
