from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import EXECUTION, Cloud, archive, begun, ended, log_of, phase, script, training, until
from test_processing import processing

SLEEP = "import time; print('begun', flush=True); time.sleep(60)"


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def test_script_mode_finds_everything_its_container_promises(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = (
        "import argparse, json, os\n"
        "p = argparse.ArgumentParser()\n"
        "p.add_argument('--trees', type=int)\n"
        "p.add_argument('--train', default=os.environ.get('SM_CHANNEL_TRAIN', '/opt/ml/input/data/train'))\n"
        "p.add_argument('--model-dir', default=os.environ.get('SM_MODEL_DIR', '/opt/ml/model'))\n"
        "a = p.parse_args()\n"
        "config = os.environ['SM_INPUT_CONFIG_DIR']\n"
        "resources = json.load(open(config + '/resourceconfig.json'))\n"
        "assert resources['current_host'] == 'algo-1' and resources['current_instance_type'] == 'ml.m5.large'\n"
        "assert json.load(open(config + '/hyperparameters.json'))['trees'] == '7'\n"
        "assert json.loads(os.environ['SM_HPS'])['trees'] == 7 and os.environ['SM_HP_TREES'] == '7'\n"
        "assert os.environ['GREETING'] == 'hello' and 'AWS_SESSION_TOKEN' in os.environ\n"
        "assert not [k for k in os.environ if k.startswith('PYTEST')]\n"
        "print('files', sorted(os.listdir(a.train)), 'trees', a.trees)\n"
        "print('loss=0.5;'); print('loss=0.25;')\n"
        "open(a.model_dir + '/model.txt', 'w').write('m')\n"
        "open(os.environ['SM_OUTPUT_DATA_DIR'] + '/plot.txt', 'w').write('p')\n"
    )
    request = training(
        "script", HyperParameters=script(s3, "script", text, trees="7"), Environment={"GREETING": "hello"}
    )
    definitions = [{"Name": "loss", "Regex": "loss=([0-9.]+);"}]
    request["AlgorithmSpecification"]["MetricDefinitions"] = definitions
    sm.create_training_job(**request)
    job = ended(sm, "script")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    phases = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert phases == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all("EndTime" in entry for entry in job["SecondaryStatusTransitions"])
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("loss", 0.25)]
    assert job["AlgorithmSpecification"]["MetricDefinitions"] == definitions
    assert job["Environment"] == {"GREETING": "hello"}
    assert job["TrainingTimeInSeconds"] >= 1
    assert "files ['a.csv'] trees 7" in log_of(cloud, "script")
    for name, member in (("model.tar.gz", "model.txt"), ("output.tar.gz", "plot.txt")):
        body = s3.get_object(Bucket="data", Key=f"out/script/output/{name}")["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            assert tar.getnames() == [member]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://data/out/script/output/model.tar.gz"


def test_a_failing_script_leaves_its_traceback_as_the_reason(sm: Any, s3: Any) -> None:
    sm.create_training_job(**training("fails", HyperParameters=script(s3, "fails", "raise ValueError('no good')")))
    job = ended(sm, "fails")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1")
    assert "ValueError: no good" in job["FailureReason"]
    assert "ModelArtifacts" not in job


def test_the_failure_file_is_the_reason_when_there_is_one(sm: Any, s3: Any) -> None:
    text = "import os, sys; open(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('my words'); sys.exit(3)"
    sm.create_training_job(**training("failure-file", HyperParameters=script(s3, "failure-file", text)))
    assert ended(sm, "failure-file")["FailureReason"] == "AlgorithmError: my words, exit code: 3"


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("no-image", {"AlgorithmSpecification": {"TrainingImage": "x", "TrainingInputMode": "File"}}, "Cannot pull"),
        ("no-code", {"HyperParameters": {"a": "1"}}, "sagemaker_submit_directory or ContainerEntrypoint"),
        (
            "no-data",
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/none/"}},
                    }
                ]
            },
            "No S3 objects found",
        ),
        (
            "not-allowed",
            {
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://other/x/"}},
                    }
                ]
            },
            "AccessDenied",
        ),
    ],
)
def test_what_a_job_lacks_is_its_reason(sm: Any, name: str, change: dict[str, Any], reason: str) -> None:
    sm.create_training_job(**training(name, **change))
    job = ended(sm, name)
    assert (job["TrainingJobStatus"], job["FailureReason"].split(":")[0]) == ("Failed", "ClientError")
    assert reason in job["FailureReason"]


def test_an_archive_that_leads_out_is_refused(sm: Any, s3: Any) -> None:
    s3.put_object(Bucket="data", Key="code/evil.tar.gz", Body=archive({"../../evil.py": "print(1)"}))
    parameters = {"sagemaker_program": "evil.py", "sagemaker_submit_directory": "s3://data/code/evil.tar.gz"}
    sm.create_training_job(**training("evil", HyperParameters=parameters))
    assert "cannot be unpacked" in ended(sm, "evil")["FailureReason"]


def test_a_container_entry_point_runs_with_its_paths_mapped(cloud: Cloud, sm: Any) -> None:
    request = training("entry")
    request["AlgorithmSpecification"]["ContainerEntrypoint"] = [
        "sh",
        "-c",
        "ls /opt/ml/input/data/train; echo $0",
        "/opt/ml/x",
    ]
    sm.create_training_job(**request)
    assert ended(sm, "entry")["TrainingJobStatus"] == "Completed"
    assert log_of(cloud, "entry")[0] == "a.csv"


def test_a_name_is_taken_once_and_for_all(sm: Any) -> None:
    sm.create_training_job(**training("twice"))
    with pytest.raises(ClientError) as caught:
        sm.create_training_job(**training("twice"))
    assert code_of(caught) == "ResourceInUse"


def test_unknown_jobs_are_a_validation_exception(sm: Any) -> None:
    for call in (sm.describe_training_job, sm.stop_training_job):
        with pytest.raises(ClientError, match="Requested resource not found") as caught:
            call(TrainingJobName="nobody")
        assert code_of(caught) == "ValidationException"


def test_a_stopped_job_keeps_its_artifact_and_cannot_be_stopped_again(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = "import os\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('1')\n" + SLEEP
    sm.create_training_job(**training("stopped", HyperParameters=script(s3, "stopped", text)))
    begun(cloud, sm, "stopped")
    sm.stop_training_job(TrainingJobName="stopped")
    job = ended(sm, "stopped")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "Stopping" in [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert s3.head_object(Bucket="data", Key="out/stopped/output/model.tar.gz")["ContentLength"] > 0
    with pytest.raises(ClientError, match="training job is in status Stopped"):
        sm.stop_training_job(TrainingJobName="stopped")


def test_a_script_that_traps_the_signal_is_killed_after_120_seconds(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n" + SLEEP.replace(
        "time.sleep(60)", "[time.sleep(1) for _ in range(60)]"
    )
    sm.create_training_job(**training("stubborn", HyperParameters=script(s3, "stubborn", text)))
    begun(cloud, sm, "stubborn")
    sm.stop_training_job(TrainingJobName="stubborn")
    until(lambda: "no" in log_of(cloud, "stubborn"))
    assert sm.describe_training_job(TrainingJobName="stubborn")["TrainingJobStatus"] == "Stopping"
    cloud.control("POST", "clock", {"advance": 121})
    assert ended(sm, "stubborn")["TrainingJobStatus"] == "Stopped"


def test_max_runtime_ends_a_job_as_stopped_with_its_own_phase(cloud: Cloud, sm: Any, s3: Any) -> None:
    sm.create_training_job(**training("limit", HyperParameters=script(s3, "limit", SLEEP)))
    begun(cloud, sm, "limit")
    cloud.control("POST", "clock", {"advance": 601})
    job = ended(sm, "limit")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["TrainingTimeInSeconds"] > 600


SPOT: dict[str, Any] = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
}


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = (
        "import os, time\n"
        "folder = os.environ['CHECKPOINTS']\n"
        "done = os.listdir(folder)\n"
        "print('found', done, flush=True)\n"
        "if not done:\n"
        "    open(folder + '/epoch-1', 'w').write('1')\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(60)\n"
    )
    request = training(
        "spot",
        HyperParameters=script(s3, "spot", text),
        Environment={"CHECKPOINTS": "/opt/ml/checkpoints"},
        CheckpointConfig={"S3Uri": "s3://data/checkpoints/spot"},
        **SPOT,
    )
    sm.create_training_job(**request)
    begun(cloud, sm, "spot")
    cloud.control("POST", "interrupt", {"job": "spot"})
    job = ended(sm, "spot")
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    phases = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert phases.count("Training") == 2 and "Interrupted" in phases
    assert job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket="data", Prefix="checkpoints/spot")["Contents"]]
    assert keys == ["checkpoints/spot/epoch-1"]


def test_a_script_that_ends_well_when_its_spot_machine_goes_is_not_done(cloud: Cloud, sm: Any, s3: Any) -> None:
    text = (
        "import os, signal, sys, time\n"
        "folder = os.environ['CHECKPOINTS']\n"
        "if os.listdir(folder):\n"
        "    sys.exit(0)\n"
        "def save(*_):\n"
        "    open(folder + '/epoch-1', 'w').write('1')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, save)\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)\n"
    )
    request = training(
        "spot-polite",
        HyperParameters=script(s3, "spot-polite", text),
        Environment={"CHECKPOINTS": "/opt/ml/checkpoints"},
        CheckpointConfig={"S3Uri": "s3://data/checkpoints/spot-polite"},
        **SPOT,
    )
    sm.create_training_job(**request)
    begun(cloud, sm, "spot-polite")
    cloud.control("POST", "interrupt", {"job": "spot-polite"})
    job = ended(sm, "spot-polite")
    phases = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert (job["TrainingJobStatus"], phases.count("Training")) == ("Completed", 2)


def test_a_job_that_waits_for_a_machine_can_be_stopped(cloud: Cloud, sm: Any, s3: Any) -> None:
    hyperparameters = script(s3, "full", SLEEP)
    busy = [f"full-{number}" for number in range(4)]
    for name in busy:
        sm.create_training_job(**training(name, HyperParameters=hyperparameters))
    for name in busy:
        phase(sm, name, "Training")
    sm.create_training_job(**training("waits", HyperParameters=hyperparameters))
    sm.stop_training_job(TrainingJobName="waits")
    job = ended(sm, "waits")
    assert [entry["Status"] for entry in job["SecondaryStatusTransitions"]] == ["Starting", "Stopping", "Stopped"]
    assert "TrainingStartTime" not in job and "ModelArtifacts" not in job
    for name in busy:
        assert sm.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == "Training"
        sm.stop_training_job(TrainingJobName=name)
    for name in busy:
        ended(sm, name)


def channel(**changes: Any) -> dict[str, Any]:
    return {"InputDataConfig": [{**training("x")["InputDataConfig"][0], **changes}]}


def algorithm(**changes: Any) -> dict[str, Any]:
    return {"AlgorithmSpecification": {**training("x")["AlgorithmSpecification"], **changes}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (channel(InputMode="FastFile"), "File mode"),
        (channel(CompressionType="Gzip"), "CompressionType"),
        (
            channel(DataSource={"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://data/m"}}),
            "only S3Prefix",
        ),
        (algorithm(MetricDefinitions=[{"Name": "m", "Regex": "(unclosed"}]), "Invalid metric definition regex"),
        (
            {
                "ResourceConfig": {
                    "InstanceGroups": [{"InstanceGroupName": "g", "InstanceType": "ml.m5.large", "InstanceCount": 1}],
                    "VolumeSizeInGB": 1,
                }
            },
            "InstanceGroups",
        ),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120}}, "EnableManagedSpotTraining"),
        ({**SPOT, "StoppingCondition": {"MaxRuntimeInSeconds": 60}}, "MaxWaitTimeInSeconds"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}}, "one instance"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role"),
    ],
)
def test_requests_that_cannot_be_are_refused(sm: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words) as caught:
        sm.create_training_job(**training("refused", **change))
    assert code_of(caught) == "ValidationException"


def test_a_quota_is_refused_in_the_words_of_service_quotas(cloud: Cloud, sm: Any, s3: Any) -> None:
    resources = {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1}
    hyperparameters = script(s3, "quota", SLEEP)
    # Each use of a type has a quota of its own.
    processors = {"ClusterConfig": resources}
    sm.create_processing_job(**processing("quota-processing", "sleep 60", ProcessingResources=processors))
    sm.create_training_job(**training("quota", HyperParameters=hyperparameters, ResourceConfig=resources))
    with pytest.raises(ClientError) as caught:
        sm.create_training_job(**training("quota-2", ResourceConfig=resources))
    assert code_of(caught) == "ResourceLimitExceeded"
    assert (
        "'ml.p3.2xlarge for training job usage' is 1 Instances, with current utilization of 1 Instances "
        "and a request delta of 1 Instances." in str(caught.value)
    )
    sm.stop_processing_job(ProcessingJobName="quota-processing")
    sm.stop_training_job(TrainingJobName="quota")
    ended(sm, "quota")


@pytest.mark.parametrize(("kind", "reason"), [("capacity", "CapacityError"), ("internal", "InternalServerError")])
def test_faults_of_jobs(cloud: Cloud, sm: Any, kind: str, reason: str) -> None:
    cloud.control("POST", "faults", {"kind": kind})
    sm.create_training_job(**training(f"fault-{kind}"))
    assert ended(sm, f"fault-{kind}")["FailureReason"].startswith(f"{reason}: ")


def test_tags_are_kept(sm: Any) -> None:
    arn = sm.create_training_job(**training("tagged", Tags=[{"Key": "a", "Value": "1"}]))["TrainingJobArn"]
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    sm.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert json.dumps(sm.describe_training_job(TrainingJobName="tagged")["RoleArn"]) == f'"{EXECUTION}"'
