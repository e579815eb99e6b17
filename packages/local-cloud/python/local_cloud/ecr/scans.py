"""Scans of images: each is under way for a while, then it has the outcome that a test chose, or no findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock
from ..service_models import model_of
from .paging import page
from .repository import Image, Repository

#: A basic scan of an image starts at most once in this time (ECR API, StartImageScan).
_AGAIN_SECONDS = 24 * 3600
_UNDER_WAY = frozenset({"IN_PROGRESS", "PENDING"})
_DESCRIPTIONS = {
    "COMPLETE": "The scan was completed successfully.",
    "IN_PROGRESS": "The scan is in progress.",
    "PENDING": "The scan is pending.",
    "UNSUPPORTED_IMAGE": "UnsupportedImageError: The operating system and/or package manager are not supported.",
}


@dataclass(frozen=True)
class _Outcome:
    """What scans of an image come to. A status that means under way never comes to an end."""

    status: str = "COMPLETE"
    findings: tuple[dict[str, Any], ...] = ()
    enhanced: tuple[dict[str, Any], ...] = ()
    seconds: float = 0.2
    description: str | None = None

    @staticmethod
    def of(document: dict[str, Any]) -> _Outcome:
        """Reads what the control API was given. Raises ValueError for what ECR never says."""
        model = model_of("ecr")
        statuses = model.shape_for("ScanStatus").enum
        severities = model.shape_for("FindingSeverity").enum
        outcome = _Outcome(
            **{
                **document,
                "findings": tuple(document.get("findings", ())),
                "enhanced": tuple(document.get("enhanced", ())),
            }
        )
        if outcome.status not in statuses:
            raise ValueError(f"unknown status {outcome.status!r}")
        if any(one.get("severity") not in severities for one in (*outcome.findings, *outcome.enhanced)):
            raise ValueError(f"a finding needs one of the severities {severities}")
        return outcome

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(one["severity"] for one in (*self.findings, *self.enhanced)))


@dataclass
class Scans:
    """The scans of all images, and the outcomes that were chosen, for one image or a whole repository."""

    clock: Clock
    repository_of: Callable[[Call], Repository]
    _outcomes: dict[tuple[str, str | None], _Outcome] = field(default_factory=dict)
    _started: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def operations(self) -> dict[str, Callable[[Call], dict[str, Any]]]:
        """By their names."""
        return {"StartImageScan": self._start, "DescribeImageScanFindings": self._describe}

    def choose(self, document: dict[str, Any]) -> None:
        """Decides what scans of a repository or an image come to, by the members of an outcome."""
        rest = dict(document)
        key = (rest.pop("repository"), rest.pop("digest", None))
        self._outcomes[key] = _Outcome.of(rest)

    def on_push(self, repository: Repository, image: Image) -> None:
        """Scans a new image when its repository says so."""
        if repository.scan_on_push and not image.manifest.is_index:
            self._started[(repository.name, image.manifest.digest)] = self.clock.now()

    def of(self, repository: Repository, image: Image) -> dict[str, Any]:
        """What DescribeImages tells of a scan."""
        if self._key(repository, image) not in self._started:
            return {}
        found = {"imageScanStatus": self._status(repository, image)}
        if found["imageScanStatus"]["status"] != "COMPLETE":
            return found
        return {**found, "imageScanFindingsSummary": self._summary(repository, image)}

    def _key(self, repository: Repository, image: Image) -> tuple[str, str]:
        return (repository.name, image.manifest.digest)

    def _outcome(self, repository: Repository, image: Image) -> _Outcome:
        every = self._outcomes.get((repository.name, None), _Outcome())
        return self._outcomes.get(self._key(repository, image), every)

    def _status(self, repository: Repository, image: Image) -> dict[str, str]:
        outcome = self._outcome(repository, image)
        is_over = self.clock.now() >= self._started[self._key(repository, image)] + outcome.seconds
        status = outcome.status if is_over or outcome.status in _UNDER_WAY else "IN_PROGRESS"
        told = outcome.description if is_over else None
        return {"status": status, "description": told or _DESCRIPTIONS.get(status, f"The scan is {status}.")}

    def _summary(self, repository: Repository, image: Image) -> dict[str, Any]:
        outcome = self._outcome(repository, image)
        at = self._started[self._key(repository, image)] + outcome.seconds
        return {
            "imageScanCompletedAt": at,
            "vulnerabilitySourceUpdatedAt": at,
            "findingSeverityCounts": outcome.counts,
        }

    def _start(self, call: Call) -> dict[str, Any]:
        repository = self.repository_of(call)
        image = repository.image(call.params["imageId"])
        if image.manifest.is_index:
            raise AwsError(
                "UnsupportedImageTypeException", f"The image media type {image.manifest.media_type} can't be scanned"
            )
        key, now = self._key(repository, image), self.clock.now()
        if now < self._started.get(key, now - _AGAIN_SECONDS) + _AGAIN_SECONDS:
            raise AwsError("LimitExceededException", "The scan quota per image has been exceeded. Wait and try again.")
        self._started[key] = now
        return {**_echo(call, image), "imageScanStatus": self._status(repository, image)}

    def _describe(self, call: Call) -> dict[str, Any]:
        repository = self.repository_of(call)
        image = repository.image(call.params["imageId"])
        if self._key(repository, image) not in self._started:
            raise AwsError(
                "ScanNotFoundException",
                f"Image scan does not exist for the image with '{image.manifest.digest}' in {repository.where}",
            )
        status = self._status(repository, image)
        answer = {**_echo(call, image), "imageScanStatus": status}
        if status["status"] != "COMPLETE":
            return answer
        outcome = self._outcome(repository, image)
        kind = "enhancedFindings" if outcome.enhanced else "findings"
        found, token = page(outcome.enhanced or outcome.findings, call.params)
        return {**answer, "imageScanFindings": {**self._summary(repository, image), kind: found}, **token}


def _echo(call: Call, image: Image) -> dict[str, Any]:
    identifier = {**call.params["imageId"], "imageDigest": image.manifest.digest}
    return {"registryId": call.account, "repositoryName": call.params["repositoryName"], "imageId": identifier}
