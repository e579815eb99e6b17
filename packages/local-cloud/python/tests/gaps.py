"""Rows of what moto alone gets wrong: each must fail on a bare moto server, as it says, and hold here.

A row is a function of a place (an endpoint with clients for it). `moto` is how it fails there, so that a row
which fails for another reason, or a moto that has learned better, is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from conftest import EXECUTION, IMAGE, script, training, until

ENDED = ("Completed", "Failed", "Stopped")
SCORE = "import os\nprint('score=0.5;')\nopen(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('1')\n"
_NUMBER = count(1)


@dataclass(frozen=True)
class Place:
    """A cloud to hold a row against."""

    endpoint: str

    def client(self, service: str, key: str = "AKIALOCALADMIN000000", secret: str = "local-admin", **more: Any) -> Any:
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, **more),
        )

    @property
    def sm(self) -> Any:
        return self.client("sagemaker")

    @property
    def s3(self) -> Any:
        return self.client("s3")

    @property
    def sts(self) -> Any:
        return self.client("sts")

    def train(self, text: str = SCORE, algorithm: dict[str, Any] | None = None, **more: Any) -> str:
        """Starts a job that runs a script; gives its name."""
        name = f"row-{next(_NUMBER)}"
        request = training(name, HyperParameters=script(self.s3, name, text), **more)
        request["AlgorithmSpecification"] |= algorithm or {}
        self.sm.create_training_job(**request)
        return name

    def trained(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """The description of a job that has run a script to its end."""
        name = self.train(*arguments, **more)

        def look() -> dict[str, Any] | None:
            found = self.sm.describe_training_job(TrainingJobName=name)
            return found if found["TrainingJobStatus"] in ENDED else None

        return until(look)

    def process(self, command: str = "true", **more: Any) -> str:
        """Starts a processing job; gives its name."""
        name = f"row-{next(_NUMBER)}"
        self.sm.create_processing_job(
            ProcessingJobName=name,
            RoleArn=EXECUTION,
            ProcessingResources={
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
            },
            AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["sh", "-c", command]},
            **more,
        )
        return name

    def processed(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        """The description of a processing job that has come to its end."""
        name = self.process(*arguments, **more)

        def look() -> dict[str, Any] | None:
            found = self.sm.describe_processing_job(ProcessingJobName=name)
            return found if found["ProcessingJobStatus"] in ENDED else None

        return until(look)


Check = Callable[[Place], None]


@dataclass(frozen=True)
class Row:
    """One thing that moto gets wrong."""

    check: Check
    moto: str

    def fails_at(self, bare: Place) -> None:
        """It fails there, and for the reason that it tells."""
        errors = (ResponseParserError, ClientError, AssertionError, KeyError, pytest.fail.Exception)
        with pytest.raises(errors) as caught:
            self.check(bare)
        said = f"{type(caught.value).__name__}: {caught.value}"
        assert re.search(self.moto, said), said


class Rows(dict[str, Row]):
    """The rows of a file by their names."""

    def row(self, moto: str) -> Callable[[Check], Check]:
        """Adds a row. `moto`: a regular expression for how it fails on bare moto."""

        def add(check: Check) -> Check:
            self[check.__name__.replace("_", " ")] = Row(check, moto)
            return check

        return add
