"""A training job: script mode or a container entry point, with everything its container would find."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
from pathlib import Path
from typing import Any

from ..call import AwsError, Call
from . import process, storage, toolkit
from .job import Job, execution_error, refuse, trimmed
from .services import Services

#: What a spot machine costs of the on-demand price here; on AWS it varies with the market.
SPOT_PRICE = 0.3
_SYNC_SECONDS = 2.0
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Interrupted": "Training job interrupted",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}
_FINAL_PHASES = frozenset({"Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
#: Fields of the request that Describe gives back as they came.
_ECHOED = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "CheckpointConfig",
    "Environment",
    "RetryStrategy",
    "ExperimentConfig",
)


def check(params: dict[str, Any]) -> None:
    """Raises AwsError for a request that AWS refuses by its content, or that this cloud cannot run."""
    condition = params.get("StoppingCondition", {})
    spot = params.get("EnableManagedSpotTraining", False)
    runtime, wait = condition.get("MaxRuntimeInSeconds", 86_400), condition.get("MaxWaitTimeInSeconds")
    if wait is not None and not spot:
        raise AwsError(
            "ValidationException",
            "MaxWaitTimeInSeconds above 0 is only supported with EnableManagedSpotTraining.",
        )
    if spot and (wait is None or wait < runtime):
        raise AwsError(
            "ValidationException",
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds",
        )
    if params.get("ResourceConfig", {}).get("InstanceCount", 1) > 1:
        raise refuse("jobs run on one instance only")
    if "InstanceGroups" in params.get("ResourceConfig", {}):
        raise refuse("InstanceGroups are not supported; give InstanceType")
    specification = params["AlgorithmSpecification"]
    if specification["TrainingInputMode"] != "File":
        raise refuse("TrainingInputMode is File only")
    if "TrainingImage" not in specification:
        raise refuse("AlgorithmName is not supported; give TrainingImage")
    for channel in params.get("InputDataConfig", []):
        source = channel["DataSource"].get("S3DataSource")
        if source is None or source["S3DataType"] != "S3Prefix" or channel.get("InputMode", "File") != "File":
            raise refuse(f"channel {channel['ChannelName']}: only S3Prefix in File mode is supported")
        if channel.get("CompressionType", "None") != "None":
            raise refuse(f"channel {channel['ChannelName']}: CompressionType is for Pipe mode")
    for definition in specification.get("MetricDefinitions", []):
        _check_regex(definition["Regex"])


def _check_regex(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise AwsError("ValidationException", f"Invalid metric definition regex {pattern}: {error}") from None


class TrainingJob(Job):
    """See Job. Interruptions of spot machines come from outside by `interrupt`."""

    kind = "training"
    log_group = "/aws/sagemaker/TrainingJobs"

    def __init__(self, call: Call, services: Services) -> None:
        check(call.params)
        super().__init__(call, services, call.params["TrainingJobName"])
        self.phase = ""
        self.transitions: list[dict[str, Any]] = []
        self.metrics: dict[str, dict[str, Any]] = {}
        self.artifact: str | None = None
        self.interrupted = threading.Event()
        self.fault = services.take_fault(frozenset({"capacity", "internal", "interrupt"}), call)
        self.enter("Starting")

    def enter(self, phase: str, message: str | None = None) -> None:
        """Goes on to the next phase."""
        with self.lock:
            now = self.services.clock.now()
            if self.transitions and "EndTime" not in self.transitions[-1]:
                self.transitions[-1]["EndTime"] = now
            entry = {"Status": phase, "StartTime": now, "StatusMessage": message or _MESSAGES[phase]}
            if phase in _FINAL_PHASES:
                entry["EndTime"] = now
            self.transitions.append(entry)
            self.phase, self.modified = phase, now

    def stop(self) -> None:
        """The phase says so too."""
        super().stop()
        with self.lock:
            if self.status == "Stopping":
                self.enter("Stopping")

    def finish(self, status: str, reason: str | None = None, phase: str | None = None) -> None:
        """Ends the job; `phase` says more than the status where AWS does."""
        with self.lock:
            if self.status == "Stopping" and status == "Completed":
                status = "Stopped"
            self.ended = self.services.clock.now()
            self.failure_reason = trimmed(reason)
            self.enter(phase or status)
            self.status = status

    def interrupt(self) -> None:
        """Takes the spot machine away. Raises AwsError for a job on demand."""
        if not self.request.get("EnableManagedSpotTraining", False):
            raise refuse(f"{self.name} does not run on a spot machine")
        self.interrupted.set()

    # -- the life of the job

    def run(self) -> None:
        """Starting, Downloading, Training, Uploading, and round again after an interruption."""
        if self.fault is not None and self.fault.kind != "interrupt":
            reasons = {
                "capacity": "CapacityError: Unable to provision requested ML compute capacity. "
                "Please retry using a different ML instance type.",
                "internal": "InternalServerError: We encountered an internal error. Please try again.",
            }
            self.finish("Failed", self.fault.message or reasons[self.fault.kind])
            return
        image = self.request["AlgorithmSpecification"]["TrainingImage"]
        python = self.services.python_of(image)
        if python is None:
            self.finish(
                "Failed",
                f"ClientError: Cannot pull the image {image}: the local cloud has no interpreter for it",
            )
            return
        s3 = self.services.client("s3", self.credentials)
        try:
            while self._attempt(python, s3) == "again":
                pass
        except storage.DataError as error:
            self.finish("Failed", f"ClientError: {error}")
        except toolkit.InstallError as error:
            self.finish("Failed", f"AlgorithmError: {error}")

    def _attempt(self, python: str, s3: Any) -> str:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("input/data", "input/config", "model", "output/data", "code", "checkpoints"):
            (self.ml / name).mkdir(parents=True)
        if self.must_end():
            return self._conclude(None, [], s3)
        self.enter("Downloading")
        self.started = self.started or self.services.clock.now()
        channels = self._download(s3)
        argv, env, cwd = self._command(python, channels, s3)
        log = self.open_log()
        if self.must_end():
            log.close()
            return self._conclude(None, argv, s3)
        self.enter("Training")
        begun = self.services.clock.now()
        syncing = threading.Event()
        syncer = threading.Thread(target=self._sync, args=(s3, syncing), daemon=True)
        syncer.start()

        def on_line(line: str) -> None:
            log.write(line)
            self._read_metrics(line)

        def told_to_end() -> bool:
            if self.fault is not None and self.services.clock.now() - begun >= self.fault.seconds:
                self.fault = None
                self.interrupted.set()
            return self.must_end() or self.interrupted.is_set()

        ended = process.run(argv, env, cwd, self.notes, on_line, told_to_end, self.services.clock.now, self.note_pid)
        syncing.set()
        syncer.join()
        log.close()
        return self._conclude(ended, argv, s3)

    def must_end(self) -> bool:
        """Stopped, abandoned, or longer than it may run or wait."""
        return self.stop_asked.is_set() or self.abandoned.is_set() or self._limit() is not None

    def _limit(self) -> str | None:
        """The time limit that has passed, as a phase."""
        now, condition = self.services.clock.now(), self.request.get("StoppingCondition", {})
        wait = condition.get("MaxWaitTimeInSeconds")
        if wait is not None and now - self.created > wait:
            return "MaxWaitTimeExceeded"
        if self.started is not None and now - self.started > condition.get("MaxRuntimeInSeconds", 86_400):
            return "MaxRuntimeExceeded"
        return None

    def _conclude(self, ended: process.Ended | None, argv: list[str], s3: Any) -> str:
        if self.abandoned.is_set():
            self.finish("Stopped")
            return "done"
        by_itself = ended is not None and not ended.told
        limit = None if by_itself else self._limit()
        if limit is None and not by_itself and not self.stop_asked.is_set():
            self.interrupted.clear()
            self.enter("Interrupted")
            self.enter("Starting", "Waiting for a spot machine to go on")
            return "again"
        if by_itself and ended.code != 0 and not self.stop_asked.is_set():
            self.finish("Failed", self._failure(argv, ended))
            return "done"
        if ended is not None:
            self._upload(s3)
        if self.stop_asked.is_set():
            self.finish("Stopped")
        elif limit is not None:
            self.finish("Stopped", None, limit)
        else:
            self.finish("Completed")
        return "done"

    def _failure(self, argv: list[str], ended: process.Ended) -> str:
        written = self.ml / "output" / "failure"
        if written.is_file():
            return f"AlgorithmError: {written.read_text(errors='replace')}, exit code: {ended.code}"
        return execution_error(argv, ended)

    def _upload(self, s3: Any) -> None:
        with self.lock:
            if self.status == "InProgress":
                self.enter("Uploading")
        base = f"{self.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/output"
        for folder, name in (("model", "model.tar.gz"), ("output/data", "output.tar.gz")):
            if name == "model.tar.gz" or any((self.ml / folder).iterdir()):
                archive = self.folder / name
                storage.pack(self.ml / folder, archive)
                storage.upload(s3, archive, f"{base}/{name}")
        self.artifact = f"{base}/model.tar.gz"

    # -- what the container finds

    def _download(self, s3: Any) -> dict[str, dict[str, str]]:
        channels = {}
        for channel in self.request.get("InputDataConfig", []):
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            name = channel["ChannelName"]
            folder = self.ml / "input/data" / name
            folder.mkdir(parents=True)
            if storage.download(s3, uri, folder) == 0:
                raise storage.DataError(
                    "Data download failed:NoSuchKey (404): No S3 objects found under S3 URL "
                    f'"{uri}" given in input data source.'
                )
            channels[name] = {
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
        checkpoints = self.request.get("CheckpointConfig")
        if checkpoints is not None:
            storage.download(s3, checkpoints["S3Uri"], self._checkpoint_folder())
        return channels

    def _checkpoint_folder(self) -> Path:
        path = Path(self.mapped(self.request["CheckpointConfig"].get("LocalPath", "/opt/ml/checkpoints")))
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _sync(self, s3: Any, end: threading.Event) -> None:
        """Brings checkpoints to S3 while the job runs, and once more at its end."""
        configured = self.request.get("CheckpointConfig")
        if configured is None:
            return
        sent: dict[str, float] = {}
        while True:
            last = end.wait(_SYNC_SECONDS)
            folder = self._checkpoint_folder()
            for path in sorted(folder.rglob("*")):
                with contextlib.suppress(FileNotFoundError, storage.DataError):
                    if path.is_file() and sent.get(str(path)) != path.stat().st_mtime:
                        stamp = path.stat().st_mtime
                        key = path.relative_to(folder).as_posix()
                        storage.upload(s3, path, f"{configured['S3Uri'].rstrip('/')}/{key}")
                        sent[str(path)] = stamp
            if last:
                return

    def _command(
        self, python: str, channels: dict[str, dict[str, str]], s3: Any
    ) -> tuple[list[str], dict[str, str], Path]:
        hyperparameters: dict[str, str] = self.request.get("HyperParameters", {})
        self._write_config(hyperparameters, channels)
        read = {name: toolkit.decoded(self.mapped(value)) for name, value in hyperparameters.items()}
        user = {name: value for name, value in read.items() if not name.startswith("sagemaker_")}
        arguments = toolkit.arguments(user)
        env = {
            **process.base_environment(python),
            **self._contract(user, channels, arguments),
            **self.role_environment(),
        }
        specification = self.request["AlgorithmSpecification"]
        if "sagemaker_submit_directory" in read:
            program = read.get("sagemaker_program")
            if program is None:
                raise storage.DataError("the hyperparameter sagemaker_program names no entry point")
            code = self.ml / "code"
            storage.unpack(storage.read(s3, read["sagemaker_submit_directory"]), code)
            env |= {
                "SM_USER_ENTRY_POINT": program,
                "SM_MODULE_NAME": program.removesuffix(".py"),
                "SM_MODULE_DIR": str(code),
            }
            site = self.folder / "site-packages"
            if toolkit.install(python, code, site):
                env["PYTHONPATH"] = os.pathsep.join([str(site), *filter(None, [env.get("PYTHONPATH")])])
            return toolkit.command(python, code, program, arguments), env, code
        entry = specification.get("ContainerEntrypoint")
        if entry is None:
            raise storage.DataError(
                "the image has no code of its own here: give sagemaker_submit_directory or ContainerEntrypoint"
            )
        argv = [self.mapped(part) for part in [*entry, *specification.get("ContainerArguments", [])]]
        return [python if part in ("python", "python3") else part for part in argv], env, self.ml

    def _write_config(self, hyperparameters: dict[str, str], channels: dict[str, dict[str, str]]) -> None:
        documents = {
            "hyperparameters": hyperparameters,
            "inputdataconfig": channels,
            "resourceconfig": self._resources(),
        }
        for name, document in documents.items():
            (self.ml / f"input/config/{name}.json").write_text(json.dumps(document))

    def _resources(self) -> dict[str, Any]:
        return {
            "current_host": "algo-1",
            "current_instance_type": self.request["ResourceConfig"].get("InstanceType", "ml.m5.large"),
            "hosts": ["algo-1"],
            "network_interface_name": "eth0",
        }

    def _contract(
        self, user: dict[str, Any], channels: dict[str, dict[str, str]], arguments: list[str]
    ) -> dict[str, str]:
        """The SM_* variables (sagemaker-training-toolkit, ENVIRONMENT_VARIABLES.md)."""
        ml = str(self.ml)
        return {
            "TRAINING_JOB_NAME": self.name,
            "TRAINING_JOB_ARN": self.arn,
            "SM_MODEL_DIR": f"{ml}/model",
            "SM_INPUT_DIR": f"{ml}/input",
            "SM_INPUT_CONFIG_DIR": f"{ml}/input/config",
            "SM_INPUT_DATA_CONFIG": json.dumps(channels),
            "SM_OUTPUT_DIR": f"{ml}/output",
            "SM_OUTPUT_DATA_DIR": f"{ml}/output/data",
            "SM_OUTPUT_INTERMEDIATE_DIR": f"{ml}/output/intermediate",
            "SM_CHANNELS": json.dumps(sorted(channels)),
            "SM_HPS": toolkit.variable(user),
            "SM_USER_ARGS": json.dumps(arguments),
            "SM_HOSTS": '["algo-1"]',
            "SM_CURRENT_HOST": "algo-1",
            "SM_CURRENT_INSTANCE_TYPE": self._resources()["current_instance_type"],
            "SM_NETWORK_INTERFACE_NAME": "eth0",
            "SM_RESOURCE_CONFIG": json.dumps(self._resources()),
            "SM_NUM_CPUS": str(os.cpu_count()),
            "SM_NUM_GPUS": "0",
            "SM_LOG_LEVEL": "20",
            **{f"SM_CHANNEL_{name.upper()}": f"{ml}/input/data/{name}" for name in channels},
            **{f"SM_HP_{name.upper()}": toolkit.variable(value) for name, value in user.items()},
        }

    def _read_metrics(self, line: str) -> None:
        for definition in self.request["AlgorithmSpecification"].get("MetricDefinitions", []):
            found = re.search(definition["Regex"], line)
            if found is None or not found.groups():
                continue
            with contextlib.suppress(ValueError):
                value = float(found[1])
                self.metrics[definition["Name"]] = {
                    "MetricName": definition["Name"],
                    "Value": value,
                    "Timestamp": self.services.clock.now(),
                }

    # -- what the API shows

    def seconds(self) -> int | None:
        """Time on the machine so far, at least one second once it began."""
        if self.started is None:
            return None
        return max(1, round((self.ended or self.services.clock.now()) - self.started))

    def describe(self) -> dict[str, Any]:
        """DescribeTrainingJob."""
        with self.lock:
            ran = self.seconds() if self.ended is not None else None
            spot = self.request.get("EnableManagedSpotTraining", False)
            members = {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "ModelArtifacts": {"S3ModelArtifacts": self.artifact} if self.artifact else None,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.phase,
                "FailureReason": self.failure_reason,
                "CreationTime": self.created,
                "TrainingStartTime": self.started,
                "TrainingEndTime": self.ended,
                "LastModifiedTime": self.modified,
                "SecondaryStatusTransitions": list(self.transitions),
                "FinalMetricDataList": list(self.metrics.values()) or None,
                "EnableNetworkIsolation": self.request.get("EnableNetworkIsolation", False),
                "EnableInterContainerTrafficEncryption": self.request.get(
                    "EnableInterContainerTrafficEncryption", False
                ),
                "EnableManagedSpotTraining": spot,
                "TrainingTimeInSeconds": ran,
                "BillableTimeInSeconds": None if ran is None else max(1, round(ran * (SPOT_PRICE if spot else 1))),
                **{name: self.request.get(name) for name in _ECHOED},
            }
            return {name: value for name, value in members.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """An entry of ListTrainingJobs."""
        with self.lock:
            members = {
                "TrainingJobName": self.name,
                "TrainingJobArn": self.arn,
                "CreationTime": self.created,
                "TrainingEndTime": self.ended,
                "LastModifiedTime": self.modified,
                "TrainingJobStatus": self.status,
                "SecondaryStatus": self.phase,
            }
            return {name: value for name, value in members.items() if value is not None}
