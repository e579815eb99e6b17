"""Starts the local cloud on a free loopback port and says where in one line of JSON."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from .account import Account
from .app import LocalCloud, with_resets
from .clock import Clock
from .cloudwatch.api import CloudWatch
from .ecr.api import Ecr
from .eks import Eks
from .faults import JOB_KINDS, Faults
from .iam_api import Iam
from .moto_backend import MotoBackend
from .on_behalf import ObjectsOf
from .reaper import note_process, reap
from .recorder import Recorder
from .roles import Roles
from .sagemaker.api import SageMaker
from .sagemaker.services import Services
from .sessions import Sessions
from .sts import Sts


class _Handler(WSGIRequestHandler):
    """Keeps connections open: a client polls the same endpoint for minutes."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes, which Nagle's algorithm would hold back for 40 ms (RFC 896).
    disable_nagle_algorithm = True


def build(document: dict[str, object], endpoint: str, state: Path) -> LocalCloud:
    """Puts the cloud of an account together."""
    account = Account.of(document)
    clock, faults, recorder = Clock(), Faults(), Recorder()
    roles = Roles(document)
    sessions = Sessions(roles, clock)
    sts = Sts(roles, sessions, clock)
    backend = MotoBackend(account.account_id)
    account.fill(backend)
    services = Services(
        clock=clock,
        account_id=account.account_id,
        region=account.region,
        endpoint=endpoint,
        state_folder=state,
        python_of=account.python_of,
        quotas=account.quotas,
        take_fault=lambda kinds, call: faults.take(kinds & JOB_KINDS, call.service, call.operation, call.principal.arn),
        session_for=sts.session_for,
        objects_for=lambda call: ObjectsOf(call, roles, backend, clock.now()),
        image_digest_of=account.digest_of,
    )
    ecr = Ecr(state / "ecr", endpoint, clock)
    for repository in account.repositories:
        ecr.create(account.account_id, account.region, repository)
    eks = Eks(clock)
    for cluster in account.clusters:
        eks.register(cluster)
    return LocalCloud(
        account.account_id,
        roles,
        sessions,
        sts,
        Iam(roles),
        SageMaker(services),
        ecr,
        eks,
        CloudWatch(clock),
        backend,
        clock,
        faults,
        recorder,
    )


def until_told(parent: int, told: list[int]) -> None:
    """Returns once a signal has come or the parent process is gone."""
    # No lock: a handler that sets an Event can come while the main thread holds the Event's own lock.
    while not told and os.getppid() == parent:
        time.sleep(0.1)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", type=Path, required=True, help="JSON document of the account")
    parser.add_argument("--states", type=Path, required=True, help="folder for the files of jobs")
    parser.add_argument("--parent", type=int, required=True, help="process without which this one ends")
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    reaped = reap(options.states)
    state = options.states / str(os.getpid())
    note_process(state / "owner", os.getpid())
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: told.append(received))
    document = json.loads(options.account.read_text())
    os.environ.setdefault("MOTO_ACCOUNT_ID", document["accountId"])
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True, request_handler=_Handler)
    cloud = build(document, f"http://127.0.0.1:{server.server_port}", state)
    server.app = with_resets(cloud)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"endpoint": f"http://127.0.0.1:{server.server_port}", "reaped": reaped}), flush=True)
    until_told(options.parent, told)
    cloud.sagemaker.jobs.stop_all()
    shutil.rmtree(state, ignore_errors=True)
    # Threads that still answer somebody must not keep the process.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
