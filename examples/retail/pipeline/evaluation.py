"""Figures of a classifier on later weeks, in plain numbers that go into JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)


def evaluate(truth: np.ndarray, predicted: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Metrics over class indices 0..len(classes)-1; an absent class counts 0 in the macro mean."""
    labels = list(range(len(classes)))
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, predicted)),
        "f1_macro": float(f1_score(truth, predicted, labels=labels, average="macro", zero_division=0)),
        "per_class": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "support": int(support[index]),
            }
            for index, name in enumerate(classes)
        },
        "confusion_matrix": {
            "labels": list(classes),
            "rows_are": "truth",
            "counts": confusion_matrix(truth, predicted, labels=labels).tolist(),
        },
    }


def majority(train_truth: np.ndarray, truth: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """What always saying the most frequent class of the training weeks would score."""
    most = int(np.bincount(train_truth, minlength=len(classes)).argmax())
    figures = evaluate(truth, np.full_like(truth, most), classes)
    return {"class": classes[most], "accuracy": figures["accuracy"], "f1_macro": figures["f1_macro"]}
