"""What SageMaker needs from the rest of the cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from ..call import Call
from ..clock import Clock
from ..faults import Fault
from ..on_behalf import ObjectsOf
from ..sessions import Credentials

#: boto3's default session is not safe to use from many threads at once (boto3 guide, "Multithreading").
_MAKING_CLIENT = threading.Lock()


@dataclass(frozen=True)
class Services:
    """Handed to every room of SageMaker, and to every job."""

    clock: Clock
    account_id: str
    region: str
    endpoint: str
    state_folder: Path
    python_of: Callable[[str], str | None]
    quotas: list[dict[str, Any]]
    take_fault: Callable[[frozenset[str], Call], Fault | None]
    #: What a service reads from S3 for whoever made a call.
    objects_for: Callable[[Call], ObjectsOf]
    #: The digest of an image, as far as somebody told it.
    image_digest_of: Callable[[str], str | None]
    #: Credentials of a job's execution role: role ARN, session name, ARN of the job.
    session_for: Callable[[str, str, str], Credentials]
    #: As many jobs run at once as a laptop bears; others wait in Starting, as for machines.
    machines: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(4))

    def client(self, service: str, credentials: Credentials) -> Any:
        """A client of this cloud that acts as the execution role."""
        with _MAKING_CLIENT:
            return boto3.client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret,
                aws_session_token=credentials.token,
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 3, "mode": "standard"}),
            )
