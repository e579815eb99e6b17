"""Lineage: artifacts, and associations between them and the jobs of the account.

https://docs.aws.amazon.com/sagemaker/latest/dg/lineage-tracking-entities.html
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock
from . import tags
from .listing import Listing, seconds
from .users import user_of

#: A job's own entity, which SageMaker makes with the job:
#: https://docs.aws.amazon.com/sagemaker/latest/dg/lineage-tracking-auto-creation.html
_COMPONENT = re.compile(r".*:experiment-trial-component/(?P<name>.+)-aws-(?P<kind>training|processing)-job")
_COMPONENT_TYPES = {"training": "SageMakerTrainingJob", "processing": "SageMakerProcessingJob"}


def artifact_arn(call: Call, uri: str) -> str:
    """The ARN of an artifact, which is made of its source."""
    digest = hashlib.sha256(uri.encode()).hexdigest()[:32]
    return f"arn:aws:sagemaker:{call.region}:{call.account}:artifact/{digest}"


@dataclass(frozen=True)
class _Artifact:
    arn: str
    created: float
    created_by: dict[str, Any]
    #: ArtifactName, Source, ArtifactType, Properties, MetadataProperties, as far as given.
    given: dict[str, Any]
    tags: dict[str, str]

    def summary(self) -> dict[str, Any]:
        named = ("ArtifactName", "Source", "ArtifactType")
        return {
            "ArtifactArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.created,
            **{name: self.given[name] for name in named if name in self.given},
        }

    def describe(self) -> dict[str, Any]:
        group = self.arn.partition(":artifact/")[0] + ":lineage-group/sagemaker-default-lineage-group"
        by = {"CreatedBy": self.created_by, "LastModifiedBy": self.created_by}
        return {**self.summary(), **self.given, **by, "LineageGroupArn": group}


@dataclass(frozen=True)
class _Association:
    created: float
    #: The members of AssociationSummary.
    members: dict[str, Any]


def _times(start: str, end: str) -> dict[str, Callable[[Any, Any], bool]]:
    """Unlike the lists of jobs and packages these take the moments named in."""
    return {
        start: lambda item, value: item.created >= seconds(value),
        end: lambda item, value: item.created <= seconds(value),
    }


def _member(name: str) -> Callable[[_Association, Any], bool]:
    return lambda one, value: one.members.get(name) == value


_ARTIFACTS = Listing(
    keys={"CreationTime": lambda artifact: artifact.created},
    filters={
        "SourceUri": lambda artifact, value: artifact.given["Source"]["SourceUri"] == value,
        "ArtifactType": lambda artifact, value: artifact.given["ArtifactType"] == value,
        **_times("CreatedAfter", "CreatedBefore"),
    },
    order="Descending",
)
_ENDS = ("SourceArn", "DestinationArn", "SourceType", "DestinationType")
_ASSOCIATIONS = Listing(
    keys={
        "CreationTime": lambda one: one.created,
        **{name: lambda one, name=name: one.members.get(name, "") for name in _ENDS},
    },
    filters={
        **{name: _member(name) for name in (*_ENDS, "AssociationType")},
        **_times("CreatedAfter", "CreatedBefore"),
    },
    order="Descending",
)


class Lineage:
    """All artifacts and associations of the account. Safe for threads."""

    def __init__(self, clock: Clock, has_job: Callable[[str, str], bool]) -> None:
        self._clock = clock
        self._has_job = has_job
        self._artifacts: dict[str, _Artifact] = {}
        self._associations: dict[tuple[str, str], _Association] = {}
        self._lock = threading.Lock()
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "CreateArtifact": self._create,
            "DescribeArtifact": self._describe,
            "ListArtifacts": self._list,
            "AddAssociation": self._associate,
            "ListAssociations": self._list_associations,
            "DeleteAssociation": self._disassociate,
        }

    def tags_of(self, arn: str) -> dict[str, str] | None:
        """The tags of an artifact, to read and to change."""
        artifact = self._artifacts.get(arn)
        return None if artifact is None else artifact.tags

    def _create(self, call: Call) -> dict[str, Any]:
        arn = artifact_arn(call, call.params["Source"]["SourceUri"])
        given = {name: value for name, value in call.params.items() if name != "Tags"}
        artifact = _Artifact(arn, self._clock.now(), user_of(call), given, tags.read(call.params.get("Tags")))
        with self._lock:
            name = given.get("ArtifactName")
            if arn in self._artifacts:
                raise AwsError("ValidationException", f"Artifact {arn} with the same source already exists.")
            if name is not None and any(one.given.get("ArtifactName") == name for one in self._artifacts.values()):
                raise AwsError("ValidationException", f"Artifact with the name {name} already exists.")
            self._artifacts[arn] = artifact
        return {"ArtifactArn": arn}

    def _describe(self, call: Call) -> dict[str, Any]:
        artifact = self._artifacts.get(call.params["ArtifactArn"])
        if artifact is None:
            raise _missing(call.params["ArtifactArn"])
        return artifact.describe()

    def _list(self, call: Call) -> dict[str, Any]:
        found, token = _ARTIFACTS.page(list(self._artifacts.values()), call.params)
        return {"ArtifactSummaries": [artifact.summary() for artifact in found], **token}

    def _associate(self, call: Call) -> dict[str, Any]:
        ends = {name: call.params[name] for name in ("SourceArn", "DestinationArn")}
        key = (ends["SourceArn"], ends["DestinationArn"])
        members = {
            **call.params,
            **self._end("Source", ends["SourceArn"]),
            **self._end("Destination", ends["DestinationArn"]),
            "CreationTime": self._clock.now(),
            "CreatedBy": user_of(call),
        }
        with self._lock:
            if key in self._associations:
                raise AwsError("ValidationException", f"Association between {key[0]} and {key[1]} already exists.")
            self._associations[key] = _Association(members["CreationTime"], members)
        return ends

    def _end(self, side: str, arn: str) -> dict[str, str]:
        """Name and type of one end. Raises AwsError for what isn't there."""
        artifact = self._artifacts.get(arn)
        if artifact is not None:
            name = artifact.given.get("ArtifactName")
            return {f"{side}Type": artifact.given["ArtifactType"], **({f"{side}Name": name} if name else {})}
        component = _COMPONENT.fullmatch(arn)
        if component is None or not self._has_job(component["kind"], component["name"]):
            raise _missing(arn)
        return {f"{side}Type": _COMPONENT_TYPES[component["kind"]], f"{side}Name": arn.rsplit("/", 1)[1]}

    def _list_associations(self, call: Call) -> dict[str, Any]:
        found, token = _ASSOCIATIONS.page(list(self._associations.values()), call.params)
        return {"AssociationSummaries": [one.members for one in found], **token}

    def _disassociate(self, call: Call) -> dict[str, Any]:
        source, destination = call.params["SourceArn"], call.params["DestinationArn"]
        with self._lock:
            if self._associations.pop((source, destination), None) is None:
                raise _missing(f"Association between {source} and {destination}")
        return {"SourceArn": source, "DestinationArn": destination}


def _missing(what: str) -> AwsError:
    return AwsError("ResourceNotFound", f"{what} does not exist.")
