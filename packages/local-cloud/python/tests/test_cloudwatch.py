"""CloudWatch's metrics, and alarms that are evaluated by them as time passes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import botocore.model
import pytest
from conftest import Cloud, refused

from local_cloud.cloudwatch.evaluation import state_of

_NUMBER = count(1)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """One of its own: these tests step its clock."""
    started = Cloud(tmp_path_factory.mktemp("cloudwatch"))
    yield started
    started.stop()


@pytest.fixture
def cw(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """boto3 prefers CBOR with CloudWatch; the local cloud speaks JSON, as the SDK for JavaScript does."""
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("json", "query"))
    return cloud.client("cloudwatch")


def advance(cloud: Cloud, seconds: float) -> None:
    cloud.control("POST", "clock", {"advance": seconds})


def now(cloud: Cloud) -> float:
    return float(cloud.control("GET", "clock")["now"])


def alarm(cw: Any, **more: Any) -> str:
    """An alarm on a metric of its own that goes off above 5; gives its name, which is that of the metric too."""
    name = f"errors-{next(_NUMBER)}"
    settings = {
        "AlarmName": name,
        "Namespace": "Test",
        "MetricName": name,
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }
    cw.put_metric_alarm(**{key: value for key, value in settings.items() if value is not None})
    return name


def put(cw: Any, name: str, value: float) -> None:
    cw.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Value": value}])


def of(cw: Any, name: str) -> dict[str, Any]:
    (found,) = cw.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def changes(cw: Any, name: str, **more: Any) -> list[str]:
    found = cw.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate", **more)
    return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]


# -- how a state follows from points; the tables are AWS's own


@pytest.mark.parametrize(
    ("needed", "points", "missing", "ignore", "breaching", "not_breaching"),
    [
        (3, "0-X-X", "OK", "OK", "OK", "OK"),
        (3, "0----", "OK", "OK", "OK", "OK"),
        (3, "-----", "INSUFFICIENT_DATA", "kept", "ALARM", "OK"),
        (3, "0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (3, "--X--", "ALARM", "kept", "ALARM", "OK"),
        (2, "0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0-X--", "OK", "OK", "ALARM", "OK"),
        (2, "----0", "OK", "OK", "ALARM", "OK"),
        (2, "---X-", "ALARM", "kept", "ALARM", "OK"),
        (3, "----X", "OK", "OK", "ALARM", "OK"),
        (3, "---X-", "OK", "OK", "ALARM", "OK"),
    ],
)
def test_missing_points_count_as_aws_documents(
    needed: int, points: str, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    read = [{"0": False, "X": True, "-": None}[point] for point in points]
    wanted = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    assert {treatment: state_of(read, "kept", needed, 3, treatment) for treatment in wanted} == wanted


# -- alarms as time passes


def test_an_alarm_goes_off_when_its_minute_is_over_and_comes_back(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw)
    assert of(cw, name)["StateValue"] == "INSUFFICIENT_DATA"
    put(cw, name, 1)
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == "OK"
    put(cw, name, 9)
    assert of(cw, name)["StateValue"] == "OK"
    advance(cloud, 60)
    found = of(cw, name)
    assert found["StateValue"] == "ALARM"
    assert "[9.0] was greater than the threshold (5.0)" in found["StateReason"]
    assert json.loads(found["StateReasonData"])["recentDatapoints"] == [9.0]
    put(cw, name, 2)
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == "OK"


def test_a_flap_that_nobody_saw_is_in_the_history(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw)
    put(cw, name, 1)
    advance(cloud, 60)
    put(cw, name, 9)
    advance(cloud, 60)
    put(cw, name, 1)
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == "OK"
    told = ["ALARM to OK", "OK to ALARM", "INSUFFICIENT_DATA to OK"]
    assert changes(cw, name) == [f"Alarm updated from {one}" for one in told]
    assert changes(cw, name, ScanBy="TimestampAscending") == [f"Alarm updated from {one}" for one in reversed(told)]
    (first,) = cw.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate", MaxRecords=1)[
        "AlarmHistoryItems"
    ]
    data = json.loads(first["HistoryData"])
    assert (data["oldState"]["stateValue"], data["newState"]["stateValue"]) == ("ALARM", "OK")
    since = first["Timestamp"]
    assert changes(cw, name, StartDate=since) == ["Alarm updated from ALARM to OK"]


def test_an_alarm_without_data_says_so_after_its_range(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw)
    put(cw, name, 1)
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == "OK"
    advance(cloud, 240)
    assert of(cw, name)["StateValue"] == "INSUFFICIENT_DATA"


def test_a_short_period_is_looked_at_each_ten_seconds(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw, Period=10)
    put(cw, name, 9)
    advance(cloud, 10)
    assert of(cw, name)["StateValue"] == "ALARM"


def test_m_of_n_points_have_to_breach(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    states = []
    for value in (9, 1, 9, 1, 1):
        put(cw, name, value)
        advance(cloud, 60)
        states.append(of(cw, name)["StateValue"])
    assert states == ["OK", "OK", "ALARM", "OK", "OK"]


def test_what_arrives_late_was_not_known_before(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw, TreatMissingData="notBreaching")
    advance(cloud, 180)
    assert of(cw, name)["StateValue"] == "OK"
    assert changes(cw, name) == ["Alarm updated from INSUFFICIENT_DATA to OK"]


def test_a_state_that_was_set_holds_until_the_next_evaluation(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw)
    put(cw, name, 1)
    advance(cloud, 60)
    put(cw, name, 1)
    cw.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    assert (of(cw, name)["StateValue"], of(cw, name)["StateReason"]) == ("ALARM", "a test")
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == "OK"
    assert changes(cw, name)[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]


@pytest.mark.parametrize(
    ("statistic", "state"),
    [("Sum", "ALARM"), ("Maximum", "OK"), ("Average", "OK"), ("SampleCount", "OK"), ("Minimum", "OK")],
)
def test_a_statistic_is_what_it_is_called(cloud: Cloud, cw: Any, statistic: str, state: str) -> None:
    name = alarm(cw, Statistic=statistic)
    cw.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Values": [2.0, 3.0], "Counts": [1.0, 2.0]}])
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == state


def test_a_metric_is_exactly_its_dimensions(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw, Dimensions=[{"Name": "service", "Value": "a"}])
    put(cw, name, 9)
    advance(cloud, 60)
    assert of(cw, name)["StateValue"] == "INSUFFICIENT_DATA"


# -- lists


def test_only_alarms_that_are_there_are_described(cw: Any) -> None:
    name = alarm(cw)
    found = cw.describe_alarms(AlarmNames=[name, "none"], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [one["AlarmName"] for one in found["MetricAlarms"]] == [name]
    assert found["CompositeAlarms"] == []
    assert [one["AlarmName"] for one in cw.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]] == [name]
    assert cw.describe_alarms(AlarmNames=[name], StateValue="ALARM")["MetricAlarms"] == []
    assert cw.describe_alarm_history(AlarmName="none")["AlarmHistoryItems"] == []
    cw.delete_alarms(AlarmNames=[name])
    assert cw.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_history_comes_in_pages(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw)
    for value in (1, 9, 1):
        put(cw, name, value)
        advance(cloud, 60)
        of(cw, name)
    pages = cw.get_paginator("describe_alarm_history").paginate(AlarmName=name, PaginationConfig={"PageSize": 2})
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [2, 2]


def test_statistics_are_of_periods(cloud: Cloud, cw: Any) -> None:
    name = f"requests-{next(_NUMBER)}"
    for value in (3, 4):
        put(cw, name, value)
    advance(cloud, 60)
    put(cw, name, 5)
    at = now(cloud)
    asked = {"Namespace": "Test", "MetricName": name, "StartTime": at - 600, "EndTime": at + 60, "Period": 60}
    points = cw.get_metric_statistics(**asked, Statistics=["Sum", "SampleCount"])["Datapoints"]
    assert sum(point["Sum"] for point in points) == 12
    assert sum(point["SampleCount"] for point in points) == 3
    assert cw.get_metric_statistics(**{**asked, "MetricName": "none"}, Statistics=["Sum"])["Datapoints"] == []


# -- what is refused


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"Period": 45}, "InvalidParameterValue", "10, 30 or a multiple of 60"),
        ({"EvaluationPeriods": 1441}, "InvalidParameterValue", "a day at most"),
        ({"DatapointsToAlarm": 2}, "InvalidParameterValue", "DatapointsToAlarm"),
        ({"TreatMissingData": "good"}, "InvalidParameterValue", "TreatMissingData"),
        ({"Threshold": None}, "MissingParameter", "Threshold"),
        ({"Statistic": None, "ExtendedStatistic": "p99"}, "NotImplemented", "ExtendedStatistic"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "NotImplemented", "anomaly"),
    ],
)
def test_an_alarm_that_cloudwatch_would_not_take_is_refused(cw: Any, more: Any, code: str, words: str) -> None:
    refused(code, words, lambda: alarm(cw, **more))


def test_requests_are_held_against_the_model(cw: Any) -> None:
    asked = {"AlarmName": "a", "StateValue": "BAD", "StateReason": "x"}
    refused("ValidationError", "enum value set", cw.set_alarm_state, **asked)
    refused("ResourceNotFound", "does not exist", cw.set_alarm_state, **{**asked, "StateValue": "OK"})
    refused("ResourceNotFound", "do not exist", cw.delete_alarms, AlarmNames=["none"])
    refused("NotImplemented", "not part of the local cloud", cw.list_dashboards)


def test_samples_that_cloudwatch_would_not_take_are_refused(cloud: Cloud, cw: Any) -> None:
    put_data = cw.put_metric_data
    far = {"MetricName": "a", "Value": 1, "Timestamp": now(cloud) + 7300}
    refused("InvalidParameterValue", "two hours ahead", put_data, Namespace="Test", MetricData=[far])
    both = {"MetricName": "a", "Value": 1, "Values": [1.0]}
    refused("InvalidParameterCombination", "one of", put_data, Namespace="Test", MetricData=[both])
    refused("InvalidParameterValue", "reserved", put_data, Namespace="AWS/ECS", MetricData=[])


def test_without_the_right_nothing_is_told(cloud: Cloud, cw: Any) -> None:
    name = alarm(cw)
    reader = cloud.as_reader("cloudwatch")
    refused("AccessDenied", "cloudwatch:DescribeAlarms on resource: *", reader.describe_alarms, AlarmNames=[name])
    refused("AccessDenied", f":alarm:{name}", reader.describe_alarm_history, AlarmName=name)
