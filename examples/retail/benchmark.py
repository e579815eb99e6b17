"""Three seeds of all families on the full data, as the table of the README."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "data"), str(HERE / "pipeline")]
import etl  # noqa: E402
import export  # noqa: E402
import train  # noqa: E402

SEEDS = (20260101, 20260102, 20260103)
MARKS = ("<!-- benchmark -->", "<!-- /benchmark -->")


def results(folder: Path) -> list[dict]:
    """Trains with every seed and returns what each found."""
    export.export(folder / "raw")
    etl.process(folder / "raw", folder / "etl")
    gold = folder / "etl/gold"
    paths = ["--train", gold / "train", "--test", gold / "test", "--model-dir", folder / "model"]
    paths += ["--output-data-dir", folder / "output", "--checkpoint-dir", folder / "none"]
    return [train.train_all(train.parse([*map(str, paths), "--seed", str(seed)])) for seed in SEEDS]


def spread(values: list[float]) -> str:
    """Mean and standard deviation."""
    return f"{statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}"


def table(found: list[dict]) -> str:
    """Markdown: a row per family, target and majority below."""
    rows = ["| | accuracy | macro F1 | recall of High |", "| --- | ---: | ---: | ---: |"]
    for family in found[0]["models"]:
        models = [result["models"][family] for result in found]
        recall = [model["per_class"]["High"]["recall"] for model in models]
        figures = [spread([model[name] for model in models]) for name in ("accuracy", "f1_macro")]
        rows.append(f"| {family} | {figures[0]} | {figures[1]} | {spread(recall)} |")
    targets, majority = found[0]["targets"], found[0]["majority"]
    rows.append(f"| *target* | {targets['accuracy']:.2f} | {targets['f1_macro']:.2f} | |")
    rows.append(
        f"| *always saying {majority['class']}* | {majority['accuracy']:.4f} | {majority['f1_macro']:.4f} | 0 |"
    )
    return "\n".join(rows)


def main() -> None:
    """Writes the table into the README."""
    with tempfile.TemporaryDirectory() as folder:
        text = table(results(Path(folder)))
    readme = HERE / "README.md"
    before, rest = readme.read_text().split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    readme.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")
    print(text)


if __name__ == "__main__":
    main()
