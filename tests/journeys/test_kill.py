"""Everything is killed at once, in the middle of work, and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.config.test_tree import ROOT, Tree, wait_for

MLFLOW = "/api/2.0/mlflow"
SWEEP = """
from datetime import timedelta
from accounts.queries import system_user
from blobs.operations.sweep import sweep
from blobs.queries import read
from blobs.models import Blob
print(sweep(grace=timedelta(0), actor=system_user()))
assert all(len(read(blob).read()) == blob.size for blob in Blob.objects.all())
"""


class Client:
    """Talks to the tree as its administrator."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.token = (tree.folder / "data" / "admin-token").read_text().strip()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = Request(
            f"http://127.0.0.1:{self.tree.port}{path}",
            method=method,
            data=data,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=120) as answer:
            content = answer.read()
        return json.loads(content) if answer.headers.get_content_type() == "application/json" else content

    def new_run(self) -> tuple[str, str]:
        """A run in the default experiment: its id, and where its files go."""
        run = self.call("POST", f"{MLFLOW}/runs/create", {"experiment_id": "0", "start_time": 1})["run"]["info"]
        place = run["artifact_uri"].removeprefix("mlflow-artifacts:/")
        return run["run_id"], f"/api/2.0/mlflow-artifacts/artifacts/{place}"

    def register(self, name: str, run_id: str) -> None:
        self.call("POST", f"{MLFLOW}/registered-models/create", {"name": name})
        self.call(
            "POST",
            f"{MLFLOW}/model-versions/create",
            {"name": name, "source": f"runs:/{run_id}/model", "run_id": run_id},
        )

    def verdict(self, name: str) -> str:
        return str(self.call("GET", f"/api/v1/registries/main/models/{name}/versions/1/scan")["verdict"])


def start(house: Tree, surroundings: dict[str, str]) -> Client:
    house.start(**surroundings)
    wait_for(house, house.is_up)
    return Client(house)


def kill_everything(house: Tree) -> None:
    assert house.supervisor
    for pid in [house.supervisor.pid, *house.processes()]:
        os.kill(pid, signal.SIGKILL)
    house.supervisor.wait()


def until(happens: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def begin_upload(client: Client, path: str, *, announced: int, sent: int) -> socket.socket:
    """An upload that has sent a part of what it announced, and stands still."""
    connection = socket.create_connection(("127.0.0.1", client.tree.port))
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {client.token}\r\n"
        f"Content-Length: {announced}\r\n\r\n"
    )
    connection.sendall(head.encode() + bytes(sent))
    return connection


def test_what_was_answered_survives_and_a_cut_upload_leaves_nothing(
    house: Tree, surroundings: dict[str, str], tmp_path: Path
) -> None:
    client = start(house, surroundings)
    run_id, files = client.new_run()
    kept = os.urandom(3_000_000)
    client.call("PUT", f"{files}/model/kept.bin", kept)
    client.call("POST", f"{MLFLOW}/runs/log-metric", {"run_id": run_id, "key": "a", "value": 1, "timestamp": 1})
    with begin_upload(client, f"{files}/model/cut.bin", announced=80_000_000, sent=30_000_000):
        incoming = house.folder / "data" / "blobs" / "incoming"
        if "STORAGE_URL" not in surroundings:
            until(lambda: any(file.stat().st_size > 1_000_000 for file in incoming.glob("*")))
        kill_everything(house)

    client = start(house, surroundings)
    listed = client.call("GET", f"{MLFLOW}/artifacts/list?run_id={run_id}&path=model")["files"]
    assert [(file["path"], file["file_size"]) for file in listed] == [("model/kept.bin", len(kept))]
    assert client.call("GET", f"{files}/model/kept.bin") == kept
    assert client.call("GET", f"{MLFLOW}/runs/get?run_id={run_id}")["run"]["data"]["metrics"][0]["value"] == 1
    assert house.supervisor
    environment = dict(
        entry.split("=", 1)
        for entry in Path(f"/proc/{house.supervisor.pid}/environ").read_text().split("\0")
        if "=" in entry
    )
    swept = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", SWEEP],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert swept.returncode == 0, swept.stderr
    if "STORAGE_URL" not in surroundings:
        assert "'uploads': 1" in swept.stdout
        assert list(incoming.glob("*")) == []
    assert client.call("GET", f"{files}/model/kept.bin") == kept


def test_a_client_that_goes_away_leaves_no_file(house: Tree, surroundings: dict[str, str]) -> None:
    client = start(house, surroundings)
    run_id, files = client.new_run()
    begin_upload(client, f"{files}/cut.bin", announced=5_000_000, sent=1_000_000).close()
    client.call("PUT", f"{files}/whole.bin", b"whole")
    listed = client.call("GET", f"{MLFLOW}/artifacts/list?run_id={run_id}")["files"]
    assert [file["path"] for file in listed] == ["whole.bin"]
    with pytest.raises(HTTPError, match="404"):
        client.call("GET", f"{files}/cut.bin")


def test_a_scan_is_finished_after_everything_was_killed(house: Tree, surroundings: dict[str, str]) -> None:
    client = start(house, surroundings)
    run_id, files = client.new_run()
    # Millions of opcodes that do nothing: seconds of work for the scanner, nothing for the network.
    client.call("PUT", f"{files}/model/slow.pkl", b"\x80\x04" + b"]0" * 3_000_000 + b"N.")
    client.register("slow", run_id)
    until(lambda: client.verdict("slow") == "scanning")
    kill_everything(house)

    client = start(house, surroundings)
    assert client.verdict("slow") in ("queued", "scanning")
    until(lambda: client.verdict("slow") not in ("queued", "scanning"))
    assert client.verdict("slow") in ("clean", "needs-review")
