from __future__ import annotations

import json
import re
from argparse import Namespace
from pathlib import Path

import joblib
import pytest
from conftest import SMALL, run_training

import train
from families import FAMILIES
from schema import CLASSES, LABEL


def results_of(job: Path) -> dict:
    return json.loads((job / "model/evaluation_results.json").read_text())


def test_all_four_families_are_judged_and_the_best_macro_f1_wins(trained: tuple[Path, str]) -> None:
    results = results_of(trained[0])
    scores = {name: figures["f1_macro"] for name, figures in results["models"].items()}
    assert set(scores) == set(FAMILIES)
    assert results["best_model"] == max(scores, key=lambda name: scores[name])
    assert results["majority"]["class"] == "Medium"
    assert scores["xgboost"] > results["majority"]["f1_macro"]


def test_every_family_has_per_class_figures_that_agree_with_its_confusion_matrix(trained: tuple[Path, str]) -> None:
    results = results_of(trained[0])
    for figures in results["models"].values():
        counts = figures["confusion_matrix"]["counts"]
        assert sum(map(sum, counts)) == results["rows"]["test"]
        correct = sum(row[index] for index, row in enumerate(counts))
        assert figures["accuracy"] == pytest.approx(correct / results["rows"]["test"], abs=1e-12)
        for index, name in enumerate(CLASSES):
            assert figures["per_class"][name]["support"] == sum(counts[index])
        assert figures["cross_validation"]["folds"] == 3
        assert figures["cross_validation"]["f1_macro"]["sd"] >= 0


def test_the_metric_lines_say_what_the_results_say(trained: tuple[Path, str]) -> None:
    job, log = trained
    results = results_of(job)
    for metric in ("accuracy", "f1_macro"):
        (found,) = re.findall(rf"validation:{metric}=([0-9.]+);", log)
        assert float(found) == pytest.approx(results["models"][results["best_model"]][metric], abs=1e-6)
        (baseline,) = re.findall(rf"baseline:{metric}=([0-9.]+);", log)
        assert float(baseline) == pytest.approx(results["majority"][metric], abs=1e-6)


def test_the_model_can_be_used_with_what_its_metadata_says(trained: tuple[Path, str], channels: Path) -> None:
    job, _ = trained
    bundle = joblib.load(job / "model/model.joblib")
    facts = json.loads((job / "model/model_metadata.json").read_text())
    assert [feature["name"] for feature in facts["features"]] == bundle["features"]
    table = train.read_channel(channels / "test")
    predicted = bundle["model"].predict(train.matrix_of(table, bundle["features"]))
    correct = (predicted == train.truth_of(table)).mean()
    assert correct == pytest.approx(results_of(job)["models"][facts["model"]]["accuracy"], abs=1e-12)


def test_there_is_a_plot_for_each_model_and_a_comparison(trained: tuple[Path, str]) -> None:
    plots = {path.name for path in (trained[0] / "output/data").glob("*.png")}
    assert plots == {"comparison.png", *(f"confusion_{family}.png" for family in FAMILIES)}


def options_of(channels: Path, job: Path, out: Path, *arguments: str) -> Namespace:
    """The same without a process of its own, with the checkpoints of a job."""
    paths = {
        "--train": channels / "train",
        "--test": channels / "test",
        "--model-dir": out / "model",
        "--output-data-dir": out / "output/data",
        "--checkpoint-dir": job / "checkpoints",
    }
    return train.parse([*SMALL, *(str(part) for pair in paths.items() for part in pair), *arguments])


def test_finished_families_are_taken_from_checkpoints(
    trained: tuple[Path, str], channels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job, _ = trained
    train.train_all(options_of(channels, job, tmp_path))
    assert capsys.readouterr().out.count("taken from a checkpoint") == len(FAMILIES)
    assert results_of(tmp_path)["models"] == results_of(job)["models"]


def test_another_seed_does_not_take_them(
    trained: tuple[Path, str], channels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train.train_all(options_of(channels, trained[0], tmp_path, "--seed", "5", "--families", "decision_tree"))
    assert "taken from a checkpoint" not in capsys.readouterr().out


def test_a_failure_is_left_where_sagemaker_looks_for_it(tmp_path: Path) -> None:
    broken = tmp_path / "channels"
    for name in ("train", "test"):
        (broken / name).mkdir(parents=True)
        (broken / name / "x.parquet").write_text("no parquet")
    ended = run_training(broken, tmp_path / "job", *SMALL)
    assert ended.returncode == 1
    assert "Parquet magic bytes not found" in (tmp_path / "job/output/failure").read_text()


def test_an_empty_channel_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="E-NO-GOLD"):
        train.read_channel(tmp_path)


def test_an_unknown_family_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.parse(["--families", "forest"])
    assert "unknown families forest; there are logistic_regression" in capsys.readouterr().err


def test_damaged_labels_are_as_many_of_each_and_the_same_ones_each_time(channels: Path) -> None:
    table = train.read_channel(channels / "train")
    damaged = train.damage(table, 0.4, 1)
    changed = (damaged[LABEL] != table[LABEL]).mean()
    assert 0.1 < changed < 0.4
    assert damaged[LABEL].value_counts().to_dict() == table[LABEL].value_counts().to_dict()
    assert damaged.drop(columns=LABEL).equals(table.drop(columns=LABEL))
    assert damaged.equals(train.damage(table, 0.4, 1))
    assert train.damage(table, 0, 1).equals(table)


def test_damaged_labels_give_a_worse_model_that_says_what_was_done(
    trained: tuple[Path, str], channels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = results_of(trained[0])
    options = options_of(channels, tmp_path, tmp_path, "--families", "decision_tree", "--damage-labels", "0.4")
    worse = train.train_all(options)
    assert worse["models"]["decision_tree"]["f1_macro"] < good["models"]["decision_tree"]["f1_macro"] - 0.03
    assert "fault injection: 40% of the training labels are shuffled" in capsys.readouterr().out
    facts = json.loads((tmp_path / "model/model_metadata.json").read_text())
    assert facts["fault_injection"] == worse["fault_injection"] == {"damaged_labels": 0.4}
    clean = json.loads((trained[0] / "model/model_metadata.json").read_text())
    assert "fault_injection" not in clean and "fault_injection" not in good
    assert facts["work_key"] != clean["work_key"]


def test_more_than_all_labels_cannot_be_damaged(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.parse(["--damage-labels", "40"])
    assert "--damage-labels is a share, from 0 to 1" in capsys.readouterr().err
