"""Faults that a test asks for, taken by the requests they match."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .call import AwsError
from .sessions import QUERY_SERVICES, expired_credentials

#: Kinds that end or bend a request, and kinds that befall a job.
REQUEST_KINDS = frozenset({"throttle", "500", "503", "reset", "lost-response", "expired", "denied", "latency", "quota"})
JOB_KINDS = frozenset({"capacity", "internal", "interrupt"})

_ERRORS = {
    "throttle": AwsError("ThrottlingException", "Rate exceeded", 400),
    "500": AwsError("InternalFailure", "The request processing has failed because of an unknown error.", 500),
    "503": AwsError("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503),
    "denied": AwsError("AccessDeniedException", "User is not authorized to perform this action", 400),
    "quota": AwsError(
        "ResourceLimitExceeded",
        "The account-level service limit 'ml.m5.xlarge for training job usage' is 0 Instances, with current "
        "utilization of 0 Instances and a request delta of 1 Instances.",
        400,
    ),
}
#: S3 says the same things in other words: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_S3_ERRORS = {
    "throttle": AwsError("SlowDown", "Please reduce your request rate.", 503),
    "500": AwsError("InternalError", "We encountered an internal error. Please try again.", 500),
    "503": AwsError("ServiceUnavailable", "Service is unable to handle request.", 503),
    "denied": AwsError("AccessDenied", "Access Denied", 403),
}
#: And so do the services of the query protocol: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
_QUERY_ERRORS = {
    "throttle": AwsError("Throttling", "Rate exceeded", 400),
    "denied": AwsError("AccessDenied", "User is not authorized to perform this action", 403),
}


#: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html#API_PutImage_Errors
_ECR_ERRORS = {
    "500": AwsError("ServerException", "These errors are usually caused by a server-side issue.", 500),
    "quota": AwsError("LimitExceededException", "The operation would have exceeded a service limit.", 400),
}


def _words(kind: str, service: str) -> AwsError:
    if kind == "expired":
        return expired_credentials(service)
    of_service = {"s3": _S3_ERRORS, "ecr": _ECR_ERRORS, **dict.fromkeys(QUERY_SERVICES, _QUERY_ERRORS)}
    return of_service.get(service, {}).get(kind) or _ERRORS[kind]


@dataclass
class Fault:
    """A fault for the next `times` matching requests after `skip` of them."""

    id: int
    kind: str
    service: str = "*"
    operation: str = "*"
    principal: str = "*"
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    message: str | None = None
    code: str | None = None

    def matches(self, service: str, operation: str, principal: str) -> bool:
        """Whether a request is one of those meant."""
        pairs = ((service, self.service), (operation, self.operation), (principal, self.principal))
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)

    def error(self, service: str) -> AwsError:
        """The error that AWS would answer with."""
        words = _words(self.kind, service)
        return AwsError(self.code or words.code, self.message or words.message, words.status)


class Faults:
    """The faults that are still to happen. Safe for threads; chances come from a fixed seed."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next = 1
        self._lock = threading.Lock()
        self._random = random.Random(20260101)

    def add(self, document: dict[str, Any]) -> int:
        """Adds a fault and returns its id. Raises ValueError for a kind or field that does not exist."""
        if document.get("kind") not in REQUEST_KINDS | JOB_KINDS:
            raise ValueError(f"unknown kind {document.get('kind')!r}")
        unknown = set(document) - set(Fault.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown fields {sorted(unknown)}")
        with self._lock:
            fault = Fault(**{**document, "id": self._next})
            self._next += 1
            self._faults.append(fault)
            return fault.id

    def take(self, kinds: frozenset[str], service: str, operation: str, principal: str) -> Fault | None:
        """The fault that befalls this request, if any; it is used up by that."""
        with self._lock:
            for fault in self._faults:
                if fault.kind not in kinds or fault.times <= 0 or not fault.matches(service, operation, principal):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if self._random.random() >= fault.probability:
                    continue
                fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        """Forgets all faults."""
        with self._lock:
            self._faults = []
