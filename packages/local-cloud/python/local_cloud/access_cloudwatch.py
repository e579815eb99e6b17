"""Which permissions CloudWatch's operations need.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

from __future__ import annotations

from .call import Access, Call


def required(call: Call) -> list[Access]:
    """The action on each alarm of the request; metrics are no resources, and a list of alarms is of all."""
    action = f"cloudwatch:{call.operation}"
    if call.operation == "PutMetricData":
        return [Access(action, "*", {"cloudwatch:namespace": call.params.get("Namespace")})]
    if call.operation == "DescribeAlarms" or ("AlarmName" not in call.params and "AlarmNames" not in call.params):
        return [Access(action, "*", {})]
    names = call.params.get("AlarmNames") or [call.params["AlarmName"]]
    return [Access(action, f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}", {}) for name in names]
