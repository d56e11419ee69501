"""Requests that other sites, other names of the server and hostile clients send: published failures 29, 30, 33, 34."""

import json

import pytest

from tests.protocols.mlflow_rest.hostile_place import API
from tests.security.conftest import Server, cookie
from tests.security.test_access import COUNTS

FORM = "application/x-www-form-urlencoded"
FORMS = [
    "/sign-in",
    "/sign-out",
    "/sign-in/forgotten",
    "/tokens",
    "/tokens/1/revoke",
    "/teams",
    "/invitations",
    "/models/main/iris/restrict",
    "/models/main/iris/access",
    "/models/main/iris/versions/1/alias",
    "/account/password",
    "/account/second-factor/off",
    "/account/sessions/others/end",
    "/admin/accounts/registry/add/",
    "/admin/accounts/user/",
]


@pytest.mark.parametrize("origin", ["", "https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_no_form_of_another_site_is_taken(server: Server, origin: str) -> None:
    """29: without the token, and with one but from elsewhere."""
    server.cookies("boss")
    before = server.shell(COUNTS)
    for path in FORMS:
        for said in (b"", f"csrfmiddlewaretoken={server.csrf['boss']}".encode() if origin else b"x=y"):
            headers = {"Content-Type": FORM} | ({"Origin": origin} if origin else {})
            answer = server.ask("POST", path, cookies=server.cookies("boss"), body=said, headers=headers)
            assert answer.status == 403, (path, said, answer)
    assert server.shell(COUNTS) == before
    assert server.page("boss", "/teams").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", FORM, "multipart/form-data; boundary=x"])
def test_a_session_alone_changes_nothing_in_the_native_api(server: Server, method: str, kind: str) -> None:
    """29: browsers send the session along for other sites."""
    server.cookies("boss")
    before = server.shell(COUNTS)
    body = json.dumps({"name": "new"}).encode()
    for path in ("registries", "teams", "registries/main/models/iris", "tokens", "tokens/1", "people/ada/deactivate"):
        for origin in ({}, {"Origin": "https://evil.example", "X-CSRFToken": server.csrf["boss"]}):
            headers = {"Content-Type": kind, **origin}
            answer = server.ask(method, f"/api/v1/{path}", cookies=server.cookies("boss"), body=body, headers=headers)
            # A body of a kind that no form sends is refused even before anybody asks for the token.
            assert answer.status in (403, 405, 415), (method, path, origin, answer)
    assert server.shell(COUNTS) == before


def test_no_form_that_browsers_send_unasked_is_read_as_json(server: Server) -> None:
    """29: even with the token of our own pages."""
    headers = {
        "X-CSRFToken": server.csrf.get("boss") or server.cookies("boss").rpartition("=")[2],
        "Origin": server.origin,
    }
    for kind in ("text/plain", FORM, "multipart/form-data; boundary=x", ""):
        body = json.dumps({"name": "new"}).encode()
        answer = server.ask(
            "POST",
            "/api/v1/teams",
            cookies=server.cookies("boss"),
            body=body,
            headers={**headers, "Content-Type": kind},
        )
        assert answer.status == 415, (kind, answer)


def test_a_session_counts_for_nothing_at_the_mlflow_door(server: Server) -> None:
    """29."""
    for path in ("experiments/search", "registered-models/create", "runs/create"):
        for kind in ("application/json", "text/plain"):
            answer = server.ask(
                "POST",
                f"{API}/{path}",
                cookies=server.cookies("boss"),
                body=b'{"name": "new"}',
                headers={"Content-Type": kind},
            )
            assert answer.status == 401


def test_no_page_lets_other_sites_read_it(server: Server) -> None:
    for path in ("/", "/api/v1/me", f"{API}/experiments/search", "/admin/", "/health"):
        for method in ("GET", "OPTIONS"):
            answer = server.ask(
                method, path, cookies=server.cookies("boss"), headers={"Origin": "https://evil.example"}
            )
            assert not [name for name in answer.headers if name.startswith("access-control-")], path
    session = server.ask("GET", "/sign-in")
    assert "SameSite=Lax" in session.headers["set-cookie"] or not cookie(session, "sessionid")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "a/b"])
def test_no_door_answers_to_a_foreign_name(server: Server, host: str) -> None:
    """30: also with good credentials, and in the form of the API that is asked."""
    for path in (
        "/",
        "/sign-in",
        "/models",
        "/admin/",
        "/admin/login/",
        "/health",
        "/version",
        "/static/style/base.css",
    ):
        answer = server.ask("GET", path, cookies=server.cookies("ada"), headers={"Host": host})
        assert answer.status == 400 or (path.startswith("/static/") and b"evil" not in answer.body), (path, answer)
        assert "evil" not in answer.headers.get("location", "")
    for path in ("/api/v1/me", "/api/v1/registries", "/api/v1/openapi.json", "/api/v1/nothing"):
        answer = server.ask("GET", path, token=server.tokens["ada"], headers={"Host": host})
        assert answer.status == 400, path
        if answer.body:
            assert answer.headers["content-type"] == "application/problem+json", (path, answer)
            assert b"evil" not in answer.body


INJECTED = [
    "owner__password__startswith=m",
    "ordering=owner__password",
    "order_by=owner__password",
    "sort=owner__password",
    "owner__tokens__digest__startswith=a",
    "x.y=1",
    "search__regex=.*",
    "name__icontains=i",
    "%00=1",
    "a%0d%0ab=1",
    "q%5B%5D=1",
]


@pytest.mark.parametrize("query", INJECTED)
def test_no_query_reaches_another_column(server: Server, query: str) -> None:
    """33: the native API knows its parameters by name, pages pass over what they do not know."""
    for path in ("models", "registries", "reviews", "tokens", "events", "people", "teams", "access-requests"):
        answer = server.api("boss", "GET", f"{path}?{query}")
        assert answer.status in (400, 404), (path, query, answer)
    for path in ("/models", "/experiments", "/reviews", "/tokens", "/teams", "/registries", "/access", "/tokens/all"):
        plain, asked = server.page("boss", path), server.page("boss", f"{path}?{query}")
        assert asked.status in (200, 404), (path, query, asked)
        if asked.status == 200:
            assert rows(asked.body) == rows(plain.body), (path, query)
    for table in ("accounts/user", "accounts/apitoken", "accounts/team", "registry/registeredmodel", "events/event"):
        answer = server.page("boss", f"/admin/{table}/?{query}")
        assert answer.status in (302, 400), (table, query, answer.status)
    for search in ("registered-models/search", "experiments/search?max_results=9", "model-versions/search"):
        sign = "&" if "?" in search else "?"
        plain = server.send("GET", f"{API}/{search}")
        injected = server.send("GET", f"{API}/{search}{sign}{query}")
        assert injected.status == 400 or injected.body == plain.body, (search, query)


def rows(page: bytes) -> int:
    return page.count(b"<tr") + page.count(b"<li")


@pytest.mark.parametrize("query", ["o=password", "o=-owner__password", "o=999", "p=-1", "p=999999999", "q=%00", "e=1"])
def test_no_order_of_a_list_in_the_admin_is_made_up(server: Server, query: str) -> None:
    """33."""
    for table in ("accounts/user", "accounts/apitoken", "events/event", "registry/modelversion", "tracking/run"):
        assert server.page("boss", f"/admin/{table}/?{query}").status in (200, 302, 400), (table, query)


LONG = "x" * 1_000_000


def test_no_name_or_batch_is_too_much_for_the_native_api(server: Server) -> None:
    """34; for the MLflow door in tests/protocols/mlflow_rest/test_hostile_requests.py."""
    before = server.shell(COUNTS)
    many = {f"k{number}": "v" for number in range(10_000)}
    model = "registries/main/models/iris"
    for method, path, said in (
        ("POST", "registries/main/models", {"name": LONG}),
        ("POST", "registries/main/models", {"name": "new", "description": LONG}),
        ("POST", "registries/main/models", {"name": "new", "tags": many}),
        ("PATCH", model, {"description": LONG}),
        ("PUT", f"{model}/tags/k", {"value": LONG}),
        ("PUT", f"{model}/tags/{'k' * 5_000}", {"value": "v"}),
        ("PUT", f"{model}/aliases/{'a' * 5_000}", {"version": 1}),
        ("PUT", f"{model}/aliases/a", {"version": 10**400}),
        ("POST", f"{model}/versions/1/moves", {"stage": LONG}),
        ("POST", "tokens", {"name": LONG, "scopes": ["read"]}),
        ("POST", "tokens", {"name": "new", "scopes": ["read"] * 10_000}),
        ("POST", "teams", {"name": LONG}),
        ("POST", "people", {"username": LONG, "email": "n@example.org"}),
        ("POST", "people", {"username": "new", "email": f"{LONG}@example.org"}),
        ("POST", "people", {"username": "new", "email": "n@example.org", "password": LONG}),
        ("POST", "invitations", {"email": "n@example.org", "teams": ["x"] * 10_000}),
        ("POST", "registries", {"name": "n" * 5_000}),
        ("POST", "registries/main/access-requests", {"role": "reader", "reason": LONG}),
    ):
        who = "ada" if path.startswith("registries/main") else "boss"
        answer = server.api(who, method, path, said)
        assert 400 <= answer.status < 500, (method, path[:80], answer.status)
        assert len(answer.body) < 50_000
    for path in ("models", "registries", "tokens", "events", f"{model}/versions"):
        for query in ("page_size=1000000000", "page_size=-1", f"page_size={'9' * 5_000}", "page_token=" + "x" * 5_000):
            assert server.api("boss", "GET", f"{path}?{query}").status in (400, 414), (path, query[:40])
    assert server.shell(COUNTS) == before


@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data; boundary=x", f"multipart/form-data; boundary={'x' * 5_000}", FORM],
)
def test_no_body_is_too_much_for_pages_and_the_native_api(server: Server, kind: str) -> None:
    """34: ten megabytes of dashes, of brackets, of parts without an end, of fields."""
    bodies = [b"--x\r\n" + b"-" * 10_000_000, b"[" * 1_000_000, b"--x\r\n\r\n" * 100_000, b"a=b&" * 100_000]
    headers = {"Content-Type": kind, "Origin": server.origin, "X-CSRFToken": "x"}
    for body in bodies:
        for path in ("/sign-in", "/tokens", "/models/main/iris/access", "/admin/accounts/user/add/"):
            answer = server.ask("POST", path, cookies=server.cookies("ada"), body=body, headers=headers)
            assert 400 <= answer.status < 500 or answer.status == 302, (path, answer.status)
        for path in ("/api/v1/tokens", "/api/v1/registries/main/models", "/api/v1/token-exchange"):
            answer = server.ask("POST", path, token=server.tokens["ada"], body=body, headers=headers)
            assert 400 <= answer.status < 500, (path, answer.status)
    assert server.page("ada", "/models").status == 200


def test_no_head_is_too_much_for_any_door(server: Server) -> None:
    """34: ten thousand lines, a line and an address of a megabyte, a cookie of many."""
    for path in ("/models", "/api/v1/models", "/admin/", "/sign-in", f"{API}/experiments/search"):
        for headers in (
            {f"X-{number}": "x" for number in range(10_000)},
            {"X-Long": LONG},
            {"Cookie": "a=b; " * 400_000},
            {"Authorization": f"Bearer {LONG}"},
            {"Accept-Language": "a," * 100_000},
            {"Accept": "a/b," * 20_000},
        ):
            try:
                answer = server.ask("GET", path, headers={**headers, "Host": f"127.0.0.1:{server.tree.port}"})
            except (ConnectionError, OSError):
                continue
            assert answer.status < 500, (path, [*headers][:1], answer.status)
        assert server.ask("GET", f"{path}?q={'x' * 1_000_000}").status in (400, 401, 414, 431, 302)
    assert server.page("ada", "/models").status == 200
