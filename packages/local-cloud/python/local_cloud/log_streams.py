"""FilterLogEvents by a prefix of stream names, which moto reads past: it is given the names instead."""

from __future__ import annotations

import io
import json
from typing import Any

from moto.logs.models import logs_backends

from .call import AwsError, Call

#: A name that no stream can have (a stream name holds no colon): stands for "none of them".
_NO_STREAM = ":"


def expand_prefix(call: Call, environ: dict[str, Any]) -> None:
    """Puts the names of the streams in the place of their prefix. Raises AwsError when both are given."""
    prefix = call.params.get("logStreamNamePrefix")
    if call.operation != "FilterLogEvents" or prefix is None:
        return
    if "logStreamNames" in call.params:
        raise AwsError("InvalidParameterException", "logStreamNamePrefix and logStreamNames are mutually exclusive")
    given = {name: value for name, value in call.params.items() if name != "logStreamNamePrefix"}
    names = [name for name in _stream_names(call) if name.startswith(prefix)]
    body = json.dumps({**given, "logStreamNames": names or [_NO_STREAM]}).encode()
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))


def _stream_names(call: Call) -> list[str]:
    group = logs_backends[call.account][call.region].groups.get(call.params.get("logGroupName"))
    return list(group.streams) if group else []
