"""Clients of others, unmodified."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Cloud, ended, script, training
from ecr import digest_of, manifest_of
from registry import SERVING, completed

QUICK = "import os; print('score=0.5;'); open(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('1')"


def environment(cloud: Cloud, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIALOCALADMIN000000",
        "AWS_SECRET_ACCESS_KEY": "local-admin",
    }


def aws(cloud: Cloud, tmp_path: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / "aws"), *arguments]
    done = subprocess.run(command, env=environment(cloud, tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_boto3_waits_and_reads(cloud: Cloud, sm: Any, s3: Any) -> None:
    sm.create_training_job(**training("boto3", HyperParameters=script(s3, "boto3", QUICK)))
    ended(sm, "boto3")
    sm.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="boto3")
    s3.get_waiter("object_exists").wait(Bucket="data", Key="out/boto3/output/model.tar.gz")
    s3.download_file("data", "out/boto3/output/model.tar.gz", os.devnull)


def test_the_aws_cli_trains_waits_and_reads_logs(cloud: Cloud, sm: Any, s3: Any, tmp_path: Path) -> None:
    request = training("aws-cli", HyperParameters=script(s3, "aws-cli", QUICK))
    created = aws(cloud, tmp_path, "sagemaker", "create-training-job", "--cli-input-json", json.dumps(request))
    assert json.loads(created)["TrainingJobArn"].endswith("training-job/aws-cli")
    # Its waiter looks every two minutes; the job has ended before it looks first.
    ended(sm, "aws-cli")
    aws(cloud, tmp_path, "sagemaker", "wait", "training-job-completed-or-stopped", "--training-job-name", "aws-cli")
    described = json.loads(aws(cloud, tmp_path, "sagemaker", "describe-training-job", "--training-job-name", "aws-cli"))
    assert described["TrainingJobStatus"] == "Completed"
    found = aws(cloud, tmp_path, "sagemaker", "list-training-jobs", "--name-contains", "aws-cli", "--page-size", "1")
    assert [job["TrainingJobName"] for job in json.loads(found)["TrainingJobSummaries"]] == ["aws-cli"]
    model = described["ModelArtifacts"]["S3ModelArtifacts"]
    aws(cloud, tmp_path, "s3", "cp", model, str(tmp_path / "model.tar.gz"))
    assert (tmp_path / "model.tar.gz").stat().st_size > 0
    group = "/aws/sagemaker/TrainingJobs"
    found = aws(
        cloud,
        tmp_path,
        "logs",
        "describe-log-streams",
        "--log-group-name",
        group,
        "--log-stream-name-prefix",
        "aws-cli/",
    )
    stream = json.loads(found)["logStreams"][0]["logStreamName"]
    events = aws(cloud, tmp_path, "logs", "get-log-events", "--log-group-name", group, "--log-stream-name", stream)
    assert "score=0.5;" in [event["message"] for event in json.loads(events)["events"]]


def test_the_aws_cli_registers_approves_and_lists(cloud: Cloud, sm: Any, tmp_path: Path) -> None:
    def run(operation: str, *options: str) -> Any:
        said = aws(cloud, tmp_path, "sagemaker", operation, *options)
        return json.loads(said) if said else {}

    group = ("--model-package-group-name", "aws-cli-group")
    run("create-model-package-group", *group, "--tags", "Key=team,Value=retail")
    arns = [
        run("create-model-package", *group, "--inference-specification", json.dumps(SERVING))["ModelPackageArn"]
        for _ in range(2)
    ]
    approve = ("--model-approval-status", "Approved", "--approval-description", "better")
    run("update-model-package", "--model-package-arn", arns[1], *approve, "--customer-metadata-properties", "k=v")
    found = run("describe-model-package", "--model-package-name", arns[1])
    assert (found["ApprovalDescription"], found["CustomerMetadataProperties"]) == ("better", {"k": "v"})
    # The command of the hand-written pipelines: the newest that is approved.
    newest = ("--model-approval-status", "Approved", "--sort-by", "CreationTime", "--sort-order", "Descending")
    listed = run("list-model-packages", *group, *newest, "--page-size", "1")["ModelPackageSummaryList"]
    assert [one["ModelPackageArn"] for one in listed] == [arns[1]]
    batch = run("batch-describe-model-package", "--model-package-arn-list", *arns)
    assert list(batch["ModelPackageSummaries"]) == arns
    arn = run("describe-model-package-group", *group)["ModelPackageGroupArn"]
    assert run("list-tags", "--resource-arn", arn)["Tags"] == [{"Key": "team", "Value": "retail"}]
    completed(sm, arns[1])
    for one in arns:
        run("delete-model-package", "--model-package-name", one)
    run("delete-model-package-group", *group)
    assert run("list-model-package-groups", "--name-contains", "aws-cli")["ModelPackageGroupSummaryList"] == []


SDK = """
from sagemaker.core.resources import TrainingJob
job = TrainingJob.get("NAME")
job.wait(poll=1)
print(job.training_job_status, job.model_artifacts.s3_model_artifacts)
names = {found.training_job_name for found in TrainingJob.get_all(name_contains="NAME")}
assert "NAME" in names
"""


def test_the_sagemaker_sdk_waits_and_lists(cloud: Cloud, sm: Any, s3: Any, tmp_path: Path) -> None:
    sm.create_training_job(**training("sdk", HyperParameters=script(s3, "sdk", QUICK)))
    done = subprocess.run(
        [sys.executable, "-c", SDK.replace("NAME", "sdk")],
        env=environment(cloud, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Completed s3://data/out/sdk/output/model.tar.gz" in done.stdout


def test_the_aws_cli_pushes_an_image_and_reads_its_findings(cloud: Cloud, tmp_path: Path) -> None:
    def run(operation: str, *options: str) -> Any:
        return json.loads(aws(cloud, tmp_path, "ecr", operation, *options))

    name = ("--repository-name", "team/cli")
    run("create-repository", *name, "--image-tag-mutability", "IMMUTABLE")
    for content in (b"{}", b"layer"):
        upload = ("--upload-id", run("initiate-layer-upload", *name)["uploadId"])
        blob = tmp_path / "blob"
        blob.write_bytes(content)
        span = ("--part-first-byte", "0", "--part-last-byte", str(len(content) - 1))
        run("upload-layer-part", *name, *upload, *span, "--layer-part-blob", f"fileb://{blob}")
        run("complete-layer-upload", *name, *upload, "--layer-digests", digest_of(content))
    put = run("put-image", *name, "--image-manifest", manifest_of(b"layer"), "--image-tag", "v1")
    (image,) = run("describe-images", *name, "--image-ids", "imageTag=v1")["imageDetails"]
    assert image["imageDigest"] == put["image"]["imageId"]["imageDigest"] == digest_of(manifest_of(b"layer").encode())
    run("start-image-scan", *name, "--image-id", "imageTag=v1")
    aws(cloud, tmp_path, "ecr", "wait", "image-scan-complete", *name, "--image-id", "imageTag=v1")
    found = run("describe-image-scan-findings", *name, "--image-id", "imageTag=v1")
    assert found["imageScanStatus"]["status"] == "COMPLETE"
    password = aws(cloud, tmp_path, "ecr", "get-login-password")
    assert password.strip()


def test_a_wrong_secret_is_refused(cloud: Cloud) -> None:
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        cloud.client("sts", secret="wrong").get_caller_identity()
    with pytest.raises(Exception, match="InvalidSignatureException"):
        cloud.client("sagemaker", secret="wrong").list_training_jobs()
