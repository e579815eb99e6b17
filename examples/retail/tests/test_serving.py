from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from conftest import archive_of

import predictor
import score
import serving
from gold import read_channel
from schema import CLASSES

JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}


def ask(url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Message, str]:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or JSON)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def faults_of(answer: tuple[int, Message, str]) -> tuple[int, list[str]]:
    """Status and the codes of the faults, each of which has to have all three parts."""
    status, _, text = answer
    faults = json.loads(text)["faults"]
    assert all(re.fullmatch(r"E-[A-Z]+: [^|]+ \| [^|]+ \| [^|]+", fault) for fault in faults)
    return status, [fault.split(":")[0] for fault in faults]


@dataclass
class Service:
    process: subprocess.Popen[str]
    url: str
    model: predictor.Model
    golden: list[dict[str, Any]]

    def next_log(self, path: str) -> dict[str, Any]:
        """The next line of the log about a path."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            entry = json.loads(line)
            if entry.get("path") == path:
                return entry
        raise AssertionError("the log has ended")


def started(*arguments: str, **variables: str) -> tuple[subprocess.Popen[str], str]:
    """The service as a process, and where it listens."""
    command = [sys.executable, serving.__file__, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables})
    assert process.stdout is not None
    (url,) = next(found for line in process.stdout if (found := re.findall(r"running on (http://[0-9.:]+)", line)))
    return process, url


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture(scope="module")
def service(trained: tuple[Path, str], channels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service as SageMaker starts it, with what was judged."""
    folder = archive_of(trained[0] / "model", tmp_path_factory.mktemp("served"))
    model = score.load_archive(folder)
    table = read_channel(channels / "test").head(20)
    process, url = started(
        "serve", "--host", "127.0.0.1", "--port", "0", SM_MODEL_DIR=str(trained[0] / "model"), ENVIRONMENT="staging"
    )
    yield Service(process, url, model, score.golden(model, table, list(range(20))))
    end(process)


def test_health_and_ping_name_the_model(service: Service) -> None:
    for route in ("health", "ping"):
        status, headers, text = ask(f"{service.url}/{route}")
        assert (status, json.loads(text)) == (200, {"status": "healthy", "model_version": service.model.version})
        assert headers["X-Model-Version"] == service.model.version


def test_predict_gives_exactly_the_judged_answers(service: Service) -> None:
    for one in service.golden:
        status, _, text = ask(f"{service.url}/predict", one["request"])
        assert (status, json.loads(text)) == (200, one["response"])
    assert len({one["response"]["prediction"] for one in service.golden}) > 1


def test_invocations_take_instances_by_name_in_order_and_wrapped(service: Service) -> None:
    requests = [one["request"] for one in service.golden[:3]]
    values = [[request[name] for name in service.model.features] for request in requests]
    instances = [requests[0], values[1], {"features": values[2]}]
    status, _, text = ask(f"{service.url}/invocations", {"instances": instances})
    found = json.loads(text)["predictions"]
    assert status == 200
    assert [one["prediction"] for one in found] == [one["response"]["prediction"] for one in service.golden[:3]]
    for one, expected in zip(found, service.golden, strict=False):
        assert one["probabilities"] == pytest.approx(expected["response"]["probabilities"], abs=1e-6)


def test_invocations_take_csv_and_answer_in_csv_or_what_is_asked_for(service: Service) -> None:
    requests = [one["request"] for one in service.golden]
    cells = [["" if row[name] is None else repr(row[name]) for name in service.model.features] for row in requests]
    body = "\r\n".join(",".join(row) for row in cells).encode()
    status, headers, text = ask(f"{service.url}/invocations", body, CSV)
    assert (status, headers.get_content_type()) == (200, "text/csv")
    lines = [line.split(",") for line in text.splitlines()]
    assert [line[0] for line in lines] == [one["response"]["prediction"] for one in service.golden]
    assert [len(line) for line in lines] == [1 + len(CLASSES)] * len(requests)
    assert all(sum(map(float, line[1:])) == pytest.approx(1, abs=1e-5) for line in lines)
    _, _, asked = ask(f"{service.url}/invocations", body, {**CSV, "Accept": "application/json"})
    assert [one["prediction"] for one in json.loads(asked)["predictions"]] == [line[0] for line in lines]


def test_all_faults_of_a_request_are_named_at_once(service: Service) -> None:
    row = dict(service.golden[0]["request"])
    row["weekdy"], row["hour"], row["units"] = row.pop("weekday"), "noon", True
    status, codes = faults_of(ask(f"{service.url}/predict", row))
    assert (status, codes) == (400, ["E-FEATURES", "E-UNKNOWN", "E-VALUE", "E-VALUE"])
    lacking, unknown, *values = json.loads(ask(f"{service.url}/predict", row)[2])["faults"]
    assert lacking.startswith("E-FEATURES: row 1 lacks weekday | ")
    assert unknown.startswith("E-UNKNOWN: row 1 has 'weekdy'") and unknown.endswith("did you mean weekday?")
    assert [value.split(" | ")[0] for value in values] == [
        "E-VALUE: hour of row 1 is 'noon'",
        "E-VALUE: units of row 1 is True",
    ]


@pytest.mark.parametrize(
    ("route", "body", "headers", "expected"),
    [
        ("predict", b"{", JSON, (400, ["E-JSON"])),
        ("predict", b"\xff\xfe\xfa", JSON, (400, ["E-JSON"])),
        ("predict", b'{"hour": NaN}', JSON, (400, ["E-JSON"])),
        ("predict", b"[" * 100_000, JSON, (400, ["E-JSON"])),
        ("predict", b"[]", JSON, (400, ["E-ROW"])),
        ("predict", b"0" * 6_500_000, JSON, (413, ["E-SIZE"])),
        ("invocations", b"{}", JSON, (400, ["E-JSON"])),
        ("invocations", b'{"instances": []}', JSON, (400, ["E-EMPTY"])),
        ("invocations", b'{"instances": [[1, 2], "x", {"features": 3}]}', JSON, (400, ["E-ROW"] * 3)),
        ("invocations", b"1,2,3\n4,5\n", CSV, (400, ["E-ROW"] * 2)),
        ("invocations", b'1,"2', CSV, (400, ["E-CSV"])),
        ("invocations", b"\xff", CSV, (400, ["E-CSV"])),
        ("invocations", b"", CSV, (400, ["E-EMPTY"])),
        ("invocations", b"1", {"Content-Type": "image/png"}, (415, ["E-TYPE"])),
    ],
)
def test_what_cannot_be_answered_is_refused(
    service: Service, route: str, body: bytes, headers: dict[str, str], expected: tuple[int, list[str]]
) -> None:
    assert faults_of(ask(f"{service.url}/{route}", body, headers)) == expected


def test_cells_that_are_no_numbers_are_named_by_their_feature(service: Service) -> None:
    cells = ["1"] * len(service.model.features)
    cells[1], cells[2], cells[3] = "noon", "nan", "1e40"
    status, _, text = ask(f"{service.url}/invocations", ",".join(cells).encode(), CSV)
    wrong = [fault.split(" of row")[0] for fault in json.loads(text)["faults"]]
    assert (status, wrong) == (400, [f"E-VALUE: {name}" for name in service.model.features[1:4]])


def test_only_so_many_faults_are_told(service: Service) -> None:
    status, codes = faults_of(ask(f"{service.url}/invocations", b"1\n" * 150, CSV))
    assert (status, len(codes), codes[-1]) == (400, 101, "E-MORE")


def test_a_prediction_is_logged_as_a_metric_that_cloudwatch_can_read(service: Service) -> None:
    ask(f"{service.url}/predict", service.golden[0]["request"], {**JSON, "User-Agent": "metrics"})
    entry = service.next_log("/predict")
    while entry["status"] != 200:
        entry = service.next_log("/predict")
    (directive,) = entry["_aws"]["CloudWatchMetrics"]
    assert abs(entry["_aws"]["Timestamp"] / 1000 - time.time()) < 120
    assert {metric["Name"] for metric in directive["Metrics"]} == {"ErrorRate", "Latency", "Throughput"}
    assert all(isinstance(entry[metric["Name"]], int | float) for metric in directive["Metrics"])
    assert all(isinstance(entry[name], str) for names in directive["Dimensions"] for name in names)
    assert (entry["environment"], entry["model_version"]) == ("staging", service.model.version)
    assert (entry["ErrorRate"], entry["Throughput"]) == (0, 1) and 0 < entry["Latency"] < 5000
    ask(f"{service.url}/health")
    assert "_aws" not in service.next_log("/health")


def test_the_service_ends_when_it_is_told_to(service: Service) -> None:
    """The last test of this service."""
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(timeout=10) == -signal.SIGTERM


def test_a_service_without_a_model_says_so_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, serving.__file__, "--model-dir", tmp_path]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == (
        "E-MODEL: the service has no model | model.joblib is missing | put the trained model there\n"
    )


def free_port() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def test_host_port_and_model_may_come_from_variables(trained: tuple[Path, str], tmp_path: Path) -> None:
    """As Kubernetes starts it; SageMaker's variable gives way."""
    port, folder = free_port(), str(trained[0] / "model")
    process, url = started(HOST="127.0.0.1", PORT=port, MODEL_DIR=folder, SM_MODEL_DIR=str(tmp_path))
    try:
        assert url == f"http://127.0.0.1:{port}"
        assert ask(f"{url}/health")[0] == 200
    finally:
        end(process)


def test_flags_count_more_than_variables(trained: tuple[Path, str]) -> None:
    port = free_port()
    folder = str(trained[0] / "model")
    variables = {"HOST": "192.0.2.1", "PORT": "1", "MODEL_DIR": "/none"}
    process, url = started("--host", "127.0.0.1", "--port", port, "--model-dir", folder, **variables)
    end(process)
    assert url == f"http://127.0.0.1:{port}"


def test_a_port_that_is_no_number_is_refused() -> None:
    ended = subprocess.run(
        [sys.executable, serving.__file__], capture_output=True, text=True, check=False, env={**os.environ, "PORT": "x"}
    )
    assert ended.returncode == 2
    assert "argument --port: invalid int value: 'x'" in ended.stderr


def test_a_placeholder_is_healthy_and_predicts_nothing(tmp_path: Path) -> None:
    process, url = started("--port", "0", HOST="127.0.0.1", MODEL_DIR=str(tmp_path), PLACEHOLDER="allowed")
    try:
        status, _, text = ask(f"{url}/health")
        assert (status, json.loads(text)) == (200, {"status": "healthy", "model_version": "placeholder"})
        for route in ("predict", "invocations"):
            assert faults_of(ask(f"{url}/{route}", {})) == (503, ["E-MODEL"])
    finally:
        end(process)


def test_where_a_placeholder_is_allowed_a_broken_model_is_none(tmp_path: Path) -> None:
    (tmp_path / "model.joblib").write_bytes(b"broken")
    with pytest.raises(SystemExit, match="E-MODEL"):
        serving.model_in(tmp_path, or_placeholder=True)


class Moody:
    """Answers until it is asked about the 13th hour; its training never met the class High."""

    classes_ = np.array([0, 1])

    def predict_proba(self, data: np.ndarray) -> np.ndarray:
        if (data == 13).any():
            raise RuntimeError("out of order")
        return np.tile([0.75, 0.25], (len(data), 1))


def test_an_error_of_the_model_is_ours_and_counts(caplog: pytest.LogCaptureFixture) -> None:
    model = predictor.Model(Moody(), ("hour",), CLASSES, "moody-1")
    server = uvicorn.Server(uvicorn.Config(serving.create(model), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()
        url = f"http://{host}:{port}/predict"
        with caplog.at_level("INFO", "serving"):
            assert json.loads(ask(url, {"hour": 12})[2])["probabilities"] == {"Low": 0.75, "Medium": 0.25, "High": 0}
            assert faults_of(ask(url, {"hour": 13})) == (500, ["E-INTERNAL"])
    finally:
        server.should_exit = True
        thread.join()
    good, bad = (
        json.loads(serving.JsonLines().format(record)) for record in caplog.records if record.name == "serving"
    )
    assert (good["ErrorRate"], bad["ErrorRate"], bad["level"]) == (0, 100, "ERROR")
    assert "out of order" in bad["traceback"] and "traceback" not in good


def test_a_model_is_never_asked_about_nothing() -> None:
    model = predictor.Model(Moody(), ("hour",), CLASSES, "moody-1")
    with pytest.raises(predictor.InputFaults, match="E-EMPTY"):
        predictor.predict(model, [])
