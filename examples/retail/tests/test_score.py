from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import joblib
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import archive_of
from sklearn.metrics import accuracy_score, f1_score

import predictor
import score
import train
from families import FAMILIES
from schema import CLASSES


@pytest.fixture(scope="module")
def candidate(trained: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(trained[0] / "model", tmp_path_factory.mktemp("candidate"))


@pytest.fixture
def model(trained: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the unpacked model to change."""
    return Path(shutil.copytree(trained[0] / "model", tmp_path / "model"))


def options(channels: Path, candidate: Path, out: Path, champion: Path | None = None, rows: int = 0) -> Namespace:
    return Namespace(
        test=channels / "test", candidate=candidate, champion=champion or out / "absent", out=out, test_rows=rows
    )


def read(out: Path) -> tuple[pd.DataFrame, list[dict], dict]:
    folder = out / "scored"
    golden = [json.loads(line) for line in (folder / "golden.jsonl").read_text().splitlines()]
    return (
        pq.read_table(folder / "scored.parquet").to_pandas(),
        golden,
        json.loads((folder / "metadata.json").read_text()),
    )


@pytest.fixture(scope="module")
def first(channels: Path, candidate: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first model ever, judged by the job's command line."""
    out = tmp_path_factory.mktemp("first")
    (out / "champion").mkdir()
    command = [sys.executable, score.__file__, "--test", channels / "test", "--candidate", candidate]
    command += ["--champion", out / "champion", "--out", out]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return out


def test_the_first_model_is_scored_alone_and_it_is_said(first: Path, channels: Path, candidate: Path) -> None:
    table, _, facts = read(first)
    assert facts["champion"] == {"status": "none", "reason": "there is no champion yet"}
    assert facts["candidate"]["sha256"] == hashlib.sha256((candidate / "model.tar.gz").read_bytes()).hexdigest()
    assert [path.name for path in sorted((first / "scored").iterdir())] == [
        "golden.jsonl",
        "metadata.json",
        "scored.parquet",
    ]
    assert list(table) == [
        *("id", "y_true", "y_candidate", "p_candidate_Low", "p_candidate_Medium", "p_candidate_High"),
        *("household_id", "week", "basket_lines", "promoted"),
    ]
    expected = pd.read_parquet(channels / "test")
    assert facts["rows"] == facts["rows_available"] == len(table) == len(expected)
    assert table["id"].tolist() == expected["basket_id"].tolist()
    assert table["y_true"].tolist() == expected["BASKET_PRICE_SENSITIVITY"].tolist()


def test_what_is_scored_is_what_training_measured(first: Path, trained: tuple[Path, str]) -> None:
    table, _, _ = read(first)
    results = json.loads((trained[0] / "model/evaluation_results.json").read_text())
    figures = results["models"][results["best_model"]]
    assert accuracy_score(table["y_true"], table["y_candidate"]) == pytest.approx(figures["accuracy"], abs=1e-12)
    macro = f1_score(table["y_true"], table["y_candidate"], average="macro")
    assert macro == pytest.approx(figures["f1_macro"], abs=1e-12)
    shares = table[[f"p_candidate_{name}" for name in CLASSES]]
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-5)
    assert shares.idxmax(axis=1).str.removeprefix("p_candidate_").tolist() == table["y_candidate"].tolist()


def test_groups_say_what_the_basket_says(first: Path, channels: Path) -> None:
    table, baskets = read(first)[0], pd.read_parquet(channels / "test")
    bands = baskets["lines"].map(lambda lines: "1-3" if lines <= 3 else "4-10" if lines <= 10 else "11+")
    assert table["basket_lines"].tolist() == bands.tolist()
    assert set(table["basket_lines"]) == {"1-3", "4-10", "11+"}
    assert ((table["promoted"] == "yes") == (baskets[["mailer_share", "display_share"]].max(axis=1) > 0)).all()


def test_golden_answers_show_every_class_and_agree_with_the_scored_rows(first: Path, candidate: Path) -> None:
    table, golden, facts = read(first)
    assert len(golden) == 20 and len({one["id"] for one in golden}) == 20
    assert facts["golden"] == {"Low": 7, "Medium": 7, "High": 6}
    rows = table.set_index(table["id"].astype(str))
    model = score.load_archive(candidate)
    for one in golden:
        assert set(one["request"]) == set(model.features)
        assert predictor.answers(model, [one["request"]]) == [one["response"]]
        row = rows.loc[one["id"]]
        assert one["response"]["prediction"] == row["y_candidate"]
        assert one["response"]["model_version"] == facts["candidate"]["model_version"]
        for name, share in one["response"]["probabilities"].items():
            assert share == pytest.approx(row[f"p_candidate_{name}"], abs=1e-6)


def test_a_class_that_is_never_answered_is_shown_by_a_basket_that_is_truly_of_it() -> None:
    table = pd.DataFrame(
        {"id": range(30), "y_true": ["Low"] * 10 + ["High"] * 20, "y_candidate": ["Low"] * 29 + ["Medium"]}
    )
    chosen = score.choose_golden(table, CLASSES)
    assert len(set(chosen)) == 20 and 29 in chosen
    assert any(table["y_true"][row] == "High" for row in chosen)
    assert chosen == score.choose_golden(table, CLASSES)


def test_the_same_inputs_give_the_same_bytes(first: Path, channels: Path, candidate: Path, tmp_path: Path) -> None:
    score.score(options(channels, candidate, tmp_path))
    for name in ("scored.parquet", "golden.jsonl", "metadata.json"):
        assert (tmp_path / "scored" / name).read_bytes() == (first / "scored" / name).read_bytes()


def test_fewer_rows_are_whole_households(channels: Path, candidate: Path, tmp_path: Path) -> None:
    facts = score.score(options(channels, candidate, tmp_path, rows=150))
    table, golden, _ = read(tmp_path)
    everything = pd.read_parquet(channels / "test")
    assert 150 <= facts["rows"] == len(table) < facts["rows_available"] == len(everything)
    whole = everything[everything["household_id"].isin(table["household_id"])]
    assert table["id"].tolist() == whole["basket_id"].tolist()
    assert {one["id"] for one in golden} <= set(table["id"].astype(str))


def edit_facts(model: Path, /, **changes: object) -> None:
    path = model / "model_metadata.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_bundle(model: Path, /, **changes: object) -> None:
    path = model / "model.joblib"
    joblib.dump(joblib.load(path) | changes, path)


def test_a_champion_is_asked_for_its_own_features_only(
    channels: Path, candidate: Path, trained: tuple[Path, str], model: Path, tmp_path: Path
) -> None:
    table = train.read_channel(channels / "train")
    features = [name for name in train.features_of(table) if name not in ("weekday", "hour")]
    fitted = FAMILIES["decision_tree"](1, 20).fit(train.matrix_of(table, features), train.truth_of(table))
    edit_bundle(model, model=fitted, features=features)
    edit_facts(model, model="decision_tree", work_key="older", features=[{"name": name} for name in features])
    champion = archive_of(model, tmp_path / "champion")
    facts = score.score(options(channels, candidate, tmp_path, champion))
    assert facts["champion"]["status"] == "scored"
    assert facts["champion"]["features_lacked"] == ["weekday", "hour"]
    assert facts["champion"]["model_version"] == "decision_tree-older"
    scored = read(tmp_path)[0]
    expected = fitted.predict(train.matrix_of(train.read_channel(channels / "test"), features))
    assert scored["y_champion"].tolist() == [CLASSES[index] for index in expected]
    assert {f"p_champion_{name}" for name in CLASSES} < set(scored)
    assert scored["y_champion"].tolist() != scored["y_candidate"].tolist()


def garble(model: Path) -> None:
    (model / "model.joblib").write_bytes(b"not a pickle")


def take_away(model: Path) -> None:
    (model / "model.joblib").unlink()


def blind(model: Path) -> None:
    edit_bundle(model, model="no model at all")


def contradict(model: Path) -> None:
    edit_bundle(model, features=["weekday"])


def want_more(model: Path) -> None:
    """One that was trained with a column that is no longer there."""
    features = [*joblib.load(model / "model.joblib")["features"][:-1], "loyalty_points"]
    edit_bundle(model, features=features)
    edit_facts(model, features=[{"name": name} for name in features])


def rename_class(model: Path) -> None:
    edit_bundle(model, classes=["Low", "Middle", "High"])
    edit_facts(model, classes=["Low", "Middle", "High"])


def empty_facts(model: Path) -> None:
    (model / "model_metadata.json").write_text("{}")


BROKEN: dict[Callable[[Path], None], str] = {
    garble: "model.joblib cannot be loaded",
    take_away: "model.joblib is missing",
    blind: "gives no answer",
    contradict: "name other features or classes",
    want_more: "it needs loyalty_points, which the candidate's evaluation data lacks",
    rename_class: "it tells Low, Middle, High apart, the candidate Low, Medium, High",
    empty_facts: "model_metadata.json is not what training writes",
}


@pytest.mark.parametrize("change", BROKEN)
def test_a_champion_that_cannot_be_used_is_named_and_nothing_is_guessed(
    channels: Path, candidate: Path, model: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    change(model)
    facts = score.score(options(channels, candidate, tmp_path, archive_of(model, tmp_path / "champion"), rows=50))
    assert facts["champion"]["status"] == "failed"
    assert BROKEN[change] in facts["champion"]["reason"]
    assert "\n" not in facts["champion"]["reason"]
    table = read(tmp_path)[0]
    assert not [name for name in table if "champion" in name]
    assert "y_candidate" in table


def test_a_champion_without_an_archive_has_failed(channels: Path, candidate: Path, tmp_path: Path) -> None:
    (tmp_path / "champion").mkdir()
    (tmp_path / "champion/readme.txt").write_text("moved")
    facts = score.score(options(channels, candidate, tmp_path, tmp_path / "champion", rows=50))
    assert facts["champion"] == {"status": "failed", "reason": "model.tar.gz is missing"}


@pytest.mark.parametrize("change", [garble, take_away, want_more])
def test_a_candidate_that_cannot_be_used_is_an_error(
    channels: Path, model: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    change(model)
    with pytest.raises(SystemExit, match=r"^E-CANDIDATE: [^|\n]+ \| [^|\n]+ \| [^|\n]+$"):
        score.score(options(channels, archive_of(model, tmp_path / "candidate"), tmp_path, rows=50))
    assert not (tmp_path / "scored").exists()


def drop_label(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="BASKET_PRICE_SENSITIVITY")


def relabel(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(BASKET_PRICE_SENSITIVITY="Extreme")


def overflow(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(units=float("inf"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop_label, "E-COLUMNS: the evaluation data lacks BASKET_PRICE_SENSITIVITY"),
        (relabel, "E-LABEL: the evaluation data is labelled Extreme"),
        (overflow, "E-VALUE: units of row 1 is inf"),
    ],
)
def test_evaluation_data_that_cannot_be_used_is_an_error(
    channels: Path, candidate: Path, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    (tmp_path / "test").mkdir()
    change(pd.read_parquet(channels / "test").head(30)).to_parquet(tmp_path / "test/baskets.parquet")
    with pytest.raises(SystemExit, match=message):
        score.score(options(tmp_path, candidate, tmp_path))


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


@pytest.mark.parametrize(
    ("hostile", "reason"),
    [
        (entry("../../model.joblib"), "leads outside"),
        (entry("/tmp/model.joblib"), "leads outside"),
        (entry("model.joblib", tarfile.SYMTYPE, "/etc/passwd"), "is a link"),
        (entry("model.joblib", tarfile.LNKTYPE, "/etc/passwd"), "is a link"),
        (entry("model.joblib", tarfile.FIFOTYPE), "is a link, a device"),
        (entry("model.joblib", tarfile.GNUTYPE_SPARSE), "or sparse"),
    ],
)
def test_a_hostile_archive_is_refused_before_anything_of_it_is_written_or_run(
    model: Path, tmp_path: Path, hostile: tarfile.TarInfo, reason: str
) -> None:
    archive, out = tmp_path / "model.tar.gz", tmp_path / "unpacked"
    out.mkdir()
    with tarfile.open(archive, "w:gz") as tar:
        for path in model.iterdir():
            tar.add(path, path.name)
        tar.addfile(hostile, io.BytesIO())
    with pytest.raises(predictor.ModelFault, match=reason):
        score.unpack(archive, out)
    assert list(out.iterdir()) == []


def test_an_archive_that_unpacks_to_too_much_is_refused(
    candidate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score, "LARGEST_ARCHIVE", 1000)
    with pytest.raises(predictor.ModelFault, match="unpacks to more than 1000 bytes"):
        score.unpack(candidate / "model.tar.gz", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [lambda data: b"no archive", lambda data: data[: len(data) // 2]])
def test_a_damaged_archive_is_a_reason(candidate: Path, tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    (tmp_path / "model.tar.gz").write_bytes(damage((candidate / "model.tar.gz").read_bytes()))
    with pytest.raises(predictor.ModelFault, match="cannot be read"):
        score.load_archive(tmp_path)
