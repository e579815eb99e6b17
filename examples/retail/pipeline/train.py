"""Trains four model families on gold and keeps the best by macro F1 on later weeks: a SageMaker script-mode job.

Paths come from the SM_* variables of the container, hyperparameters as arguments. Each finished family is kept in the
checkpoint folder, so that a job that lost its spot machine goes on with the next one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold

import job
import plots
from evaluation import evaluate, majority
from families import FAMILIES
from gold import features_of, matrix_of, read_channel, sample, truth_of
from schema import CLASSES, LABEL

TARGETS = {"accuracy": 0.80, "f1_macro": 0.70}


def cross_validate(
    family: str, table: pd.DataFrame, features: list[str], options: argparse.Namespace
) -> dict[str, Any]:
    """Mean and standard deviation over folds that never share a household."""
    scores: dict[str, list[float]] = {"accuracy": [], "f1_macro": []}
    data, truth = matrix_of(table, features), truth_of(table)
    for train, held in GroupKFold(options.folds).split(data, truth, table["household_id"]):
        model = FAMILIES[family](options.seed, options.trees).fit(data[train], truth[train])
        figures = evaluate(truth[held], model.predict(data[held]), CLASSES)
        for name in scores:
            scores[name].append(figures[name])
    return {
        "folds": options.folds,
        "rows": len(table),
        **{
            name: {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1))}
            for name, values in scores.items()
        },
    }


def train_family(
    family: str, train: pd.DataFrame, test: pd.DataFrame, options: argparse.Namespace
) -> tuple[Any, dict[str, Any]]:
    """Fits a family on the training weeks and judges it on the later ones."""
    started = time.perf_counter()
    features = features_of(train)
    validated = cross_validate(family, sample(train, options.cv_rows, options.seed), features, options)
    model = FAMILIES[family](options.seed, options.trees).fit(matrix_of(train, features), truth_of(train))
    predicted = model.predict(matrix_of(test, features))
    figures = evaluate(truth_of(test), predicted, CLASSES)
    seconds = round(time.perf_counter() - started, 2)
    return model, {**figures, "cross_validation": validated, "seconds": seconds}


def key_of(train: pd.DataFrame, test: pd.DataFrame, options: argparse.Namespace) -> str:
    """Names the work, so that a checkpoint of other data or settings is never taken up."""
    settings = {name: getattr(options, name) for name in ("seed", "folds", "trees", "cv_rows")}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for table in (train, test):
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:16]


def train_or_resume(
    family: str, key: str, train: pd.DataFrame, test: pd.DataFrame, options: argparse.Namespace
) -> tuple[Any, dict[str, Any]]:
    """A family from the checkpoint folder when it is there, else trained and put there."""
    folder: Path = options.checkpoint_dir
    path = folder / f"{family}-{key}.joblib"
    if path.is_file():
        print(f"{family}: taken from a checkpoint", flush=True)
        return joblib.load(path)
    result = train_family(family, train, test, options)
    if folder.is_dir():
        # Written under another name first: the sync must never see half a file.
        part = path.with_suffix(".part")
        joblib.dump(result, part)
        part.rename(path)
    return result


def print_metrics(name: str, figures: dict[str, Any]) -> None:
    """Lines that the job's metric definitions match."""
    for metric in ("accuracy", "balanced_accuracy", "f1_macro"):
        if metric in figures:
            print(f"{name}:{metric}={figures[metric]:.6f};", flush=True)


def metadata(
    best: str, features: list[str], train: pd.DataFrame, key: str, options: argparse.Namespace
) -> dict[str, Any]:
    """What is needed to use the model and to tell where it came from."""
    return {
        **job.origin(features, len(train), options),
        "model": best,
        "task": "multiclass",
        "classes": list(CLASSES),
        "label": LABEL,
        "hyperparameters": {name: getattr(options, name) for name in ("folds", "trees", "cv_rows")},
        "work_key": key,
        **injected(options),
    }


def injected(options: argparse.Namespace) -> dict[str, Any]:
    """The faults that were put in on purpose; a model that has none says nothing."""
    return {"fault_injection": {"damaged_labels": options.damage_labels}} if options.damage_labels else {}


def damage(table: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """The table with the labels of that share of rows shuffled among them: a fault, to show what a gate makes of it."""
    order = np.random.default_rng(seed)
    chosen = order.permutation(len(table))[: round(share * len(table))]
    labels = table[LABEL].to_numpy(copy=True)
    labels[chosen] = labels[order.permutation(chosen)]
    return table.assign(**{LABEL: labels})


def train_all(options: argparse.Namespace) -> dict[str, Any]:
    """Trains all families, writes model, results and plots, and returns the results."""
    train, test = read_channel(options.train), read_channel(options.test)
    if options.damage_labels:
        print(f"fault injection: {options.damage_labels:.0%} of the training labels are shuffled", flush=True)
        train = damage(train, options.damage_labels, options.seed)
    key = key_of(train, test, options)
    results: dict[str, Any] = {
        "version": 1,
        "targets": TARGETS,
        "majority": majority(truth_of(train), truth_of(test), CLASSES),
        "rows": {"train": len(train), "test": len(test)},
        "models": {},
        **injected(options),
    }
    print_metrics("baseline", results["majority"])
    models = {}
    for family in options.families:
        models[family], results["models"][family] = train_or_resume(family, key, train, test, options)
        print_metrics(family, results["models"][family])
    best = max(results["models"], key=lambda family: results["models"][family]["f1_macro"])
    results["best_model"] = best
    print(f"best model: {best}", flush=True)
    print_metrics("validation", results["models"][best])
    features = features_of(train)
    bundle = {"model": models[best], "features": features, "classes": list(CLASSES)}
    job.write(options, bundle, results, metadata(best, features, train, key, options))
    for family, figures in results["models"].items():
        plots.confusion(figures, family, options.output_data_dir / f"confusion_{family}.png")
    plots.comparison(results, options.output_data_dir / "comparison.png")
    return results


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Reads hyperparameters from the command line, paths from the container's variables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=job.family_names(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--cv-rows", type=int, default=20_000, help="rows for cross-validation; 0 takes all")
    parser.add_argument(
        "--damage-labels",
        type=float,
        default=0,
        metavar="SHARE",
        help="fault injection for demonstrations: shuffles the labels of that share of the training rows",
    )
    job.add_paths(parser)
    checkpoints = os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints")
    parser.add_argument("--checkpoint-dir", type=Path, default=checkpoints)
    options = parser.parse_args(arguments)
    if not 0 <= options.damage_labels <= 1:
        parser.error("--damage-labels is a share, from 0 to 1")
    return options


if __name__ == "__main__":
    job.run(lambda: train_all(parse()))
