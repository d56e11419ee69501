"""MLflow's own scoring server serves a version out of Gatehouse, knowing nothing but address, token and alias."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import mlflow
import numpy as np
import orjson
import pytest
from mlflow import MlflowClient
from pytest_django.live_server_helper import LiveServer
from sklearn.linear_model import LinearRegression

from tests.protocols.mlflow_rest.conftest import WITH_REAL_CLIENT

pytestmark = WITH_REAL_CLIENT

PATIENCE = 120


@contextmanager
def serving(address: str, log: Path, environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`mlflow models serve` on a free port, with all its processes ended afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    words = ["models", "serve", "-m", address, "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words],
            # The client looks for the scoring server among the commands of its own environment.
            env={**os.environ, **environment, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield server, port
    finally:
        for word in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(server.pid, word)
                server.wait(20)


def ask(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of an answer; status 0 while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def test_a_version_is_served_under_its_alias(client: MlflowClient, live_server: LiveServer, tmp_path: Path) -> None:
    features = np.arange(10.0).reshape(-1, 1)
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            LinearRegression().fit(features, features[:, 0] * 3),
            name="line",
            pip_requirements=["scikit-learn"],
            registered_model_name="line",
        )
    client.set_registered_model_alias("line", "best", "1")
    log = tmp_path / "serve.log"
    # Name and token come with the environment that the fixture set; the address is all that is left to say.
    with serving("models:/line@best", log, {"MLFLOW_TRACKING_URI": live_server.url}) as (server, port):
        deadline = time.monotonic() + PATIENCE
        while ask(port, "GET", "/ping")[0] != 200:
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
        status, body = ask(port, "POST", "/invocations", b'{"inputs": [[2.0], [10.0]]}')
        assert (status, orjson.loads(body)["predictions"]) == (200, pytest.approx([6.0, 30.0]))
    assert ask(port, "GET", "/ping")[0] == 0


def test_a_wrong_token_serves_nothing(client: MlflowClient, live_server: LiveServer, tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    wrong = {"MLFLOW_TRACKING_URI": live_server.url, "MLFLOW_TRACKING_TOKEN": "gate_wrong"}
    with serving("models:/line@best", log, wrong) as (server, port):
        assert server.wait(PATIENCE) != 0
        assert "UNAUTHENTICATED" in log.read_text()
        assert ask(port, "GET", "/ping")[0] == 0
