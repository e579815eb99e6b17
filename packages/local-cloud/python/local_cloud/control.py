"""The control API below /_local/: what a test may see and change of the cloud itself. Reachable on loopback only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .call import AwsError
from .wire import Answer

if TYPE_CHECKING:
    from .app import LocalCloud


def _clear(what: Any) -> dict[str, Any]:
    what.clear()
    return {}


def _advance(cloud: LocalCloud, body: dict[str, Any]) -> dict[str, Any]:
    cloud.clock.advance(float(body["advance"]))
    return {"now": cloud.clock.now()}


_ROUTES: dict[tuple[str, str], Any] = {
    ("GET", "health"): lambda cloud, body: {"ok": True},
    ("GET", "calls"): lambda cloud, body: cloud.recorder.documents(),
    ("DELETE", "calls"): lambda cloud, body: _clear(cloud.recorder),
    ("POST", "faults"): lambda cloud, body: {"id": cloud.faults.add(body)},
    ("DELETE", "faults"): lambda cloud, body: _clear(cloud.faults),
    ("GET", "clock"): lambda cloud, body: {"now": cloud.clock.now()},
    ("POST", "clock"): _advance,
    ("GET", "jobs"): lambda cloud, body: cloud.sagemaker.jobs.overview(),
    ("POST", "interrupt"): lambda cloud, body: _interrupt(cloud, body),
    ("POST", "scan-findings"): lambda cloud, body: cloud.ecr.choose_scan(body),
    ("POST", "clusters"): lambda cloud, body: cloud.eks.register(body),
    ("POST", "expire-image"): lambda cloud, body: cloud.ecr.expire(body),
}


def _interrupt(cloud: LocalCloud, body: dict[str, Any]) -> dict[str, Any]:
    cloud.sagemaker.jobs.interrupt(body["job"])
    return {}


def answer(cloud: LocalCloud, environ: dict[str, Any]) -> Answer:
    """Answers in JSON; a bad request says what is wrong with it."""
    name = environ["PATH_INFO"].removeprefix("/_local/")
    route = _ROUTES.get((environ["REQUEST_METHOD"], name))
    if route is None:
        return _json({"error": f"there is no {environ['REQUEST_METHOD']} /_local/{name}"}, 404)
    try:
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        return _json(route(cloud, body))
    except (AwsError, ValueError, KeyError, TypeError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _json(document: Any, status: int = 200) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(document).encode())
