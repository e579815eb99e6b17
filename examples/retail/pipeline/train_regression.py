"""The regression variant: how much of a basket's shelf value will be discounted, from the same features.

A SageMaker script-mode job like train.py, with two families, the better one by RMSE on later weeks, and the mean of the
training weeks beside every figure.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from xgboost import XGBRegressor

import job
import plots
from families import boosted, linear
from gold import features_of, matrix_of, read_channel
from schema import DISCOUNT_SHARE

FAMILIES: dict[str, Callable[[int, int], Any]] = {
    "ridge": lambda seed, _trees: linear(Ridge(random_state=seed)),
    "xgboost": lambda seed, trees: boosted(XGBRegressor, seed, trees),
}


def evaluate(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Figures of a regression, in plain numbers."""
    squared = float(mean_squared_error(truth, predicted))
    return {
        "mse": squared,
        "rmse": squared**0.5,
        "mae": float(mean_absolute_error(truth, predicted)),
        "r2": float(r2_score(truth, predicted)),
    }


def print_metrics(name: str, figures: dict[str, Any]) -> None:
    """Lines that the job's metric definitions match."""
    for metric in ("mse", "rmse", "mae", "r2"):
        print(f"{name}:{metric}={figures[metric]:.6f};", flush=True)


def key_of(train: pd.DataFrame, options: argparse.Namespace) -> str:
    """Names the training by its settings and data."""
    digest = hashlib.sha256(json.dumps([options.seed, options.trees]).encode())
    digest.update(pd.util.hash_pandas_object(train, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def train_all(options: argparse.Namespace) -> dict[str, Any]:
    """Trains the families, writes model, results and plots, and returns the results."""
    train, test = read_channel(options.train), read_channel(options.test)
    features = features_of(train)
    known, truth = (table[DISCOUNT_SHARE].to_numpy() for table in (train, test))
    mean = float(known.mean())
    results: dict[str, Any] = {
        "version": 1,
        "task": "regression",
        "target": DISCOUNT_SHARE,
        "baseline": {"mean": mean, **evaluate(truth, np.full_like(truth, mean))},
        "rows": {"train": len(train), "test": len(test)},
        "models": {},
    }
    print_metrics("baseline", results["baseline"])
    models = {}
    options.output_data_dir.mkdir(parents=True, exist_ok=True)
    for family in options.families:
        started = time.perf_counter()
        models[family] = FAMILIES[family](options.seed, options.trees).fit(matrix_of(train, features), known)
        predicted = models[family].predict(matrix_of(test, features)).astype(np.float64)
        seconds = round(time.perf_counter() - started, 2)
        results["models"][family] = {**evaluate(truth, predicted), "seconds": seconds}
        print_metrics(family, results["models"][family])
        for name, plot in (("actual_vs_predicted", plots.actual_vs_predicted), ("residuals", plots.residuals)):
            plot(truth, predicted, family, options.output_data_dir / f"{name}_{family}.png")
    best = min(results["models"], key=lambda family: results["models"][family]["rmse"])
    results["best_model"] = best
    print(f"best model: {best}", flush=True)
    print_metrics("validation", results["models"][best])
    facts = {
        **job.origin(features, len(train), options),
        "model": best,
        "task": "regression",
        "label": DISCOUNT_SHARE,
        "hyperparameters": {"trees": options.trees},
        "work_key": key_of(train, options),
    }
    job.write(options, {"model": models[best], "features": features}, results, facts)
    return results


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads hyperparameters from the command line, paths from the container's variables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=job.family_names(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--trees", type=int, default=200)
    job.add_paths(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    job.run(lambda: train_all(parse()))
