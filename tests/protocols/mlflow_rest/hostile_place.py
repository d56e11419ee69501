"""A running server with its files on its own disk, asked with raw requests: nothing tidies a path up on the way.

Import the fixtures `place` and `untouched` to use them.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

import pytest

from tests.config.test_tree import FOREIGN, ROOT, Tree, wait_for

API = "/api/2.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
MPU = "/api/2.0/mlflow-artifacts/mpu"
PRESIGNED = "/api/2.0/mlflow-artifacts/presigned"

PEOPLE = """
import json
from accounts import access
from accounts.models import Registry
from accounts.operations.people import create_person
from accounts.operations.registries import create_registry
from accounts.operations.tokens import create_token
from accounts.queries import system_user
from accounts.rights import Role, Scope
system, main = system_user(), Registry.objects.get(is_default=True)
other = create_registry("other", actor=system)
def token(name, *grants):
    person = create_person(name, email=f"{name}@example.org", password="correct horse battery", actor=system)
    for role, thing in grants:
        access.grant(role, on=thing, to=person, actor=system)
    return create_token(person, name="t", scopes=tuple(Scope), actor=system)[1]
print(json.dumps({
    "ada": token("ada", (Role.CONTRIBUTOR, main), (Role.CONTRIBUTOR, other)),
    "stranger": token("stranger"),
    "onlooker": token("onlooker", (Role.METADATA_READER, main)),
    "reader": token("reader", (Role.READER, main)),
    "neighbour": token("neighbour", (Role.MAINTAINER, other)),
}))
"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_refused(self) -> bool:
        is_sent_away = self.status == 302 and self.headers["location"].startswith(("/sign-in?", "/admin/login/?"))
        return (is_sent_away or self.status in (400, 403, 404, 405)) and b"root:" not in self.body


class Place:
    """A running server, the people of it, and a run and a version of ada's in it."""

    def __init__(self, tree: Tree, tokens: dict[str, str]) -> None:
        self.tree = tree
        self.tokens = tokens
        self.store = tree.folder / "data" / "blobs"
        self.run_id = self.post("runs/create", experiment_id="0")["run"]["info"]["run_id"]
        self.root = f"0/{self.run_id}/artifacts"
        model = self.post("logged-models", experiment_id="0", name="m")["model"]["info"]
        self.model_id = model["model_id"]
        assert self.send("PUT", f"{PROXY}/{self.root}/model/kept.txt", body=b"kept").status == 200
        assert self.send("PUT", f"{PROXY}/0/models/{self.model_id}/artifacts/kept.txt", body=b"kept").status == 200
        self.post("registered-models/create", name="iris")
        self.post("model-versions/create", name="iris", source=f"runs:/{self.run_id}/model", run_id=self.run_id)
        # The scanner writes files of its own while it works.
        wait_for(tree, self.is_scanned)

    def is_scanned(self) -> bool:
        answer = self.send("GET", "/api/v1/registries/main/models/iris/versions/1/scan")
        return answer.json["verdict"] not in ("queued", "scanning") and not any(self.tree.folder.glob("data/scans/*"))

    def send(
        self,
        method: str,
        target: str,
        *,
        who: str = "ada",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        lines = {"Host": "127.0.0.1", "Connection": "close", "Authorization": f"Bearer {self.tokens[who]}"}
        lines |= headers or {}
        if body is not None:
            lines["Content-Length"] = str(len(body))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        with socket.create_connection(("127.0.0.1", self.tree.port), timeout=60) as connection:
            connection.sendall(head.encode() + b"\r\n")
            # A server that refuses the head does not wait for the body.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(body or b"")
            reply = HTTPResponse(connection, method=method)
            reply.begin()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())

    def call(self, address: str, *, who: str = "ada", registry: str = "", **fields: Any) -> Answer:
        body = json.dumps(fields).encode()
        prefix = f"/r/{registry}" if registry else ""
        return self.send(
            "POST", f"{prefix}{API}/{address}", who=who, body=body, headers={"Content-Type": "application/json"}
        )

    def post(self, address: str, **fields: Any) -> Any:
        answer = self.call(address, **fields)
        assert answer.status == 200, answer
        return answer.json

    def listing(self) -> dict[str, tuple[int, bytes]]:
        """Every file of the storage root and of the folder above it, but not what the database writes all the time."""
        found = {}
        for path in sorted(self.tree.folder.rglob("*")):
            parts = path.relative_to(self.tree.folder).parts
            if "sqlite" in path.name or parts[0] == "log" or parts[:2] in (("data", "queue"), ("data", "run")):
                continue
            if parts[:2] == ("data", "beat-schedule") or parts[-1].startswith("beat-schedule"):
                continue
            if path.is_file():
                found["/".join(parts)] = (path.stat().st_mtime_ns, path.read_bytes())
            elif parts[:2] != ("data", "blobs"):
                found["/".join(parts)] = (0, b"")
        return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The server, started once for all tests of a module."""
    tree = Tree(tmp_path_factory.mktemp("hostile"))
    (tree.folder / "sentinel").mkdir()
    (tree.folder / "sentinel" / "x").write_text("still here")
    tree.start()
    wait_for(tree, tree.is_up)
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", PEOPLE],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(tree.folder / "data"), "PORT": str(tree.port)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    yield Place(tree, json.loads(made.stdout))
    assert tree.supervisor
    tree.supervisor.terminate()
    tree.supervisor.wait(60)


@pytest.fixture
def untouched(place: Place) -> Iterator[None]:
    """Nothing is written or removed while the test runs, and the file that was there is the same."""
    before = place.listing()
    yield

    def is_as_before() -> bool:
        return place.listing() == before

    # A connection that was cut is noticed a moment after the client has gone.
    wait_for(place.tree, is_as_before, seconds=30)
    assert place.send("GET", f"{PROXY}/{place.root}/model/kept.txt").body == b"kept"
    assert (place.tree.folder / "sentinel" / "x").read_text() == "still here"
