"""A trained model and its answers: the one way in which service, judge and tests ask it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np

MODEL_FILE: Final = "model.joblib"
FACTS_FILE: Final = "model_metadata.json"
#: The models compute in 32 bits: what is larger would become infinite.
LARGEST: Final = float(np.finfo(np.float32).max)
#: More faults than anybody reads say nothing more.
FAULTS_SHOWN: Final = 100


class ModelFault(Exception):
    """Why a folder holds no usable model: what happened and why, without code or advice."""


class InputFaults(Exception):
    """Everything that is wrong with a request, each as `E-CODE: what happened | why | do this`."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = len(faults) - FAULTS_SHOWN
        left = [f"E-MORE: {more} more faults | {FAULTS_SHOWN} are shown | correct these first"] if more > 0 else []
        self.faults = [*faults[:FAULTS_SHOWN], *left]
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class Model:
    """A loaded model that has answered once, with what it needs to know and what it can say."""

    estimator: Any
    features: tuple[str, ...]
    classes: tuple[str, ...]
    #: Names the training that made it, the same wherever the model is loaded.
    version: str


@dataclass(frozen=True)
class Predictions:
    """A class for each row, and the probabilities it was chosen by: one column for each class of the model."""

    labels: list[str]
    probabilities: np.ndarray
    classes: tuple[str, ...]

    def of(self, label: str) -> np.ndarray:
        """The probability of a class in each row."""
        return self.probabilities[:, self.classes.index(label)]


def words(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def load(folder: Path) -> Model:
    """Loads a model from its unpacked archive. This runs code of the archive: it must be one of our own trainings.

    Raises ModelFault when a file is missing, does not load, or contradicts the other one.
    """
    for name in (MODEL_FILE, FACTS_FILE):
        if not (folder / name).is_file():
            raise ModelFault(f"{name} is missing")
    try:
        facts = json.loads((folder / FACTS_FILE).read_text())
        features, classes = [feature["name"] for feature in facts["features"]], list(facts["classes"])
        version = f"{facts['model']}-{facts['work_key']}"
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFault(f"{FACTS_FILE} is not what training writes ({words(error)})") from error
    try:
        bundle = joblib.load(folder / MODEL_FILE)
        agrees = list(bundle["features"]) == features and list(bundle["classes"]) == classes
        model = Model(bundle["model"], tuple(features), tuple(classes), version)
    except Exception as error:
        # Whatever stands in a pickle may raise whatever it likes.
        raise ModelFault(f"{MODEL_FILE} cannot be loaded ({words(error)})") from error
    if not agrees:
        raise ModelFault(f"{MODEL_FILE} and {FACTS_FILE} name other features or classes")
    try:
        # A request is half a millisecond of work; threads that wait for each other made it 5 to 16 on a busy machine.
        model.estimator.set_params(**{name: 1 for name in model.estimator.get_params() if name.endswith("n_jobs")})
        predict(model, [dict.fromkeys(features, 0)])
    except Exception as error:
        raise ModelFault(f"{MODEL_FILE} gives no answer ({words(error)})") from error
    return model


def is_value(value: object) -> bool:
    """A number that the models can take, or None where nothing is known."""
    return value is None or (type(value) in (int, float) and abs(value) <= LARGEST)


def row_faults(model: Model, row: object, number: int) -> list[str]:
    """What is wrong with a row."""
    if not isinstance(row, Mapping):
        return [
            f"E-ROW: row {number} is {row!r:.60} | a row names the {len(model.features)} features, or, where lists are "
            "taken, has exactly that many values | send such a row"
        ]
    lacking = [name for name in model.features if name not in row]
    unknown = row.keys() - set(model.features) if len(row) + len(lacking) != len(model.features) else []
    faults = []
    if lacking:
        faults.append(
            f"E-FEATURES: row {number} lacks {', '.join(lacking)} | the model needs {len(model.features)} features | "
            "send them, null where nothing is known"
        )
    for name in sorted(map(str, unknown)):
        near = difflib.get_close_matches(name, lacking, 1)
        advice = f"did you mean {near[0]}?" if near else "leave it out"
        faults.append(f"E-UNKNOWN: row {number} has {name!r:.60} | the model knows no such feature | {advice}")
    faults += [
        f"E-VALUE: {name} of row {number} is {row[name]!r:.60} | only finite numbers and null are taken | correct it"
        for name in model.features
        if name in row and not is_value(row[name])
    ]
    return faults


def predict(model: Model, rows: Sequence[Mapping[str, float | None]]) -> Predictions:
    """The model's answers to rows of features by name. Raises InputFaults with all that is wrong with them."""
    if not rows:
        raise InputFaults(["E-EMPTY: there is no row | nothing was asked | send at least one"])
    faults = [fault for number, row in enumerate(rows, 1) for fault in row_faults(model, row, number)]
    if faults:
        raise InputFaults(faults)
    data = np.array([[row[name] for name in model.features] for row in rows], dtype=np.float32)
    probabilities = np.zeros((len(rows), len(model.classes)))
    # A class that training never met has no column of its own.
    probabilities[:, model.estimator.classes_] = model.estimator.predict_proba(data)
    labels = [model.classes[index] for index in probabilities.argmax(axis=1)]
    return Predictions(labels, probabilities, model.classes)


def answers(model: Model, rows: Sequence[Mapping[str, float | None]]) -> list[dict[str, Any]]:
    """The same as the service says it."""
    found = predict(model, rows)
    return [
        {
            "prediction": label,
            "probabilities": dict(zip(model.classes, shares, strict=True)),
            "model_version": model.version,
        }
        for label, shares in zip(found.labels, found.probabilities.tolist(), strict=True)
    ]
