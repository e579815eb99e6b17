"""Pictures of an evaluation, as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np


def confusion(figures: dict[str, Any], title: str, path: Path) -> None:
    """A confusion matrix with the share of each true class and the counts."""
    matrix = figures["confusion_matrix"]
    counts = np.array(matrix["counts"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(4.6, 4))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        text = f"{shares[row, column]:.0%}\n{count}"
        axes.text(column, row, text, ha="center", va="center", color=colour)
    ticks = range(len(matrix["labels"]))
    axes.set_xticks(ticks, matrix["labels"])
    axes.set_yticks(ticks, matrix["labels"])
    axes.set(xlabel="predicted", ylabel="truth", title=title)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def comparison(results: dict[str, Any], path: Path) -> None:
    """All families beside each other, with targets and what the majority class would score."""
    names = list(results["models"])
    figure, charts = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for axes, metric in zip(charts, ("accuracy", "f1_macro"), strict=True):
        values = [results["models"][name][metric] for name in names]
        bars = axes.barh(names, values, color="#4477aa")
        axes.bar_label(bars, fmt="%.3f", padding=3)
        axes.axvline(results["targets"][metric], color="#228833", linestyle="--", label="target")
        axes.axvline(results["majority"][metric], color="#888888", linestyle=":", label="majority class")
        axes.set(title=metric, xlim=(0, 1))
    figure.legend(*charts[1].get_legend_handles_labels(), loc="lower center", ncols=2)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, dpi=100)
    plt.close(figure)


def actual_vs_predicted(truth: np.ndarray, predicted: np.ndarray, title: str, path: Path) -> None:
    """How often each prediction met each truth; on the line they agree."""
    figure, axes = plt.subplots(figsize=(4.6, 4))
    axes.hexbin(truth, predicted, gridsize=40, bins="log", cmap="Blues")
    ends = (min(truth.min(), predicted.min()), max(truth.max(), predicted.max()))
    axes.plot(ends, ends, color="#228833", linestyle="--")
    axes.set(xlabel="truth", ylabel="predicted", title=title)
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)


def residuals(truth: np.ndarray, predicted: np.ndarray, title: str, path: Path) -> None:
    """What is left of the truth after the prediction, over the prediction and as a histogram."""
    left = truth - predicted
    figure, (over, counts) = plt.subplots(1, 2, figsize=(9, 3.6))
    over.hexbin(predicted, left, gridsize=40, bins="log", cmap="Blues")
    over.axhline(0, color="#228833", linestyle="--")
    over.set(xlabel="predicted", ylabel="truth - predicted", title=title)
    counts.hist(left, bins=60, color="#4477aa")
    counts.set(xlabel="truth - predicted", ylabel="rows")
    figure.tight_layout()
    figure.savefig(path, dpi=100)
    plt.close(figure)
