"""SageMaker: rooms of their own for jobs, the model registry and lineage, behind one dispatcher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..call import AwsError, Call
from .jobs import Jobs
from .lineage import Lineage
from .registry.api import Registry
from .services import Services
from .tags import Tags


class SageMaker:
    """Everything of SageMaker that exists in the account. Safe for threads."""

    def __init__(self, services: Services) -> None:
        self.jobs = Jobs(services)
        registry = Registry(services)
        lineage = Lineage(services.clock, self.jobs.has)
        tags = Tags((self.jobs.tags_of, registry.tags_of, lineage.tags_of))
        rooms = (self.jobs, registry, lineage, tags)
        self._operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            name: operation for room in rooms for name, operation in room.operations.items()
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """The response's members. Raises AwsError for an operation that is not built."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise AwsError("NotImplemented", f"sagemaker:{call.operation} is not part of the local cloud")
        return operation(call)
