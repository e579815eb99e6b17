"""EKS as far as a login needs it: DescribeCluster of clusters that somebody else runs.

https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeCluster.html
"""

from __future__ import annotations

import base64
import threading
from typing import Any

from .call import AwsError, Call
from .clock import Clock

_VERSION = "1.35"
_STATES = frozenset({"CREATING", "ACTIVE", "DELETING", "FAILED", "UPDATING", "PENDING"})


class Eks:
    """The clusters of the account. Safe for threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clusters: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def register(self, document: dict[str, Any]) -> dict[str, Any]:
        """Makes a cluster known or changes it: `{name, endpoint, certificateAuthority (PEM), status?}`.

        A local cluster starts after the cloud, which its nodes and its login need.
        """
        status = document.get("status", "ACTIVE")
        if status not in _STATES:
            raise ValueError(f"{status} is no state of a cluster")
        cluster = {
            "name": document["name"],
            "createdAt": self._clock.now(),
            "version": _VERSION,
            "status": status,
            # A cluster that is being made has neither yet.
            **({} if status in ("CREATING", "PENDING") else _access(document)),
        }
        with self._lock:
            self._clusters[document["name"]] = cluster
        return {}

    def answer(self, call: Call) -> dict[str, Any]:
        """The response's members. Raises AwsError for an operation that is not built."""
        if call.operation != "DescribeCluster":
            raise AwsError("NotImplemented", f"eks:{call.operation} is not part of the local cloud")
        name = call.params["name"]
        with self._lock:
            cluster = self._clusters.get(name)
        if cluster is None:
            message = f"No cluster found for name: {name}."
            raise AwsError("ResourceNotFoundException", message, 404, {"clusterName": name})
        return {"cluster": {**cluster, "arn": arn_of(call, name)}}


def _access(document: dict[str, Any]) -> dict[str, Any]:
    data = base64.b64encode(document["certificateAuthority"].encode()).decode()
    return {"endpoint": document["endpoint"], "certificateAuthority": {"data": data}}


def arn_of(call: Call, name: str) -> str:
    """The ARN of a cluster of the account that is called."""
    return f"arn:aws:eks:{call.region}:{call.account}:cluster/{name}"
