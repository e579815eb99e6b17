"""The four model families, each behind the same two calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

JOBS = 2


def linear(model: Any) -> Any:
    """A linear model; needs scaled columns without gaps."""
    return make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler(), model)


def boosted(kind: Callable[..., Any], seed: int, trees: int) -> Any:
    """Boosted trees; they take gaps as they are."""
    return kind(
        n_estimators=trees,
        max_depth=6,
        learning_rate=0.1,
        subsample=0.8,
        tree_method="hist",
        n_jobs=JOBS,
        random_state=seed,
    )


def logistic_regression(seed: int, _trees: int) -> Any:
    """Linear, for probabilities of classes."""
    return linear(LogisticRegression(max_iter=300, random_state=seed))


def decision_tree(seed: int, _trees: int) -> Any:
    """One tree, kept shallow enough to be read."""
    return make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1),
        DecisionTreeClassifier(max_depth=12, min_samples_leaf=50, random_state=seed),
    )


def random_forest(seed: int, trees: int) -> Any:
    """Many deep trees on samples of rows and columns."""
    return make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1),
        RandomForestClassifier(
            n_estimators=trees // 2, min_samples_leaf=5, max_samples=0.5, n_jobs=JOBS, random_state=seed
        ),
    )


def xgboost(seed: int, trees: int) -> Any:
    """Boosted trees, for probabilities of classes."""
    return boosted(XGBClassifier, seed, trees)


FAMILIES: dict[str, Callable[[int, int], Any]] = {
    "logistic_regression": logistic_regression,
    "decision_tree": decision_tree,
    "random_forest": random_forest,
    "xgboost": xgboost,
}
