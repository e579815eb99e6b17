"""The samples of metrics, and what they come to over a period."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock

#: CloudWatch API, PutMetricData.
_OLDEST_SECONDS = 14 * 24 * 3600
_FUTURE_SECONDS = 2 * 3600
#: CloudWatch API, GetMetricStatistics.
_MOST_POINTS = 1440
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

#: Namespace, name, and the dimensions in order: a metric is exactly its dimensions.
Metric = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Sample:
    """Values that were sent together. Times are seconds since 1970."""

    at: float
    received: float
    count: float
    total: float
    least: float
    most: float


def metric_of(members: Mapping[str, Any], namespace: str) -> Metric:
    """The metric that a request means."""
    pairs = [(one["Name"], one["Value"]) for one in members.get("Dimensions", [])]
    if len({name for name, _ in pairs}) < len(pairs):
        raise invalid("Dimensions", "a name occurs twice")
    return namespace, members["MetricName"], tuple(sorted(pairs))


def invalid(name: str, why: str) -> AwsError:
    """A value that CloudWatch refuses."""
    return AwsError("InvalidParameterValue", f"The parameter {name} is not valid: {why}.")


def statistic(name: str, samples: Sequence[Sample]) -> float:
    """What samples, of which there is at least one, come to."""
    count, total = sum(one.count for one in samples), sum(one.total for one in samples)
    return {
        "SampleCount": count,
        "Average": total / count,
        "Sum": total,
        "Minimum": min(one.least for one in samples),
        "Maximum": max(one.most for one in samples),
    }[name]


class Metrics:
    """Every sample of the account. Safe for threads under the lock of its owner."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._samples: dict[Metric, list[Sample]] = {}
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "PutMetricData": self._put,
            "GetMetricStatistics": self._statistics,
        }

    def between(self, metric: Metric, start: float, end: float, known_by: float) -> list[Sample]:
        """The samples of `[start, end)` that had been received at a time."""
        with self._lock:
            found = self._samples.get(metric, [])
            return [one for one in found if start <= one.at < end and one.received <= known_by]

    def _put(self, call: Call) -> dict[str, Any]:
        namespace, now = call.params["Namespace"], self._clock.now()
        if namespace.startswith("AWS/"):
            raise invalid("Namespace", "names that begin with AWS/ are reserved")
        read = [(metric_of(datum, namespace), _sample(datum, now)) for datum in call.params.get("MetricData", [])]
        for metric, sample in read:
            self._samples.setdefault(metric, []).append(sample)
        return {}

    def _statistics(self, call: Call) -> dict[str, Any]:
        params = call.params
        period, names = params["Period"], params.get("Statistics", [])
        if not names or params.get("ExtendedStatistics"):
            raise AwsError("NotImplemented", "the local cloud knows Statistics and no ExtendedStatistics")
        if period % 60 and period not in (1, 5, 10, 20, 30):
            raise invalid("Period", "it must be 1, 5, 10, 20, 30 or a multiple of 60")
        start, end = params["StartTime"] // period * period, params["EndTime"]
        if start >= end:
            raise invalid("StartTime", "it must be before EndTime")
        if (end - start) / period > _MOST_POINTS:
            raise AwsError("InvalidParameterCombination", f"You have requested more than {_MOST_POINTS} datapoints.")
        metric, now = metric_of(params, params["Namespace"]), self._clock.now()
        points = []
        while start < end:
            samples = self.between(metric, start, min(start + period, end), now)
            if samples:
                points.append({"Timestamp": start, **{name: statistic(name, samples) for name in names}})
            start += period
        return {"Label": params["MetricName"], "Datapoints": points}


def _sample(datum: Mapping[str, Any], now: float) -> Sample:
    at = datum.get("Timestamp", now)
    if not now - _OLDEST_SECONDS <= at <= now + _FUTURE_SECONDS:
        raise invalid("MetricData.member.Timestamp", "it is more than two weeks old or two hours ahead")
    given = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if len(given) != 1:
        raise AwsError("InvalidParameterCombination", "A datum has one of Value, Values and StatisticValues.")
    if "StatisticValues" in datum:
        told = datum["StatisticValues"]
        return Sample(at, now, told["SampleCount"], told["Sum"], told["Minimum"], told["Maximum"])
    values = datum.get("Values", [datum.get("Value")])
    counts = datum.get("Counts", [1.0] * len(values))
    if len(values) != len(counts) or not values:
        raise invalid("MetricData.member.Counts", "there is one for each of Values")
    total = sum(value * count for value, count in zip(values, counts, strict=True))
    return Sample(at, now, sum(counts), total, min(values), max(values))
