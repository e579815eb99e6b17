"""What training and processing jobs share: a folder, an execution role, a thread, and being stopped."""

from __future__ import annotations

import contextlib
import shutil
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from ..call import AwsError, Call
from ..reaper import kill_group
from ..sessions import Credentials
from . import process
from .services import Services

FINAL = frozenset({"Completed", "Failed", "Stopped"})
#: DescribeTrainingJob, FailureReason: at most 1024 characters.
REASON_LIMIT = 1024
_LOOK_SECONDS = 0.05


class Job(ABC):
    """A job from its creation to its end. The thread changes it; readers take `lock`."""

    kind: str
    log_group: str

    def __init__(self, call: Call, services: Services, name: str) -> None:
        self.services = services
        self.request = call.params
        self.name = name
        self.arn = f"arn:aws:sagemaker:{call.region}:{call.account}:{self.kind}-job/{name}"
        self.tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags", [])}
        self.status = "InProgress"
        self.failure_reason: str | None = None
        self.created = self.modified = services.clock.now()
        self.started: float | None = None
        self.ended: float | None = None
        self.lock = threading.RLock()
        self.stop_asked = threading.Event()
        self.abandoned = threading.Event()
        self.pid: int | None = None
        self.credentials: Credentials = services.session_for(call.params["RoleArn"], f"SageMaker-{name}"[:64], self.arn)
        self.folder = services.state_folder / "jobs" / f"{self.kind}-{name}"
        self._thread = threading.Thread(target=self._guard, daemon=True)

    @property
    def ml(self) -> Path:
        """What the job sees as /opt/ml."""
        return self.folder / "ml"

    def mapped(self, text: str) -> str:
        """Text in which paths of the container are those of this machine."""
        return text.replace("/opt/ml", str(self.ml))

    def start(self) -> None:
        """Begins the job in its own thread."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the job to end. Raises AwsError when it has ended, in AWS's words."""
        with self.lock:
            if self.status != "InProgress":
                what = f"{self.kind} job"
                raise AwsError(
                    "ValidationException",
                    f"The request was rejected because the {what} is in status {self.status}.",
                )
            self.status = "Stopping"
            self.modified = self.services.clock.now()
        self.stop_asked.set()

    def abandon(self) -> None:
        """The cloud ends: the job's process is killed and nothing is uploaded."""
        self.abandoned.set()
        if self.pid is not None:
            kill_group(self.pid)

    def wait(self, seconds: float) -> None:
        """Returns once the job has come to its end, or when that much time has passed."""
        self._thread.join(max(0.0, seconds))

    def note_pid(self, pid: int | None) -> None:
        """Remembers the process group, for the cloud's own end; None once it has ended and the number is free."""
        self.pid = pid
        if pid is not None and self.abandoned.is_set():
            # It began while `abandon` looked for it.
            kill_group(pid)

    @abstractmethod
    def must_end(self) -> bool:
        """Whether somebody or a limit asks the job to end."""

    @contextlib.contextmanager
    def _machine(self) -> Iterator[None]:
        """Waits for a free machine; a job that must end goes on without one, to its end."""
        machines = self.services.machines
        has_one = machines.acquire(blocking=False)
        while not has_one and not self.must_end():
            has_one = machines.acquire(timeout=_LOOK_SECONDS)
        try:
            yield
        finally:
            if has_one:
                machines.release()

    @abstractmethod
    def run(self) -> None:
        """The whole life of the job; ends with `finish`."""

    @abstractmethod
    def finish(self, status: str, reason: str | None = None) -> None:
        """Puts the job into a final status."""

    def open_log(self) -> process.LogStream:
        """The job's log stream."""
        stream = f"{self.name}/algo-1-{int(self.services.clock.now())}"
        logs = self.services.client("logs", self.credentials)
        return process.LogStream(logs, self.log_group, stream, self.services.clock.now)

    def role_environment(self) -> dict[str, str]:
        """How the job's code reaches this cloud: as its execution role."""
        return {
            "AWS_REGION": self.services.region,
            "AWS_DEFAULT_REGION": self.services.region,
            "AWS_ENDPOINT_URL": self.services.endpoint,
            "AWS_ACCESS_KEY_ID": self.credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": self.credentials.secret,
            "AWS_SESSION_TOKEN": self.credentials.token,
            **{name: self.mapped(value) for name, value in self.request.get("Environment", {}).items()},
        }

    @property
    def notes(self) -> Path:
        """Where running processes are written down for the reaper."""
        return self.services.state_folder / "processes"

    def _guard(self) -> None:
        try:
            with self._machine():
                self.run()
        except Exception as error:
            traceback.print_exc()
            self.finish("Failed", f"InternalServerError: {type(error).__name__}: {error}")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def execution_error(argv: list[str], ended: process.Ended) -> str:
    """How SageMaker words the failure of a script (sagemaker-training-toolkit, errors.py)."""
    traced = [index for index, line in enumerate(ended.tail) if line.startswith("Traceback")]
    lines = ended.tail[traced[-1] :] if traced else ended.tail[-8:]
    message = "\n ".join(line for line in lines if line.strip())
    command = " ".join(argv)
    return (
        f'AlgorithmError: ExecuteUserScriptError:\nExitCode {ended.code}\nErrorMessage "{message}"\n'
        f'Command "{command}", exit code: {ended.code}'
    )


def trimmed(reason: str | None) -> str | None:
    """At most as long as the API gives it."""
    return None if reason is None else reason[:REASON_LIMIT]


def refuse(what: str) -> AwsError:
    """A part of the API that the local cloud does not have."""
    return AwsError("ValidationException", f"local cloud: {what}")
