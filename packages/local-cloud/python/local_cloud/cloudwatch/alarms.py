"""Alarms: evaluated as time passes, with the history of their states."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import floor
from typing import Any

from ..call import AwsError, Call
from ..clock import Clock
from .evaluation import COMPARISONS, EXTRA_POINTS, INSUFFICIENT, TREATMENTS, state_of
from .metrics import Metrics, invalid, metric_of, statistic

#: Alarms with a short period are evaluated every ten seconds, all others every minute.
_SHORT_PERIODS = (10, 30)
_MOST_SECONDS = 24 * 3600
_NEEDED = ("MetricName", "Namespace", "Statistic", "Period", "Threshold", "EvaluationPeriods", "ComparisonOperator")
_NOT_BUILT = ("Metrics", "ExtendedStatistic", "ThresholdMetricId", "EvaluationCriteria", "EvaluationWindow")
#: DescribeAlarms and DescribeAlarmHistory.
_PAGE = 50


@dataclass
class Alarm:
    """One alarm. `settings` are the members of its request; times are seconds since 1970."""

    settings: Mapping[str, Any]
    arn: str
    updated: float
    evaluated: float
    state: str = INSUFFICIENT
    reason: str = "Unchecked: Initial alarm creation"
    data: str | None = None
    since: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """By which it is known in its account and region."""
        return str(self.settings["AlarmName"])

    @property
    def interval(self) -> int:
        """Seconds from one evaluation to the next."""
        return 10 if self.settings["Period"] in _SHORT_PERIODS else 60

    def enter(self, state: str, reason: str, data: str | None, at: float) -> None:
        """Comes into a state; staying in one is no event."""
        old = self.state
        before = {"stateValue": old, "stateReason": self.reason}
        self.state, self.reason, self.data = state, reason, data
        if state == old:
            return
        self.since = at
        after = {"stateValue": state, "stateReason": reason}
        if data is not None:
            after["stateReasonData"] = json.loads(data)
        changed = {"version": "1.0", "oldState": before, "newState": after}
        self._tell("StateUpdate", f"Alarm updated from {old} to {state}", changed, at)

    def _tell(self, kind: str, summary: str, data: Mapping[str, Any], at: float) -> None:
        self.history.append(
            {
                "AlarmName": self.name,
                "AlarmType": "MetricAlarm",
                "Timestamp": at,
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data)[:4095],
            }
        )

    def configured(self, what: str, at: float) -> None:
        """Notes that it was created or changed."""
        self.updated = at
        self._tell("ConfigurationUpdate", f'Alarm "{self.name}" {what}', {"type": what, "version": "1.0"}, at)

    def describe(self) -> dict[str, Any]:
        """As DescribeAlarms shows it."""
        kept = {name: value for name, value in self.settings.items() if name != "Tags"}
        return {
            "ActionsEnabled": True,
            **{name: [] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
            **kept,
            "Dimensions": self.settings.get("Dimensions", []),
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": self.updated,
            "StateValue": self.state,
            "StateReason": self.reason,
            **({} if self.data is None else {"StateReasonData": self.data}),
            "StateUpdatedTimestamp": self.since,
            "StateTransitionedTimestamp": self.since,
        }


class Alarms:
    """Every alarm of the account. Safe for threads under the lock of its owner."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._metrics = metrics
        self._alarms: dict[str, Alarm] = {}
        self.operations: dict[str, Callable[[Call], dict[str, Any]]] = {
            "PutMetricAlarm": self._put,
            "DeleteAlarms": self._delete,
            "DescribeAlarms": self._describe,
            "DescribeAlarmHistory": self._history,
            "SetAlarmState": self._set,
        }

    def evaluate(self) -> None:
        """Lets every alarm have the evaluations that were due since it was last asked about."""
        now = self._clock.now()
        for alarm in self._alarms.values():
            for at in _due(alarm, now):
                self._evaluate(alarm, at)
                alarm.evaluated = at

    def _evaluate(self, alarm: Alarm, at: float) -> None:
        settings = alarm.settings
        period, periods, threshold = settings["Period"], settings["EvaluationPeriods"], settings["Threshold"]
        needed = settings.get("DatapointsToAlarm", periods)
        metric, breaches = metric_of(settings, settings["Namespace"]), COMPARISONS[settings["ComparisonOperator"]]
        values = []
        for back in range(periods + EXTRA_POINTS, 0, -1):
            samples = self._metrics.between(metric, at - back * period, at - (back - 1) * period, at)
            values.append(statistic(settings["Statistic"], samples) if samples else None)
        points = [None if value is None else bool(breaches(value, threshold)) for value in values]
        state = state_of(points, alarm.state, needed, periods, settings.get("TreatMissingData", "missing"))
        recent = [float(value) for value in values if value is not None][-periods:]
        data = {
            "version": "1.0",
            "queryDate": _iso(at),
            "statistic": settings["Statistic"],
            "period": period,
            "recentDatapoints": recent,
            "threshold": threshold,
        }
        alarm.enter(state, _reason(settings, recent, points, state), json.dumps(data), at)

    def _put(self, call: Call) -> dict[str, Any]:
        settings = _checked(call.params)
        now, name = self._clock.now(), settings["AlarmName"]
        existing = self._alarms.get(name)
        if existing is not None:
            existing.settings = settings
            existing.configured("updated", now)
            return {}
        arn = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}"
        made = Alarm(settings, arn, now, evaluated=now, since=now)
        made.configured("created", now)
        self._alarms[name] = made
        return {}

    def _delete(self, call: Call) -> dict[str, Any]:
        names = call.params["AlarmNames"]
        missing = [name for name in names if name not in self._alarms]
        if missing:
            raise AwsError("ResourceNotFound", f"Alarms {missing} do not exist", 404)
        for name in names:
            del self._alarms[name]
        return {}

    def _describe(self, call: Call) -> dict[str, Any]:
        params = call.params
        unknown = sorted(set(params) - {"AlarmNames", "AlarmNamePrefix", "AlarmTypes", "StateValue", "MaxRecords"})
        if unknown:
            raise AwsError("NotImplemented", f"the local cloud's DescribeAlarms knows no {unknown[0]}")
        if "AlarmNames" in params and "AlarmNamePrefix" in params:
            raise AwsError("ValidationError", "AlarmNames and AlarmNamePrefix cannot be specified together")
        if "MetricAlarm" not in params.get("AlarmTypes", ["MetricAlarm"]):
            return {"MetricAlarms": [], "CompositeAlarms": []}
        found = [
            alarm
            for name, alarm in sorted(self._alarms.items())
            if name in params.get("AlarmNames", [name])
            and name.startswith(params.get("AlarmNamePrefix", ""))
            and alarm.state == params.get("StateValue", alarm.state)
        ]
        most = params.get("MaxRecords", _PAGE if "AlarmNames" not in params else 100)
        if len(found) > most:
            raise AwsError("NotImplemented", "the local cloud gives alarms in one page only")
        return {"MetricAlarms": [alarm.describe() for alarm in found], "CompositeAlarms": []}

    def _history(self, call: Call) -> dict[str, Any]:
        params, now = call.params, self._clock.now()
        if "AlarmName" in params and params["AlarmName"] not in self._alarms:
            return {"AlarmHistoryItems": []}
        start, end = params.get("StartDate", 0), params.get("EndDate", now)
        items = [
            item
            for name, alarm in self._alarms.items()
            if name == params.get("AlarmName", name)
            for item in alarm.history
            if start <= item["Timestamp"] <= end
            and item["HistoryItemType"] == params.get("HistoryItemType", item["HistoryItemType"])
        ]
        is_descending = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        items = sorted(items, key=lambda item: float(item["Timestamp"]), reverse=is_descending)
        first, size = int(params.get("NextToken", "0")), params.get("MaxRecords", _PAGE)
        more = {"NextToken": str(first + size)} if len(items) > first + size else {}
        return {"AlarmHistoryItems": items[first : first + size], **more}

    def _set(self, call: Call) -> dict[str, Any]:
        """Holds until the next evaluation, as the API reference says."""
        params = call.params
        alarm = self._alarms.get(params["AlarmName"])
        if alarm is None:
            raise AwsError("ResourceNotFound", f"The alarm {params['AlarmName']} does not exist", 404)
        alarm.enter(params["StateValue"], params["StateReason"], params.get("StateReasonData"), self._clock.now())
        return {}


def _due(alarm: Alarm, now: float) -> Iterator[float]:
    step = alarm.interval
    at = (floor(alarm.evaluated / step) + 1) * step
    while at <= now:
        yield float(at)
        at += step


def _checked(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of an alarm that CloudWatch would take. Raises AwsError."""
    for name in _NOT_BUILT:
        if name in params:
            raise AwsError("NotImplemented", f"the local cloud's alarms know no {name}")
    missing = [name for name in _NEEDED if name not in params]
    if missing:
        raise AwsError("MissingParameter", f"The parameter {missing[0]} is required.")
    period, periods = params["Period"], params["EvaluationPeriods"]
    if period % 60 and period not in _SHORT_PERIODS:
        raise invalid("Period", "it must be 10, 30 or a multiple of 60")
    if period * periods > _MOST_SECONDS:
        raise invalid("EvaluationPeriods", "an alarm looks back a day at most")
    if params.get("DatapointsToAlarm", 1) > periods:
        raise invalid("DatapointsToAlarm", "it must not be more than EvaluationPeriods")
    if params.get("TreatMissingData", "missing") not in TREATMENTS:
        raise invalid("TreatMissingData", f"it must be one of {', '.join(TREATMENTS)}")
    if params["ComparisonOperator"] not in COMPARISONS:
        raise AwsError("NotImplemented", "the local cloud's alarms know no anomaly detection")
    metric_of(params, params["Namespace"])
    return params


def _reason(settings: Mapping[str, Any], recent: list[float], points: list[bool | None], state: str) -> str:
    """Close to AWS's own words, which are not documented."""
    if not recent:
        return f"Insufficient Data: {settings['EvaluationPeriods']} datapoints were unknown."
    shown = ", ".join(map(str, recent))
    words = {"GreaterThan": "greater than", "LessThan": "less than"}
    kind = next(word for start, word in words.items() if settings["ComparisonOperator"].startswith(start))
    equal = " or equal to" if "OrEqual" in settings["ComparisonOperator"] else ""
    was = f"{kind}{equal} the threshold ({float(settings['Threshold'])})"
    count = sum(point is True for point in points)
    verb = "was" if state == "ALARM" else "was not"
    number = count if state == "ALARM" else len(recent) - count
    return f"Threshold Crossed: {number} datapoints out of the last {len(recent)} [{shown}] {verb} {was}."


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
