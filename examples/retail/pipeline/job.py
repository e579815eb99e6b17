"""What all training scripts do alike: folders of the container, files of a model, failures that SageMaker shows."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
import xgboost

from schema import TRAIN_WEEKS


def family_names(known: Collection[str]) -> Callable[[str], list[str]]:
    """Reads a list of families, with commas between them."""

    def read(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown families {', '.join(unknown)}; there are {', '.join(known)}")
        return names

    return read


def add_paths(parser: argparse.ArgumentParser) -> None:
    """Options for the folders, which SageMaker gives in variables."""
    path = os.environ.get
    parser.add_argument("--train", type=Path, default=path("SM_CHANNEL_TRAIN", "/opt/ml/input/data/train"))
    parser.add_argument("--test", type=Path, default=path("SM_CHANNEL_TEST", "/opt/ml/input/data/test"))
    parser.add_argument("--model-dir", type=Path, default=path("SM_MODEL_DIR", "/opt/ml/model"))
    parser.add_argument("--output-data-dir", type=Path, default=path("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data"))


def origin(features: list[str], rows: int, options: argparse.Namespace) -> dict[str, Any]:
    """What a model's metadata says about where it came from."""
    return {
        "version": 1,
        "features": [{"name": name, "type": "float"} for name in features],
        "training_weeks": list(TRAIN_WEEKS),
        "training_rows": rows,
        "seed": options.seed,
        "libraries": {
            "python": sys.version.split()[0],
            "scikit-learn": sklearn.__version__,
            "xgboost": xgboost.__version__,
            "numpy": np.__version__,
        },
    }


def write(options: argparse.Namespace, bundle: dict[str, Any], results: dict[str, Any], facts: dict[str, Any]) -> None:
    """The model with its documents, and these once more beside the plots."""
    for folder in (options.model_dir, options.output_data_dir):
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in (("evaluation_results.json", results), ("model_metadata.json", facts)):
            (folder / name).write_text(json.dumps(document, indent=2) + "\n")
    joblib.dump(bundle, options.model_dir / "model.joblib", compress=3)


def run(work: Callable[[], object]) -> None:
    """Runs a training script. SageMaker shows what stands in the failure file, so the traceback goes there too."""
    # Spot and stop send SIGTERM: finished families are in the checkpoint folder already, so it ends at once.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        work()
    except Exception:
        failure = Path(os.environ.get("SM_OUTPUT_DIR", "/opt/ml/output")) / "failure"
        if failure.parent.is_dir():
            failure.write_text(traceback.format_exc()[-1024:])
        raise
