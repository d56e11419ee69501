"""One running server for a module of these tests, people who are signed in to it, and raw requests in their name."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.config.test_tree import FOREIGN, ROOT, Tree, wait_for
from tests.protocols.mlflow_rest.hostile_place import PEOPLE, Answer, Place

PASSWORD = "correct horse battery"
MORE_PEOPLE = """
from accounts.operations.people import create_service_account
from accounts.operations.teams import create_team
from accounts.models import User
from registry.operations.protections import protect_place
create_person("boss", email="boss@example.org", password="correct horse battery", is_administrator=True, actor=system)
boss = User.objects.get(username="boss")
create_team("gardeners", actor=system)
protect_place(main, alias="guarded", roles=[Role.MAINTAINER], actor=system)
people = {
    "ada": token("ada", (Role.CONTRIBUTOR, main), (Role.CONTRIBUTOR, other)),
    "colleague": token("colleague", (Role.CONTRIBUTOR, main)),
    "keeper": token("keeper", (Role.MAINTAINER, main)),
    "stranger": token("stranger"),
    "onlooker": token("onlooker", (Role.METADATA_READER, main)),
    "reader": token("reader", (Role.READER, main)),
    "neighbour": token("neighbour", (Role.MAINTAINER, other)),
    "boss": create_token(boss, name="t", scopes=tuple(Scope), actor=system)[1],
}
print(json.dumps(people))
"""


class Server(Place):
    """The running server, with sessions beside the tokens."""

    def __init__(self, tree: Tree, tokens: dict[str, str]) -> None:
        super().__init__(tree, tokens)
        self.sessions: dict[str, str] = {}
        self.csrf: dict[str, str] = {}

    def ask(
        self,
        method: str,
        target: str,
        *,
        token: str = "",
        cookies: str = "",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send this, and nothing else, in nobody's name unless a token or cookies are named."""
        lines = {"Host": f"127.0.0.1:{self.tree.port}", "Connection": "close"}
        lines |= {"Authorization": f"Bearer {token}"} if token else {}
        lines |= ({"Cookie": cookies} if cookies else {}) | (headers or {})
        if body is not None:
            lines["Content-Length"] = str(len(body))
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        with socket.create_connection(("127.0.0.1", self.tree.port), timeout=60) as connection:
            # A server that refuses the head does not wait for the body.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(head.encode() + b"\r\n" + (body or b""))
            reply = HTTPResponse(connection, method=method)
            reply.begin()
            found: dict[str, str] = {}
            for name, value in reply.getheaders():
                found[name.lower()] = f"{found[name.lower()]}\n{value}" if name.lower() in found else value
            return Answer(reply.status, found, reply.read())

    def page(self, who: str, target: str) -> Answer:
        """A page as somebody sees it."""
        return self.ask("GET", target, cookies=self.cookies(who))

    def post_form(self, who: str, target: str, **fields: str) -> Answer:
        """Send a form of our own pages."""
        cookies = self.cookies(who)
        said = {**fields, "csrfmiddlewaretoken": self.csrf[who]}
        return self.ask(
            "POST",
            target,
            cookies=cookies,
            body=urlencode(said).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin},
        )

    def api(self, who: str, method: str, target: str, fields: Any = None) -> Answer:
        """Ask the native API with a token."""
        body = None if fields is None else json.dumps(fields).encode()
        return self.ask(
            method, f"/api/v1/{target}", token=self.tokens[who], body=body, headers={"Content-Type": "application/json"}
        )

    @property
    def origin(self) -> str:
        """What browsers say on our own pages."""
        return f"http://127.0.0.1:{self.tree.port}"

    def cookies(self, who: str) -> str:
        """The cookies of somebody's browser; signs in when they have none yet."""
        if who not in self.sessions:
            self.sign_in(who)
        return f"sessionid={self.sessions[who]}; csrftoken={self.csrf[who]}"

    def sign_in(self, who: str, password: str = PASSWORD) -> Answer:
        """Type name and password on the page."""
        form = self.ask("GET", "/sign-in")
        token = cookie(form, "csrftoken")
        answer = self.ask(
            "POST",
            "/sign-in",
            cookies=f"csrftoken={token}",
            body=urlencode({"username": who, "password": password, "csrfmiddlewaretoken": token}).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin},
        )
        if session := cookie(answer, "sessionid"):
            self.sessions[who], self.csrf[who] = session, cookie(answer, "csrftoken") or token
        return answer

    def shell(self, code: str) -> str:
        """Run this in a shell on the server's data; what it printed."""
        environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        made = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
            cwd=ROOT,
            env=environment | {"DATA_DIR": str(self.tree.folder / "data"), "PORT": str(self.tree.port)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        return made.stdout


def cookie(answer: Answer, name: str) -> str:
    """A cookie that the answer sets."""
    found = re.search(rf"(?:^|\n){name}=([^;]+)", answer.headers.get("set-cookie", ""))
    return found[1] if found else ""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, started once for the tests here that one process runs."""
    if os.environ.get("STORAGE_URL"):
        pytest.skip("the server of these tests has files and SQLite in any stack")
    tree = Tree(tmp_path_factory.mktemp("doors"))
    tree.start()
    wait_for(tree, tree.is_up)
    start = PEOPLE.partition("print(")[0] + MORE_PEOPLE
    made = Server.shell(_Unmade(tree), start)
    yield Server(tree, json.loads(made))
    assert tree.supervisor
    tree.supervisor.terminate()
    tree.supervisor.wait(60)


class _Unmade(Server):
    """A server in which there are no people yet."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
