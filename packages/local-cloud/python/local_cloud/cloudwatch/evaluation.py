"""What an alarm comes to: a function of its settings and of the points in its evaluation range.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
#: In the examples of AWS, three periods have a range of five; how far it reaches otherwise is not documented.
EXTRA_POINTS = 2


def state_of(points: Sequence[bool | None], current: str, needed: int, periods: int, treatment: str) -> str:
    """The state by the points of the range, oldest first: whether each breaches, or None where one is missing.

    Points that are there count before missing ones, also those from before the evaluation periods. `needed` of
    `periods` have to breach.
    """
    real = [point for point in points if point is not None][-periods:]
    lacking, breaching = periods - len(real), sum(real)
    if breaching >= needed:
        return ALARM
    if lacking == 0:
        return OK
    if treatment == "breaching":
        return ALARM if breaching + lacking >= needed else OK
    if treatment == "notBreaching":
        return OK
    if not real:
        return INSUFFICIENT if treatment == "missing" else current
    # Nothing but breaches, and the first of them long enough ago that more would be there if there were any.
    oldest = len(points) - list(points).index(real[0])
    if all(real) and oldest >= needed:
        return ALARM if treatment == "missing" else current
    return OK
