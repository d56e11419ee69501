"""Uploads in parts that are interrupted: the client killed, the server killed, everything started again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.config.test_tree import ROOT, Tree
from tests.journeys.test_kill import Client, kill_everything, start, until

pytestmark = pytest.mark.needs("s3")

MIB = 1024 * 1024
MPU = "/api/2.0/mlflow-artifacts/mpu"
PARTS = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"the end"]
SEND = """
import sys
from mlflow import MlflowClient
MlflowClient(sys.argv[1]).log_artifact(sys.argv[2], sys.argv[3])
"""
# As if a day and a bit had passed.
SWEEP_TOMORROW = """
import json
from datetime import timedelta
from accounts.queries import system_user
from blobs.operations.sweep import sweep
from blobs.stores import store
before = len(list(store()._pages("list_multipart_uploads", "Uploads", Prefix=store().prefix)))
swept = sweep(grace=-timedelta(hours=25), actor=system_user())
after = len(list(store()._pages("list_multipart_uploads", "Uploads", Prefix=store().prefix)))
print(json.dumps({"before": before, "swept": swept["parts"], "after": after}))
"""


def put(link: str, content: bytes) -> str:
    with urlopen(Request(link, data=content, method="PUT"), timeout=60) as answer:
        return str(answer.headers["ETag"])


def run_on(house: Tree, surroundings: dict[str, str], code: str) -> Any:
    """Run code beside the server and read the JSON that it prints."""
    ran = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        cwd=ROOT,
        env=os.environ | surroundings | {"DATA_DIR": str(house.folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def listed(client: Client, run_id: str) -> list[str]:
    answer = client.call("GET", f"/api/2.0/mlflow/artifacts/list?run_id={run_id}")
    return [file["path"] for file in answer.get("files", [])]


def test_an_upload_goes_on_after_the_server_was_killed(house: Tree, surroundings: dict[str, str]) -> None:
    client = start(house, surroundings)
    run_id, files = client.new_run()
    folder = files.partition("/artifacts/")[2]
    begun = client.call("POST", f"{MPU}/create/{folder}", {"path": "big.bin", "num_parts": 3})
    links = [part["url"] for part in begun["credentials"]]
    etags = [put(link, part) for link, part in zip(links[:2], PARTS[:2], strict=True)]
    kill_everything(house)
    # The object store goes on without us.
    etags.append(put(links[2], PARTS[2]))

    client = start(house, surroundings)
    assert listed(client, run_id) == []
    with pytest.raises(HTTPError, match="404"):
        client.call("GET", f"{files}/big.bin")
    parts = [{"part_number": number, "etag": etag} for number, etag in enumerate(etags, start=1)]
    body = {"path": "big.bin", "upload_id": begun["upload_id"], "parts": parts}
    assert client.call("POST", f"{MPU}/complete/{folder}", body) == {}
    assert client.call("GET", f"{files}/big.bin") == b"".join(PARTS)


def test_a_killed_client_leaves_no_file_and_its_parts_are_swept(
    house: Tree, surroundings: dict[str, str], tmp_path: Path
) -> None:
    client = start(house, surroundings)
    run_id, _ = client.new_run()
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(600 * MIB)
    sending = subprocess.Popen(
        [sys.executable, "-c", SEND, f"http://127.0.0.1:{client.tree.port}", run_id, str(big)],
        env=os.environ
        | {
            "MLFLOW_TRACKING_TOKEN": client.token,
            "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true",
            "MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE": str(6 * MIB),
            "MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE": str(5 * MIB),
        },
        stderr=subprocess.DEVNULL,
    )
    state = "from blobs.models import PartUpload; print(PartUpload.objects.filter(state='open').count())"
    until(lambda: run_on(house, surroundings, state) == 1)
    sending.send_signal(signal.SIGKILL)
    sending.wait()
    assert listed(client, run_id) == []
    assert run_on(house, surroundings, SWEEP_TOMORROW) == {"before": 1, "swept": 1, "after": 0}
    assert listed(client, run_id) == []
