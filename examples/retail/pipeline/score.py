"""Runs candidate and champion on the candidate's evaluation data, through the serving code: a processing job.

Writes, below scored/, the predictions of both (scored.parquet), twenty requests with the candidate's answers
(golden.jsonl) and what was done (metadata.json). A candidate that cannot be used ends the job with one line; a champion
that cannot is said in metadata.json, and the job goes on without it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tarfile
import tempfile
import zlib
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from gold import read_channel, sample
from predictor import FACTS_FILE, MODEL_FILE, InputFaults, Model, ModelFault, Predictions, answers, load, predict, words
from schema import IDENTITY, LABEL

ARCHIVE: Final = "model.tar.gz"
GOLDEN_ROWS: Final = 20
#: Ours are a megabyte; what unpacks to more than this is no model of this pipeline.
LARGEST_ARCHIVE: Final = 4 * 2**30
#: What identifies a row, says what is true of it, and groups it.
NEEDED: Final = (*IDENTITY, LABEL, "lines", "mailer_share", "display_share")
#: A smaller part of the evaluation data is the same part for every model.
SAMPLE_SEED: Final = 20260101


def unpack(archive: Path, folder: Path) -> None:
    """Takes the two files of a model out of its archive. Looks at every entry first, and refuses what leads outside."""
    with tarfile.open(archive, "r:gz") as tar:
        members, size = [], 0
        for member in tar:
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise ModelFault(f"the archive's entry {member.name!r:.100} leads outside of it")
            if not (member.isreg() or member.isdir()) or member.issparse():
                raise ModelFault(f"the archive's entry {member.name!r:.100} is a link, a device or sparse")
            size += member.size
            if size > LARGEST_ARCHIVE:
                raise ModelFault(f"the archive unpacks to more than {LARGEST_ARCHIVE} bytes")
            if member.isreg() and str(path) in (MODEL_FILE, FACTS_FILE):
                members.append((member, folder / path))
        for member, path in members:
            source = tar.extractfile(member)
            if source is not None:
                with path.open("wb") as file:
                    shutil.copyfileobj(source, file)


def load_archive(folder: Path) -> Model:
    """The model of a folder's archive. Raises ModelFault with the reason when there is none that can be used."""
    archive = folder / ARCHIVE
    if not archive.is_file():
        raise ModelFault(f"{ARCHIVE} is missing")
    with tempfile.TemporaryDirectory() as unpacked:
        try:
            unpack(archive, Path(unpacked))
        except (tarfile.TarError, zlib.error, OSError, EOFError) as error:
            raise ModelFault(f"{ARCHIVE} cannot be read ({words(error)})") from error
        return load(Path(unpacked))


def digest_of(folder: Path) -> str:
    """SHA-256 of a folder's archive: what a verdict is bound to."""
    with (folder / ARCHIVE).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def names_of(model: Model) -> dict[str, Any]:
    """What a model calls itself and its answers."""
    return {"model_version": model.version, "classes": list(model.classes)}


def requests_of(model: Model, table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table as the service is asked: features by name, None where nothing is known."""
    return pa.Table.from_pandas(table[list(model.features)], preserve_index=False).to_pylist()


def predict_table(model: Model, table: pd.DataFrame) -> Predictions:
    """The model's answers to a table that has its features."""
    absent = [name for name in model.features if name not in table.columns]
    if absent:
        raise ModelFault(f"it needs {', '.join(absent)}, which the candidate's evaluation data lacks")
    return predict(model, requests_of(model, table))


def score_candidate(folder: Path, table: pd.DataFrame) -> tuple[Model, Predictions]:
    """The candidate and its predictions; it has to be usable."""
    try:
        model = load_archive(folder)
        return model, predict_table(model, table)
    except ModelFault as error:
        raise SystemExit(f"E-CANDIDATE: the candidate cannot be scored | {error} | train it again") from error
    except InputFaults as error:
        raise SystemExit(str(error)) from error


def score_champion(folder: Path, table: pd.DataFrame, candidate: Model) -> tuple[dict[str, Any], Predictions | None]:
    """What became of the champion, and its predictions when there are any."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return {"status": "none", "reason": "there is no champion yet"}, None
    facts: dict[str, Any] = {}
    try:
        model = load_archive(folder)
        facts |= names_of(model) | {"sha256": digest_of(folder)}
        facts["features_lacked"] = [name for name in candidate.features if name not in model.features]
        if set(model.classes) != set(candidate.classes):
            theirs, ours = ", ".join(model.classes), ", ".join(candidate.classes)
            raise ModelFault(f"it tells {theirs} apart, the candidate {ours}")
        return {"status": "scored", "reason": "", **facts}, predict_table(model, table)
    except Exception as error:
        # A model of another time may break in ways that nobody listed, and must not stop the candidate.
        reason = str(error) if isinstance(error, ModelFault) else words(error)
        return {"status": "failed", "reason": reason, **facts}, None


def groups_of(table: pd.DataFrame) -> dict[str, Any]:
    """What rows can be grouped by; all of it is known before the bill is printed."""
    sizes = pd.cut(table["lines"], [0, 3, 10, float("inf")], labels=["1-3", "4-10", "11+"])
    promoted = (table["mailer_share"] > 0) | (table["display_share"] > 0)
    return {
        "household_id": table["household_id"],
        "week": table["week"],
        "basket_lines": sizes.astype(str),
        "promoted": promoted.map({True: "yes", False: "no"}),
    }


def scored(table: pd.DataFrame, found: dict[str, Predictions], classes: tuple[str, ...]) -> pd.DataFrame:
    """One row per basket: truth, what each model says, with which probabilities, and the groups."""
    columns: dict[str, Any] = {"id": table["basket_id"], "y_true": table[LABEL]}
    for name, predictions in found.items():
        columns[f"y_{name}"] = predictions.labels
    for name, predictions in found.items():
        for label in classes:
            columns[f"p_{name}_{label}"] = predictions.of(label)
    return pd.DataFrame(columns | groups_of(table), index=table.index)


def choose_golden(table: pd.DataFrame, classes: tuple[str, ...]) -> list[int]:
    """Positions of rows that show every class in turn: as the candidate answers it, or else as it truly is."""
    marks = [hashlib.sha256(str(basket).encode()).digest() for basket in table["id"]]
    order = sorted(range(len(table)), key=marks.__getitem__)
    said, true = table["y_candidate"].tolist(), table["y_true"].tolist()
    queues = [
        [row for row in order if said[row] == name] or [row for row in order if true[row] == name] for name in classes
    ]
    turns = [row for turn in zip_longest(*queues) for row in turn if row is not None]
    return list(dict.fromkeys(turns))[:GOLDEN_ROWS]


def golden(model: Model, table: pd.DataFrame, chosen: list[int]) -> list[dict[str, Any]]:
    """Requests as the service gets them, each with the candidate's answer."""
    picked = table.iloc[chosen]
    return [
        {"id": str(basket), "request": request, "response": answers(model, [request])[0]}
        for basket, request in zip(picked["basket_id"], requests_of(model, picked), strict=True)
    ]


def evaluation_data(folder: Path) -> pd.DataFrame:
    """Gold's test part, with all that is needed beside the features."""
    table = read_channel(folder)
    absent = [name for name in NEEDED if name not in table.columns]
    if absent:
        raise SystemExit(
            f"E-COLUMNS: the evaluation data lacks {', '.join(absent)} | it is not what the ETL writes | "
            "give gold's test part"
        )
    return table


def score(options: argparse.Namespace) -> dict[str, Any]:
    """Scores both models, writes the three files and returns the metadata."""
    everything = evaluation_data(options.test)
    table = sample(everything, options.test_rows, SAMPLE_SEED)
    model, found = score_candidate(options.candidate, table)
    strange = sorted(set(table[LABEL].astype(str)) - set(model.classes))
    if strange:
        raise SystemExit(
            f"E-LABEL: the evaluation data is labelled {', '.join(strange)} | the candidate tells "
            f"{', '.join(model.classes)} apart | score it on the data it was trained for"
        )
    champion, theirs = score_champion(options.champion, table, model)
    both = {"candidate": found} | ({"champion": theirs} if theirs else {})
    judged = scored(table, both, model.classes)
    examples = golden(model, table, choose_golden(judged, model.classes))
    facts = {
        "version": 1,
        "rows": len(table),
        "rows_available": len(everything),
        "labels": {name: int((table[LABEL] == name).sum()) for name in model.classes},
        "candidate": {"status": "scored", **names_of(model), "sha256": digest_of(options.candidate)},
        "champion": champion,
        "golden": {name: sum(one["response"]["prediction"] == name for one in examples) for name in model.classes},
    }
    folder = options.out / "scored"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(judged, preserve_index=False), folder / "scored.parquet")
    (folder / "golden.jsonl").write_text("".join(json.dumps(example) + "\n" for example in examples))
    (folder / "metadata.json").write_text(json.dumps(facts, indent=2) + "\n")
    return facts


def main() -> None:
    """Command line; the defaults are the paths of a SageMaker processing container."""
    parser = argparse.ArgumentParser(description=__doc__)
    inputs = Path("/opt/ml/processing/input")
    parser.add_argument("--test", type=Path, default=inputs / "test", help="folder with gold's test part")
    parser.add_argument("--candidate", type=Path, default=inputs / "candidate", help=f"folder with its {ARCHIVE}")
    parser.add_argument("--champion", type=Path, default=inputs / "champion", help="the same; absent or empty: none")
    parser.add_argument("--out", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument(
        "--test-rows", type=int, default=0, help="about that many rows, as whole households; 0 takes all"
    )
    facts = score(parser.parse_args())
    print(json.dumps({name: facts[name] for name in ("rows", "candidate", "champion")}))


if __name__ == "__main__":
    main()
