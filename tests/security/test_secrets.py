"""Passwords that are none, look-alikes, secrets that stay secret, and what a wait tells: failures 31, 32 and 38."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocols.mlflow_rest.hostile_place import API
from tests.security.conftest import PASSWORD, Server

GUESSES = ["", "admin", "password", "password1234", "gatehouse", "changeme", "mlflow", "password123456", "admin1234567"]
WEAK = ["", "short", "123456789012", "password1234", "newperson-new", "new@example.org"]


@pytest.mark.parametrize("name", ["admin", "root", "system", "gatehouse", "administrator", "mlflow"])
def test_a_fresh_install_has_no_password_that_anybody_knows(server: Server, name: str) -> None:
    """31: no account but those that the tests made."""
    for password in GUESSES[:6]:
        assert "sessionid=" not in server.sign_in(name, password).headers.get("set-cookie", "")
    held = server.shell(
        "from accounts.models import User\n"
        "print([u.username for u in User.objects.all() if u.has_usable_password() and u.username != 'admin'"
        " and not u.email.endswith('@example.org')])"
    )
    assert held.strip() == "[]"


@pytest.mark.parametrize("password", WEAK)
def test_a_weak_password_is_refused_at_every_door(server: Server, password: str) -> None:
    """31: the native API, the pages, the admin and the command."""
    said = {"username": "newperson", "email": "new@example.org", "password": password}
    assert server.api("boss", "POST", "people", said).status == 400
    if password:  # in the admin an empty one makes an account that has none
        assert server.post_form("boss", "/admin/accounts/user/add/", kind="person", **said).status == 200
    link = server.api("boss", "POST", "invitations", {"email": f"guest{WEAK.index(password)}@example.org"})
    address = re.sub(r"^https?://[^/]+", "", link.json["link"])
    fields = {
        "username": "newperson",
        "display_name": "",
        "password": password,
        "again": password,
        "password2": password,
    }
    server.post_form("boss", address, **fields)
    made = server.shell("from accounts.models import User\nprint(User.objects.filter(username='newperson').count())")
    assert made.strip() == "0"
    assert "sessionid=" in server.sign_in("stranger").headers["set-cookie"], "the old one still counts"


def test_the_command_chooses_a_long_password_itself(server: Server) -> None:
    """31: nobody can give it a weak one."""
    spoken = server.shell("from django.core.management import call_command\ncall_command('reset_password', 'onlooker')")
    assert len(spoken.strip()) >= 16


DOORS = ["page", "native", "mlflow"]


@pytest.mark.parametrize("door", DOORS)
def test_twenty_wrong_passwords_are_too_many_at_every_door(server: Server, door: str) -> None:
    """31: also for a name that nobody has, with the same words; the right password does not help then."""
    import base64

    statuses: dict[str, list[int]] = {}
    name = f"victim-of-{door}"
    server.api("boss", "POST", "people", {"username": name, "email": f"{name}@example.org", "password": PASSWORD})
    for who in (name, f"nobody-at-{door}"):
        for number in range(21):
            password = PASSWORD if number == 20 else f"wrong {number}"
            if door == "page":
                answer = server.sign_in(who, password)
                assert "sessionid=" not in answer.headers.get("set-cookie", "")
            else:
                basic = base64.b64encode(f"{who}:{password}".encode()).decode()
                target = "/api/v1/me" if door == "native" else f"{API}/experiments/get?experiment_id=0"
                answer = server.ask("GET", target, headers={"Authorization": f"Basic {basic}"})
            statuses.setdefault(who, []).append(answer.status)
        assert statuses[who][-1] == 429, statuses
        assert int(answer.headers["retry-after"]) > 0
    assert statuses[name] == statuses[f"nobody-at-{door}"]


TWINS_OF_IRIS = [
    "IRIS",
    "iris ",
    "iris\u200b",
    "i\u00adris",
    "ｉｒｉｓ",
    "𝐢𝐫𝐢𝐬",
    "iris.",
    "iris%20",
    "ir\u0456s",
    "\u0456ris",
    "ir\u03b9s",
]


@pytest.mark.parametrize("name", TWINS_OF_IRIS)
def test_no_two_things_look_alike(server: Server, name: str) -> None:
    """32: models, registries, teams, accounts, aliases, stages."""
    server.api("boss", "POST", "teams", {"name": "iris"})
    server.api("boss", "POST", "registries", {"name": "iris"})
    server.api("boss", "POST", "service-accounts", {"username": "iris", "owner": "ada"})
    for who, path, said in (
        ("ada", "registries/main/models", {"name": name}),
        ("boss", "teams", {"name": name}),
        ("boss", "registries", {"name": name}),
        ("boss", "people", {"username": name, "email": "twin@example.org"}),
        ("boss", "service-accounts", {"username": name, "owner": "ada"}),
    ):
        answer = server.api(who, "POST", path, said)
        assert answer.status in (400, 409), (path, name, answer)
    alias = {"alias": name, "version": 1}
    body = json.dumps({"name": "iris", **alias, "version": "1"}).encode()
    answer = server.send(
        "POST", f"{API}/registered-models/alias", body=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status == 400 or name == "IRIS", (name, answer)
    stage = server.api("ada", "POST", "registries/main/models/iris/versions/1/moves", {"stage": f"Produ{name}tion"})
    assert stage.status == 400


@pytest.fixture(scope="module")
def secrets(server: Server) -> dict[str, str]:
    """Everything that was told to one person only, after it was used at every door."""
    told: dict[str, str] = {"password": PASSWORD, "token of ada": server.tokens["ada"]}
    server.cookies("keeper")
    told["session"] = server.sessions["keeper"]
    made = server.api("keeper", "POST", "tokens", {"name": "used", "scopes": ["read", "write", "admin"]}).json
    told["token"] = made["secret"]
    for path in ("/api/v1/me", f"{API}/experiments/get?experiment_id=0", "/api/v1/nothing", f"{API}/none", "/models/x"):
        server.ask("GET", path, token=told["token"])
        server.ask("GET", f"{path}?token={told['token']}&password={PASSWORD.replace(' ', '+')}")
    rotated = server.api("keeper", "POST", f"tokens/{made['id']}/rotate", {}).json
    told["rotated token"] = rotated["secret"]
    link = server.api("boss", "POST", "invitations", {"email": "secretive@example.org"}).json["link"]
    told["invitation"] = link.rstrip("/").rpartition("/")[2]
    address = re.sub(r"^https?://[^/]+", "", link)
    server.ask("GET", address)
    told["new password"] = "a battery of horses 9"
    fields = {"username": "secretive", "password": told["new password"], "again": told["new password"]}
    server.post_form("keeper", address, **fields, password2=told["new password"])
    server.sign_in("ada", "a wrong password typed here")
    told["wrong password"] = "a wrong password typed here"
    told["wrong token"] = "gate_" + "W" * 43
    server.ask("GET", "/api/v1/me", token=told["wrong token"])
    page = server.page("keeper", "/account/second-factor/new")
    if found := re.search(rb"\b([A-Z2-7]{32})\b", page.body):
        told["key of the second factor"] = found[1].decode()
    server.post_form("keeper", "/account/second-factor/new", code="123456")
    server.ask("POST", f"{API}/runs/log-batch", token=told["rotated token"], body=b"{broken")
    assert server.ask("GET", "/api/v1/me", token=told["rotated token"]).status == 200
    return told


def test_no_secret_is_in_the_log(server: Server, secrets: dict[str, str]) -> None:
    """38."""
    said = server.tree.said()
    assert [name for name, secret in secrets.items() if secret in said] == []


def test_no_secret_is_in_the_audit_log_or_the_database(server: Server, secrets: dict[str, str]) -> None:
    """38: as text, in any table; a session's key is its row's own name."""
    dump = server.shell(
        "from django.apps import apps\n"
        "kept = ('sessions.session', 'usersessions.usersession')\n"
        "for m in apps.get_models():\n"
        "    if m._meta.label_lower not in kept:\n"
        "        print(m._meta.label, list(m._base_manager.values()))"
    )
    assert [name for name, secret in secrets.items() if secret in dump] == []


def answers(server: Server) -> Iterator[tuple[str, bytes]]:
    for path in ("events", "tokens", "people", "invitations", "teams", "registries/main/access", "access-requests"):
        yield path, server.api("boss", "GET", path).body
    yield "tokens of their owner", server.api("keeper", "GET", "tokens").body
    yield "me", server.api("keeper", "GET", "me").body
    for path in (
        "/tokens",
        "/tokens/all",
        "/account",
        "/account/sessions",
        "/invitations",
        "/teams",
        "/service-accounts",
    ):
        yield path, server.page("boss", path).body + server.page("keeper", path).body
    for table in ("accounts/apitoken", "accounts/user", "accounts/invitation", "events/event"):
        yield table, server.page("boss", f"/admin/{table}/").body
    for row in re.findall(rb"/admin/events/event/(\d+)/change", server.page("boss", "/admin/events/event/").body)[:20]:
        yield f"event {row.decode()}", server.page("boss", f"/admin/events/event/{row.decode()}/change/").body
    for path in ("/no-such-page", "/api/v1/no-such-page", f"{API}/no-such-page"):
        yield path, server.ask("GET", path, token=server.tokens["keeper"], cookies=server.cookies("keeper")).body


def test_no_answer_tells_a_secret_again(server: Server, secrets: dict[str, str]) -> None:
    """38: lists, pages of errors and the admin."""
    found = [
        (where, name)
        for where, body in answers(server)
        for name, secret in secrets.items()
        if secret.encode() in body and (where, name) != ("/account/sessions", "session")
    ]
    assert found == []


def test_no_file_holds_a_secret_that_others_may_read(server: Server, secrets: dict[str, str]) -> None:
    """38: what a first start writes down is for its owner only."""
    for path in Path(server.tree.folder / "data").rglob("*"):
        if path.is_file() and ("admin-" in path.name or "secret" in path.name):
            assert path.stat().st_mode & 0o077 == 0, path
