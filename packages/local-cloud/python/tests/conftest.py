from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

HERE = Path(__file__).resolve().parent
EXECUTION = "arn:aws:iam::123456789012:role/execution"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/python:3"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
DATA_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::data"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::data/*"},
        {"Effect": "Allow", "Action": "logs:*", "Resource": "*"},
    ],
}
SAGEMAKER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
DEV = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/dev"}, "Action": "sts:AssumeRole"}
    ],
}
READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}],
}
_REGISTRY = "arn:aws:sagemaker:us-east-1:123456789012"
#: May register in groups of one prefix, with tags of one team, and approve nothing.
REGISTRAR = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sagemaker:CreateModelPackageGroup", "sagemaker:AddTags"],
            "Resource": f"{_REGISTRY}:model-package-group/mine-*",
            "Condition": {"StringEquals": {"aws:RequestTag/team": "retail"}},
        },
        {
            "Effect": "Allow",
            "Action": ["sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage", "sagemaker:*Describe*"],
            "Resource": [f"{_REGISTRY}:model-package-group/mine-*", f"{_REGISTRY}:model-package/mine-*"],
        },
        {
            "Effect": "Deny",
            "Action": ["sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"],
            "Resource": "*",
            "Condition": {"StringEquals": {"sagemaker:ModelApprovalStatus": "Approved"}},
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/registry/*"},
    ],
}
ACCOUNT: dict[str, Any] = {
    "accountId": "123456789012",
    "region": "us-east-1",
    "admin": {"accessKeyId": "AKIALOCALADMIN000000", "secretAccessKey": "local-admin"},
    "oidcProviders": [],
    "roles": [
        {"name": "execution", "trust": SAGEMAKER, "policies": {"x": DATA_ONLY}, "maxSessionSeconds": 43200},
        {"name": "reader", "trust": DEV, "policies": {"x": READ_ONLY}, "maxSessionSeconds": 3600},
        {"name": "registrar", "trust": DEV, "policies": {"x": REGISTRAR}, "maxSessionSeconds": 3600},
    ],
    "users": [{"name": "dev", "accessKeyId": "AKIADEV0000000000000", "secretAccessKey": "dev", "policies": {"x": ALL}}],
    "buckets": ["data", "other"],
    "objects": [],
    "images": [
        {"match": IMAGE, "python": sys.executable},
        {"match": "*/told:1", "python": sys.executable, "digest": "sha256:" + "cd" * 32},
    ],
    "quotas": [{"instanceType": "ml.p3.2xlarge", "usage": "training", "limit": 1}],
}


class Cloud:
    """A server process and its clients."""

    def __init__(self, folder: Path, parent: int | None = None) -> None:
        document = folder / "account.json"
        document.write_text(json.dumps(ACCOUNT))
        command = [sys.executable, "-m", "local_cloud", "--account", document, "--states", folder / "states"]
        self.process = subprocess.Popen(
            [*map(str, command), "--parent", str(parent or os.getpid())], stdout=subprocess.PIPE, cwd=HERE.parent
        )
        assert self.process.stdout is not None
        self.hello = json.loads(self.process.stdout.readline())
        self.endpoint: str = self.hello["endpoint"]

    def client(self, service: str, key: str = "AKIALOCALADMIN000000", secret: str = "local-admin", **more: Any) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            **more,
        )

    def as_reader(self, service: str) -> Any:
        """A client with a session of the role `reader`, which may get the objects of one bucket and nothing else."""
        return self.as_role("reader", service)

    def as_role(self, name: str, service: str) -> Any:
        """A client with a session of a role."""
        sts = self.client("sts", "AKIADEV0000000000000", "dev")
        role = f"arn:aws:iam::123456789012:role/{name}"
        found = sts.assume_role(RoleArn=role, RoleSessionName="test", DurationSeconds=900)["Credentials"]
        return self.client(
            service, found["AccessKeyId"], found["SecretAccessKey"], aws_session_token=found["SessionToken"]
        )

    def control(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.endpoint}/_local/{name}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    started = Cloud(tmp_path_factory.mktemp("cloud"))
    for key, body in (("train/a.csv", b"x\n1\n"), ("registry/model.tar.gz", b"model")):
        started.client("s3").put_object(Bucket="data", Key=key, Body=body)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def bare_moto() -> Iterator[str]:
    """The endpoint of a moto server as it is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    admin = {"aws_access_key_id": "AKIALOCALADMIN000000", "aws_secret_access_key": "local-admin"}
    for bucket in ("data", "other"):
        boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint, **admin).create_bucket(Bucket=bucket)
    yield endpoint
    server.stop()


@pytest.fixture
def sm(cloud: Cloud) -> Any:
    return cloud.client("sagemaker")


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    return cloud.client("s3")


def archive(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


def training(name: str, **more: Any) -> dict[str, Any]:
    """A request for a job that runs `code/<name>.tar.gz`, if that is put there, or fails at once for its image."""
    return {
        "TrainingJobName": name,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "RoleArn": EXECUTION,
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://data/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        **more,
    }


def script(s3: Any, name: str, text: str, **hyperparameters: str) -> dict[str, str]:
    """Uploads a script and gives the hyperparameters that run it."""
    s3.put_object(Bucket="data", Key=f"code/{name}.tar.gz", Body=archive({"train.py": text}))
    return {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": f"s3://data/code/{name}.tar.gz",
        **hyperparameters,
    }


def until(test: Any, seconds: float = 30) -> Any:
    """The first true answer of a test."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := test():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def refused(code: str, words: str, call: Any, **request: Any) -> None:
    """The call ends in this error of AWS."""
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    assert words in str(caught.value)


def ended(sm: Any, name: str) -> dict[str, Any]:
    """The description of a training job that has come to its end."""

    def look() -> dict[str, Any] | None:
        found = sm.describe_training_job(TrainingJobName=name)
        return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return until(look)


def phase(sm: Any, name: str, wanted: str) -> None:
    """Waits for a secondary status."""
    until(lambda: sm.describe_training_job(TrainingJobName=name)["SecondaryStatus"] == wanted)


def log_of(cloud: Cloud, name: str) -> list[str]:
    logs = cloud.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
    return [event["message"] for event in events["events"]]


def begun(cloud: Cloud, sm: Any, name: str) -> None:
    """Waits until the script itself says so, not only the status: it may be told to end only then."""
    phase(sm, name, "Training")
    until(lambda: "begun" in log_of(cloud, name))
