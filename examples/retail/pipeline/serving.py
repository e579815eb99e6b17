"""The service: one FastAPI app for Kubernetes (/health, /predict) and for SageMaker endpoints (/ping, /invocations).

`python serving.py` loads the model or ends with one line. HOST, PORT and MODEL_DIR of its environment are its defaults.
Every line of its log is JSON; that of a prediction is a CloudWatch embedded metric as well, with ErrorRate, Latency and
Throughput.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from predictor import MODEL_FILE, InputFaults, Model, ModelFault, answers, load

#: The most that a SageMaker endpoint hands on.
LARGEST_BODY: Final = 6 * 2**20
JSON: Final = "application/json"
CSV: Final = "text/csv"
#: What alarms watch stays the same from one model to the next; the second one tells models apart.
DIMENSIONS: Final = (("service", "environment"), ("service", "environment", "model_version"))
METRICS: Final = {"ErrorRate": "Percent", "Latency": "Milliseconds", "Throughput": "Count"}
#: What an image without a model serves where that is allowed: it is healthy, and predicts nothing.
PLACEHOLDER: Final = Model(None, (), (), "placeholder")
log = logging.getLogger("serving")


class Refused(Exception):
    """A request that is refused before the model is asked."""

    def __init__(self, status: int, fault: str) -> None:
        super().__init__(fault)
        self.status = status


class JsonLines(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, message, and whatever the caller adds as `fields`."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry)


def metric_fields(model: Model, status: int, milliseconds: float) -> dict[str, Any]:
    """A prediction in CloudWatch's embedded metric format. Only our own faults are errors, not those of the caller.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    directive = {
        "Namespace": "MLOps/Serving",
        "Dimensions": [list(names) for names in DIMENSIONS],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in METRICS.items()],
    }
    return {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]},
        "service": os.environ.get("SERVICE", "basket-sensitivity"),
        "environment": os.environ.get("ENVIRONMENT", "local"),
        "model_version": model.version,
        "ErrorRate": 100 if status >= 500 else 0,
        "Latency": milliseconds,
        "Throughput": 1,
    }


async def question(model: Model, request: Request) -> bytes:
    """The body of a request to a model that can answer it, read no further than it may be long."""
    if model is PLACEHOLDER:
        raise Refused(503, "E-MODEL: there is no model | this image is a placeholder | deploy an approved model")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(
                413, f"E-SIZE: the body is too long | at most {LARGEST_BODY} bytes are read | send fewer rows"
            )
    return bytes(body)


def no_constant(name: str) -> float:
    """Refuses what Python's parser takes and JSON does not have."""
    raise ValueError(f"{name} is no JSON")


def json_of(body: bytes) -> Any:
    """The body as JSON."""
    try:
        return json.loads(body, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"E-JSON: the body cannot be read | {str(error)[:200]} | send one JSON value") from error


def named(model: Model, values: Any) -> Any:
    """A row of values in the model's order as features by name; anything else stays as it is."""
    if isinstance(values, Mapping) and values.keys() == {"features"}:
        values = values["features"]
    if not isinstance(values, list) or len(values) != len(model.features):
        return values
    return dict(zip(model.features, values, strict=True))


def number(cell: str) -> float | str | None:
    """A cell of CSV; what is no number is left for the faults."""
    try:
        return float(cell) if cell.strip() else None
    except ValueError:
        return cell


def instances_of(model: Model, kind: str, body: bytes) -> list[Any]:
    """The rows of an invocation: JSON instances, or CSV without header in the model's order of features."""
    if kind == JSON:
        document = json_of(body)
        rows = document.get("instances") if isinstance(document, Mapping) else None
        if not isinstance(rows, list):
            raise Refused(400, 'E-JSON: there are no instances | the body has no such list | send {"instances": [...]}')
        return [named(model, row) for row in rows]
    if kind == CSV:
        try:
            lines = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise Refused(400, f"E-CSV: the body cannot be read | {error} | send UTF-8 text with commas") from error
        return [named(model, [number(cell) for cell in line]) for line in lines if line]
    raise Refused(415, f"E-TYPE: the body is {kind!r:.60} | {JSON} and {CSV} are read | set the Content-Type")


def as_csv(found: list[dict[str, Any]]) -> Response:
    """Answers as lines: class, then the probability of each class."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [one["prediction"], *one["probabilities"].values()] for one in found
    )
    return Response(text.getvalue(), media_type=CSV)


def kind_of(header: str | None) -> str:
    """A media type without its parameters."""
    return (header or "").split(";")[0].strip().lower()


def faulty(status: int, faults: list[str]) -> JSONResponse:
    """The answer to what cannot be answered."""
    return JSONResponse({"faults": faults}, status)


def create(model: Model) -> FastAPI:
    """The app around a loaded model."""
    app = FastAPI(title="basket-sensitivity", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(InputFaults)
    async def bad_input(_request: Request, error: InputFaults) -> JSONResponse:
        return faulty(400, error.faults)

    @app.exception_handler(Refused)
    async def refused(_request: Request, error: Refused) -> JSONResponse:
        return faulty(error.status, [str(error)])

    @app.middleware("http")
    async def observed(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.perf_counter()
        failure: Exception | None = None
        try:
            response = await answer(request)
        except Exception as error:
            failure = error
            response = faulty(500, ["E-INTERNAL: no answer was found | see the log of the service | ask its owner"])
        response.headers["X-Model-Version"] = model.version
        milliseconds = round((time.perf_counter() - started) * 1000, 3)
        path, status = request.url.path, response.status_code
        metrics = metric_fields(model, status, milliseconds) if path in ("/predict", "/invocations") else {}
        fields = {"method": request.method, "path": path, "status": status, "milliseconds": milliseconds, **metrics}
        log.log(logging.ERROR if status >= 500 else logging.INFO, "request", extra={"fields": fields}, exc_info=failure)
        return response

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "healthy", "model_version": model.version}

    @app.get("/ping")
    async def ping() -> dict[str, str]:
        return await health()

    @app.post("/predict")
    async def predict_one(request: Request) -> dict[str, Any]:
        row = json_of(await question(model, request))
        (found,) = await run_in_threadpool(answers, model, [row])
        return found

    @app.post("/invocations")
    async def invocations(request: Request) -> Response:
        kind = kind_of(request.headers.get("content-type"))
        rows = instances_of(model, kind, await question(model, request))
        found = await run_in_threadpool(answers, model, rows)
        wanted = kind_of(request.headers.get("accept"))
        if (wanted if wanted in (JSON, CSV) else kind) == CSV:
            return as_csv(found)
        return JSONResponse({"predictions": found})

    return app


def model_in(folder: Path, or_placeholder: bool) -> Model:
    """The model to serve. Ends the program with one line when there is none that can be."""
    if or_placeholder and not (folder / MODEL_FILE).exists():
        return PLACEHOLDER
    try:
        return load(folder)
    except ModelFault as error:
        raise SystemExit(f"E-MODEL: the service has no model | {error} | put the trained model there") from error


def main() -> None:
    """Command line; SageMaker starts its containers with the word `serve`."""
    # A variable that is set to nothing is not set.
    given = {name: value for name, value in os.environ.items() if value}
    folder = given.get("MODEL_DIR") or given.get("SM_MODEL_DIR", "/opt/ml/model")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("serve", nargs="?", choices=["serve"], help="what SageMaker says")
    parser.add_argument("--model-dir", type=Path, default=folder)
    parser.add_argument("--host", default=given.get("HOST", "0.0.0.0"))
    parser.add_argument("--port", type=int, default=given.get("PORT", "8080"))
    parser.add_argument("--placeholder", action="store_true", default=given.get("PLACEHOLDER") == "allowed")
    options = parser.parse_args()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    model = model_in(options.model_dir, options.placeholder)
    uvicorn.run(create(model), host=options.host, port=options.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
