"""Training scripts in the style of SageMaker's public examples, as they would be run by its framework images."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from conftest import HERE, Cloud, begun, ended, log_of, training

SCRIPTS = HERE / "scripts"


def source(s3: Any, program: str, more: dict[str, bytes] | None = None, **hyperparameters: str) -> dict[str, str]:
    """Uploads an archive with a script of the folder `scripts`; gives the hyperparameters that run it."""
    files = {program: (SCRIPTS / program).read_bytes(), **(more or {})}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    key = f"code/{Path(program).stem}/sourcedir.tar.gz"
    s3.put_object(Bucket="data", Key=key, Body=packed.getvalue())
    # The SageMaker SDK sends every hyperparameter as JSON.
    return {
        "sagemaker_program": json.dumps(program),
        "sagemaker_submit_directory": json.dumps(f"s3://data/{key}"),
        **hyperparameters,
    }


def in_archive(s3: Any, uri: str, name: str) -> str:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        member = tar.extractfile(name)
        assert member is not None
        return member.read().decode()


def test_arguments_and_variables_are_those_of_the_toolkit(sm: Any, s3: Any) -> None:
    given = {"max-depth": "7", "learning-rate": "0.010", "shuffle": "true", "layers": "[1, 2]"}
    request = training("style-tree", HyperParameters=source(s3, "sklearn_tree.py", **given))
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "validation:accuracy", "Regex": "validation-accuracy: ([0-9.]+);"}
    ]
    sm.create_training_job(**request)
    job = ended(sm, "style-tree")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    learned = json.loads(in_archive(s3, job["ModelArtifacts"]["S3ModelArtifacts"], "model.json"))
    assert learned == {"max_depth": 7, "learning_rate": 0.01, "shuffle": True, "layers": [1, 2], "rows": 1}
    output = job["ModelArtifacts"]["S3ModelArtifacts"].replace("model.tar.gz", "output.tar.gz")
    assert json.loads(in_archive(s3, output, "report.json")) == {"rows": 1}
    assert job["FinalMetricDataList"][0]["Value"] == 0.5


def test_a_script_goes_on_from_its_checkpoint_after_an_interruption(cloud: Cloud, sm: Any, s3: Any) -> None:
    request = training(
        "style-resume",
        HyperParameters=source(s3, "resume.py"),
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
        CheckpointConfig={"S3Uri": "s3://data/checkpoints/style-resume"},
    )
    request["HyperParameters"]["checkpoint-path"] = '"/opt/ml/checkpoints"'
    sm.create_training_job(**request)
    begun(cloud, sm, "style-resume")
    cloud.control("POST", "interrupt", {"job": "style-resume"})
    job = ended(sm, "style-resume")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert in_archive(s3, job["ModelArtifacts"]["S3ModelArtifacts"], "epochs.txt") == "3-4"
    saved = s3.list_objects_v2(Bucket="data", Prefix="checkpoints/style-resume/")["Contents"]
    assert [found["Key"].rsplit("-", 1)[-1] for found in saved] == ["1.txt", "2.txt", "3.txt", "4.txt"]


def test_the_failure_file_is_the_reason(sm: Any, s3: Any) -> None:
    sm.create_training_job(**training("style-failure", HyperParameters=source(s3, "failure_file.py")))
    job = ended(sm, "style-failure")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: Exception during training: the column BASKET_ID is missing")
    assert job["FailureReason"].endswith("exit code: 255")


def test_a_shell_script_may_be_the_entry_point(cloud: Cloud, sm: Any, s3: Any) -> None:
    hyperparameters = source(s3, "train.sh", note="two words; $HOME", trees="7")
    sm.create_training_job(**training("style-shell", HyperParameters=hyperparameters))
    job = ended(sm, "style-shell")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert log_of(cloud, "style-shell") == ["['--note', 'two words; $HOME', '--trees', '7']"]
    assert in_archive(s3, job["ModelArtifacts"]["S3ModelArtifacts"], "a.csv") == "x\n1\n"


def wheel(name: str, module: str, needs: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{name}.py", module)
        info = f"{name}-1.0.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: {needs}\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return packed.getvalue()


def test_requirements_bring_what_the_image_lacks_and_nothing_else(cloud: Cloud, sm: Any, s3: Any) -> None:
    name = "tiny-1.0-py3-none-any.whl"
    text = b"import jmespath, os, tiny\nprint(tiny.VALUE, os.listdir(os.path.dirname(tiny.__file__)), sep='|')"
    more = {
        name: wheel("tiny", "VALUE = 7\n", needs="jmespath"),
        "requirements.txt": f"./{name}\njmespath\n".encode(),
        "sklearn_tree.py": text,
    }
    sm.create_training_job(**training("style-needs", HyperParameters=source(s3, "sklearn_tree.py", more)))
    job = ended(sm, "style-needs")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    value, _, listed = log_of(cloud, "style-needs")[-1].partition("|")
    assert value == "7" and "jmespath" not in listed and "tiny.py" in listed


def test_requirements_that_cannot_be_had_are_the_reason(sm: Any, s3: Any) -> None:
    more = {"requirements.txt": b"./absent-1.0-py3-none-any.whl\n"}
    sm.create_training_job(**training("style-absent", HyperParameters=source(s3, "sklearn_tree.py", more)))
    reason = ended(sm, "style-absent")["FailureReason"]
    assert reason.startswith("AlgorithmError: InstallRequirementsError: ") and "absent-1.0" in reason


def test_an_archive_that_is_none_is_the_reason(sm: Any, s3: Any) -> None:
    hyperparameters = source(s3, "resume.py")
    s3.put_object(Bucket="data", Key="code/resume/sourcedir.tar.gz", Body=b"\x1f\x8b\x08 no archive")
    sm.create_training_job(**training("style-broken", HyperParameters=hyperparameters))
    assert ended(sm, "style-broken")["FailureReason"].startswith("ClientError: the source archive cannot be unpacked")


def test_an_entry_point_must_be_named_and_be_there(sm: Any, s3: Any) -> None:
    nameless = source(s3, "train.sh")
    absent = {**nameless, "sagemaker_program": "absent.py"}
    del nameless["sagemaker_program"]
    for name, hyperparameters, words in (
        ("style-nameless", nameless, "ClientError: the hyperparameter sagemaker_program"),
        ("style-no-file", absent, "AlgorithmError: ExecuteUserScriptError:\nExitCode 2"),
    ):
        sm.create_training_job(**training(name, HyperParameters=hyperparameters))
        assert ended(sm, name)["FailureReason"].startswith(words)
