"""A processing job: a container entry point over folders that come from and go to S3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..call import Call
from . import process, storage
from .job import Job, refuse, trimmed
from .services import Services

_ECHOED = (
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "Environment",
    "NetworkConfig",
    "RoleArn",
    "ExperimentConfig",
)


def check(params: dict[str, Any]) -> None:
    """Raises AwsError for what this cloud cannot run."""
    if params["ProcessingResources"]["ClusterConfig"]["InstanceCount"] > 1:
        raise refuse("jobs run on one instance only")
    for entry in params.get("ProcessingInputs", []):
        source = entry.get("S3Input")
        if source is None or source["S3DataType"] != "S3Prefix" or source.get("S3InputMode", "File") != "File":
            raise refuse(f"input {entry['InputName']}: only S3Prefix in File mode is supported")
    for entry in params.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = entry.get("S3Output")
        if target is None or target["S3UploadMode"] != "EndOfJob":
            raise refuse(f"output {entry['OutputName']}: only S3Output with EndOfJob is supported")


class ProcessingJob(Job):
    """See Job."""

    kind = "processing"
    log_group = "/aws/sagemaker/ProcessingJobs"

    def __init__(self, call: Call, services: Services) -> None:
        check(call.params)
        super().__init__(call, services, call.params["ProcessingJobName"])
        self.exit_message: str | None = None
        self.fault = services.take_fault(frozenset({"capacity", "internal"}), call)

    def finish(self, status: str, reason: str | None = None) -> None:
        """Ends the job."""
        with self.lock:
            if self.status == "Stopping" and status == "Completed":
                status = "Stopped"
            self.ended = self.modified = self.services.clock.now()
            self.failure_reason = trimmed(reason)
            self.status = status

    def run(self) -> None:
        """Downloads the inputs, runs the entry point, uploads the outputs."""
        if self.fault is not None:
            reasons = {
                "capacity": "CapacityError: Unable to provision requested ML compute capacity.",
                "internal": "InternalServerError: We encountered an internal error. Please try again.",
            }
            self.finish("Failed", self.fault.message or reasons[self.fault.kind])
            return
        if self.must_end():
            self.finish("Stopped")
            return
        image = self.request["AppSpecification"]["ImageUri"]
        python = self.services.python_of(image)
        if python is None:
            self.finish(
                "Failed",
                f"ClientError: Cannot pull the image {image}: the local cloud has no interpreter for it",
            )
            return
        try:
            self._process(python, self.services.client("s3", self.credentials))
        except storage.DataError as error:
            self.finish("Failed", f"ClientError: {error}")

    def _process(self, python: str, s3: Any) -> None:
        for name in ("processing", "config", "output"):
            (self.ml / name).mkdir(parents=True)
        (self.ml / "config/processingjobconfig.json").write_text(
            json.dumps({"ProcessingJobArn": self.arn, **self.request})
        )
        self.started = self.services.clock.now()
        for entry in self.request.get("ProcessingInputs", []):
            source = entry["S3Input"]
            folder = self._folder(source.get("LocalPath", f"/opt/ml/processing/{entry['InputName']}"))
            if storage.download(s3, source["S3Uri"], folder) == 0:
                raise storage.DataError(f"Data download failed: no S3 objects found under {source['S3Uri']}")
        outputs = self.request.get("ProcessingOutputConfig", {}).get("Outputs", [])
        folders = {entry["S3Output"]["S3Uri"]: self._folder(entry["S3Output"]["LocalPath"]) for entry in outputs}
        application = self.request["AppSpecification"]
        parts = [*application.get("ContainerEntrypoint", []), *application.get("ContainerArguments", [])]
        argv = [python if part in ("python", "python3") else self.mapped(part) for part in parts]
        if not argv:
            raise storage.DataError("the image has no code of its own here: give ContainerEntrypoint")
        env = {
            **process.base_environment(python),
            "PROCESSING_JOB_NAME": self.name,
            **self.role_environment(),
        }
        log = self.open_log()
        ended = process.run(
            argv, env, self.ml, self.notes, log.write, self.must_end, self.services.clock.now, self.note_pid
        )
        log.close()
        self._conclude(ended, folders, s3)

    def _folder(self, path: str) -> Path:
        folder = Path(self.mapped(path))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _limited(self) -> bool:
        limit = self.request.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86_400)
        return self.started is not None and self.services.clock.now() - self.started > limit

    def must_end(self) -> bool:
        """Stopped, abandoned, or longer than it may run."""
        return self.stop_asked.is_set() or self.abandoned.is_set() or self._limited()

    def _conclude(self, ended: process.Ended, folders: dict[str, Path], s3: Any) -> None:
        message = self.ml / "output/message"
        if message.is_file():
            self.exit_message = trimmed(message.read_text(errors="replace"))
        if self.abandoned.is_set() or self.stop_asked.is_set():
            self.finish("Stopped")
        elif ended.told:
            self.finish("Stopped", "Processing job runtime exceeded MaxRuntimeInSeconds provided")
        elif ended.code != 0:
            self.finish("Failed", f"AlgorithmError: See job logs for more information, exit code: {ended.code}")
        else:
            for uri, folder in folders.items():
                storage.upload_folder(s3, folder, uri)
            self.finish("Completed")

    def describe(self) -> dict[str, Any]:
        """DescribeProcessingJob."""
        with self.lock:
            members = {
                "ProcessingJobName": self.name,
                "ProcessingJobArn": self.arn,
                "ProcessingJobStatus": self.status,
                "ExitMessage": self.exit_message,
                "FailureReason": self.failure_reason,
                "CreationTime": self.created,
                "ProcessingStartTime": self.started,
                "ProcessingEndTime": self.ended,
                "LastModifiedTime": self.modified,
                **{name: self.request.get(name) for name in _ECHOED},
            }
            return {name: value for name, value in members.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """An entry of ListProcessingJobs."""
        with self.lock:
            members = {
                "ProcessingJobName": self.name,
                "ProcessingJobArn": self.arn,
                "CreationTime": self.created,
                "ProcessingEndTime": self.ended,
                "LastModifiedTime": self.modified,
                "ProcessingJobStatus": self.status,
                "FailureReason": self.failure_reason,
                "ExitMessage": self.exit_message,
            }
            return {name: value for name, value in members.items() if value is not None}
