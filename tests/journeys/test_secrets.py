"""After secrets of every kind were used on a running server, none of them stands anywhere it should not."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.config.test_tree import Tree
from tests.conftest import PASSWORD
from tests.journeys.test_kill import start
from tests.services.issuer import Issuer, serve

JOB = {"aud": "gatehouse", "sub": "repo:acme/model", "repository": "acme/model"}
EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serve() as running:
        yield running


class Door:
    """The native API of the running server, and all that it ever answered after a secret was made."""

    def __init__(self, house: Tree) -> None:
        self.house, self.answers = house, list[bytes]()

    def ask(self, method: str, path: str, body: Any = None, *, credentials: str = "", keeps: bool = True) -> Any:
        """The JSON of an answer, good or bad; `keeps` is False for the one that may show a secret."""
        headers = {"Content-Type": "application/json", "Authorization": credentials} if credentials else {}
        headers |= {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self.house.port}{path}", content, headers, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                said = answer.read()
        except HTTPError as refusal:
            with refusal:
                said = refusal.read()
        if keeps:
            self.answers.append(said)
        return json.loads(said) if said[:1] == b"{" else {}


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def use_secrets(door: Door, issuer: Issuer, root: str) -> dict[str, str]:
    """Make and use one of each kind, rightly and wrongly; what must not be found later, by what it is."""
    api, admin = "/api/v1", f"Bearer {root}"
    made = door.ask("POST", f"{api}/tokens", {"name": "x", "scopes": ["read"]}, credentials=admin, keeps=False)
    rotated = door.ask("POST", f"{api}/tokens/{made['id']}/rotate", {}, credentials=admin, keeps=False)
    for secret in (made["secret"], rotated["secret"], rotated["secret"] + "x"):
        for path in (
            f"{api}/me",
            f"{api}/nothing",
            "/api/2.0/mlflow/registered-models/search",
            f"{api}/models?page_size=x",
        ):
            door.ask("GET", path, credentials=f"Bearer {secret}")
            door.ask("GET", path, credentials=basic("x", secret))
            door.ask("POST", path, {"name": 7}, credentials=f"Bearer {secret}")
    person = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}
    door.ask("POST", f"{api}/people", person, credentials=admin)
    for word in (PASSWORD, PASSWORD + " wrong"):
        door.ask("GET", f"{api}/me", credentials=basic("ada", word))
    invited = door.ask("POST", f"{api}/invitations", {"email": "eve@example.org"}, credentials=admin, keeps=False)
    invitation = str(invited["link"]).rpartition("/")[2]
    for link in (invitation, invitation + "x"):
        door.ask("GET", f"/invitations/{link}", keeps=False)

    door.ask("POST", f"{api}/service-accounts", {"username": "robot", "owner": "admin"}, credentials=admin)
    door.ask("PUT", f"{api}/registries/main/grants/accounts/robot", {"role": "reader"}, credentials=admin)
    trust: dict[str, Any] = {"name": "ci", "account": "robot", "issuer": issuer.address, "audience": "gatehouse"}
    trust |= {"claims": {"repository": "acme/model"}, "scopes": ["read"]}
    assert door.ask("POST", f"{api}/registries/main/workloads", trust, credentials=admin)["id"]
    good, bad = issuer.token(JOB), issuer.token({**JOB, "repository": "evil/model"})
    exchanged = door.ask("POST", f"{api}/token-exchange", {**EXCHANGE, "subject_token": good}, keeps=False)
    for token in (good, bad, issuer.token(JOB, key=issuer.make_key("RS256")), "x" + good):
        assert door.ask("POST", f"{api}/token-exchange", {**EXCHANGE, "subject_token": token})["status"] == 401
    door.ask("GET", f"{api}/me", credentials=f"Bearer {exchanged['access_token']}")
    for path in (
        f"{api}/tokens?all=true",
        f"{api}/events?page_size=200",
        f"{api}/registries/main/workloads",
        f"{api}/people",
    ):
        assert door.ask("GET", path, credentials=admin)["results"]
    return {
        "token": made["secret"],
        "new token": rotated["secret"],
        "token of a job": exchanged["access_token"],
        "password": PASSWORD,
        "password in a header": basic("ada", PASSWORD).removeprefix("Basic "),
        "invitation": invitation,
        "identity token": good,
        "its signature": good.rpartition(".")[2],
        "refused identity token": bad.rpartition(".")[2],
    }


def test_no_secret_stands_in_logs_answers_or_tables(house: Tree, surroundings: dict[str, str], issuer: Issuer) -> None:
    start(house, {**surroundings, "ISSUERS_INSIDE": "127.0.0.1", "LOG_LEVEL": "DEBUG"})
    door = Door(house)
    secrets = use_secrets(door, issuer, (house.folder / "data" / "admin-token").read_text().strip())
    everywhere = {"the answers": b"\n".join(door.answers), "the log": house.log.read_bytes()}
    for file in (house.folder / "data").rglob("*"):
        if file.is_file() and file.name not in ("admin-token", "admin-password", "secret-key"):
            everywhere[file.name] = file.read_bytes()
    found = {
        (what, where)
        for what, secret in secrets.items()
        for where, content in everywhere.items()
        if secret.encode() in content
    }
    assert found == set()
    assert b"workload.refused" in everywhere["the answers"]
    assert b"was refused" in everywhere["the log"]
