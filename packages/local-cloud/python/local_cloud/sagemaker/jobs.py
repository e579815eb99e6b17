"""SageMaker's operations on training and processing jobs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from ..call import AwsError, Call
from .job import FINAL, Job
from .listing import Listing, seconds
from .processing import ProcessingJob
from .services import Services
from .training import TrainingJob

#: How long the end of the cloud waits for the threads of its jobs, whose code is dead by then.
_STOP_SECONDS = 5.0

#: Newest first unless asked otherwise, as SageMaker lists jobs.
_LISTING = Listing(
    keys={"Name": lambda job: job.name, "CreationTime": lambda job: job.created, "Status": lambda job: job.status},
    filters={
        "StatusEquals": lambda job, value: job.status == value,
        "NameContains": lambda job, value: value.lower() in job.name.lower(),
        "CreationTimeAfter": lambda job, value: job.created > seconds(value),
        "CreationTimeBefore": lambda job, value: job.created < seconds(value),
        "LastModifiedTimeAfter": lambda job, value: job.modified > seconds(value),
        "LastModifiedTimeBefore": lambda job, value: job.modified < seconds(value),
    },
    order="Descending",
)


def _missing() -> AwsError:
    # SageMaker has no not-found exception for jobs (aws/aws-sdk issue 165).
    return AwsError("ValidationException", "Requested resource not found.")


class Jobs:
    """All jobs of the account. Safe for threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._training: dict[str, TrainingJob] = {}
        self._processing: dict[str, ProcessingJob] = {}
        self._lock = threading.Lock()
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "CreateTrainingJob": self._create_training,
            "DescribeTrainingJob": lambda call: self._training_named(call).describe(),
            "StopTrainingJob": lambda call: _stopped(self._training_named(call)),
            "ListTrainingJobs": self._list_training,
            "CreateProcessingJob": self._create_processing,
            "DescribeProcessingJob": lambda call: self._processing_named(call).describe(),
            "StopProcessingJob": lambda call: _stopped(self._processing_named(call)),
            "ListProcessingJobs": self._list_processing,
        }

    def _create_training(self, call: Call) -> dict[str, Any]:
        with self._lock:
            if call.params["TrainingJobName"] in self._training:
                raise _taken("Training job", call)
            resources = call.params["ResourceConfig"]
            self._check_quota("training", resources.get("InstanceType"), resources.get("InstanceCount", 1))
            job = TrainingJob(call, self._services)
            self._training[job.name] = job
        job.start()
        return {"TrainingJobArn": job.arn}

    def _create_processing(self, call: Call) -> dict[str, Any]:
        with self._lock:
            if call.params["ProcessingJobName"] in self._processing:
                raise _taken("Processing job", call)
            cluster = call.params["ProcessingResources"]["ClusterConfig"]
            self._check_quota("processing", cluster["InstanceType"], cluster["InstanceCount"])
            job = ProcessingJob(call, self._services)
            self._processing[job.name] = job
        job.start()
        return {"ProcessingJobArn": job.arn}

    def _check_quota(self, usage: str, instance_type: str | None, wanted: int) -> None:
        """Raises AwsError in the words of Service Quotas when the account has too few of that type."""
        for quota in self._services.quotas:
            if quota.get("instanceType") != instance_type or quota["usage"] != usage:
                continue
            running = (job for job in self._all() if job.kind == usage and job.status not in FINAL)
            used = sum(1 for job in running if _type_of(job) == instance_type)
            if used + wanted > quota["limit"]:
                raise AwsError(
                    "ResourceLimitExceeded",
                    f"The account-level service limit '{instance_type} for {usage} job usage' is {quota['limit']} "
                    f"Instances, with current utilization of {used} Instances and a request delta of {wanted} "
                    "Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS Service "
                    "Quotas is not available, contact AWS support to request an increase for this quota.",
                )

    def _all(self) -> list[Job]:
        return [*self._training.values(), *self._processing.values()]

    def _training_named(self, call: Call) -> TrainingJob:
        job = self._training.get(call.params["TrainingJobName"])
        if job is None:
            raise _missing()
        return job

    def _processing_named(self, call: Call) -> ProcessingJob:
        job = self._processing.get(call.params["ProcessingJobName"])
        if job is None:
            raise _missing()
        return job

    def _list_training(self, call: Call) -> dict[str, Any]:
        return _listed("TrainingJobSummaries", list(self._training.values()), call)

    def _list_processing(self, call: Call) -> dict[str, Any]:
        return _listed("ProcessingJobSummaries", list(self._processing.values()), call)

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of a job, to read and to change; None when the ARN is of no job."""
        return next((job.tags for job in self._all() if job.arn == arn), None)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a `training` or `processing` job of that name."""
        return name in {"training": self._training, "processing": self._processing}[kind]

    # -- for the control API and the end of the process

    def overview(self) -> list[dict[str, Any]]:
        """Kind, name and status of every job, and the process of those whose code runs."""
        return [
            {
                "kind": job.kind,
                "name": job.name,
                "status": job.status,
                **({} if job.pid is None or job.status in FINAL else {"pid": job.pid}),
            }
            for job in self._all()
        ]

    def interrupt(self, name: str) -> None:
        """Takes the spot machine of a training job away. Raises KeyError for a job that does not exist."""
        self._training[name].interrupt()

    def stop_all(self) -> None:
        """Kills what runs, and sees to it that nothing begins any more; for the end of the process."""
        jobs = self._all()
        for job in jobs:
            job.abandon()
        deadline = time.monotonic() + _STOP_SECONDS
        for job in jobs:
            job.wait(deadline - time.monotonic())


def _stopped(job: Job) -> dict[str, Any]:
    job.stop()
    return {}


def _taken(what: str, call: Call) -> AwsError:
    name = call.params.get("TrainingJobName") or call.params.get("ProcessingJobName")
    return AwsError(
        "ResourceInUse",
        f"{what} names must be unique within an AWS account and region, "
        f"and a {what.lower()} with this name already exists ({name})",
    )


def _type_of(job: Job) -> str | None:
    cluster = job.request.get("ResourceConfig") or job.request["ProcessingResources"]["ClusterConfig"]
    return cluster.get("InstanceType")


def _listed(member: str, jobs: list[Any], call: Call) -> dict[str, Any]:
    found, token = _LISTING.page(jobs, call.params)
    return {member: [job.summary() for job in found], **token}
