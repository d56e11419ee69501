"""Who gets in, and as whom."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.operations.tokens import revoke_token
from accounts.rights import Scope
from tests.conftest import PASSWORD
from tests.protocols.rest.conftest import Api, refused

ME = "/api/v1/me"


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_nobody_is_asked_to_sign_in(api: Api, db: None) -> None:
    response = api().get("/me")
    refused(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_a_password_and_an_e_mail_sign_in(
    client: Client, scientist: User, token_of: Callable[..., str]
) -> None:
    secret = token_of(scientist, Scope.READ)
    bearer = client.get(ME, headers={"authorization": f"Bearer {secret}"}).json()
    assert (bearer["username"], bearer["scopes"]) == ("ada", ["read"])
    for name, password in (("ada", PASSWORD), ("ada@example.org", PASSWORD), ("anything", secret)):
        assert client.get(ME, headers=basic(name, password)).json()["username"] == "ada"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer gate_unknown",
        "",
        "Bearer",
        "Bearer  ",
        "Basic",
        "Basic ###",
        "Basic " + base64.b64encode(b"ada").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"ada:wrong").decode(),
        "Digest username=ada",
        "gate_without_scheme",
    ],
)
def test_wrong_credentials_are_refused_even_with_a_session(client: Client, scientist: User, header: str) -> None:
    client.force_login(scientist)
    response = client.get(ME, headers={"authorization": header})
    refused(response, 401)
    is_token = header.startswith("Bearer ")
    assert response.headers["WWW-Authenticate"] == ('Bearer error="invalid_token"' if is_token else "Bearer")


def test_a_token_that_ended_or_was_revoked_signs_nobody_in(api: Api, scientist: User, maintainer: User) -> None:
    ended, revoked = api(scientist), api(maintainer)
    ApiToken.objects.filter(owner=scientist).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(ApiToken.objects.get(owner=maintainer), actor=maintainer)
    refused(ended.get("/me"), 401)
    refused(revoked.get("/me"), 401)


def test_the_token_of_somebody_who_left_signs_nobody_in(api: Api, scientist: User) -> None:
    caller = api(scientist)
    scientist.is_active = False
    scientist.save(update_fields=["is_active"])
    refused(caller.get("/me"), 401)


def test_a_session_reads_freely_and_writes_with_its_csrf_token_only(scientist: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(scientist)
    assert client.get(ME).json()["scopes"] is None
    body, json = {"name": "laptop", "scopes": ["read"]}, "application/json"
    refused(client.post("/api/v1/tokens", body, content_type=json), 403)
    refused(client.post("/api/v1/tokens", "name=laptop", content_type="text/plain"), 403)
    assert not ApiToken.objects.exists()

    client.get("/account")
    token = {"X-CSRFToken": client.cookies["csrftoken"].value}
    refused(
        client.post("/api/v1/tokens", body, content_type=json, headers={**token, "Origin": "http://evil.example"}), 403
    )
    assert client.post("/api/v1/tokens", body, content_type=json, headers=token).status_code == 201


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/registries/main/models", {"name": "new"}),
        ("patch", "/registries/main/models/iris", {"description": "x"}),
        ("delete", "/registries/main/models/iris", None),
        ("put", "/registries/main/models/iris/tags/a", {"value": "b"}),
        ("patch", "/registries/main/models/iris/versions/1", {"description": "x"}),
        ("delete", "/registries/main/models/iris/versions/1", None),
        ("post", "/registries/main/models/iris/versions/1/moves", {"stage": "Staging"}),
        ("put", "/registries/main/models/iris/aliases/best", {"version": 1}),
        ("post", "/registries/main/models/iris/versions/1/scan", None),
        (
            "post",
            "/reviews",
            {"version": {"registry": "main", "name": "iris", "version": 1}, "stage": "Production"},
        ),
        ("post", "/registries/main/policies", {"stage": "Staging"}),
        ("put", "/registries/main/grants/accounts/ada", {"role": "reader"}),
        ("post", "/tokens", {"name": "more", "scopes": ["read"]}),
        ("post", "/registries", {"name": "other"}),
        ("post", "/teams", {"name": "other"}),
    ],
)
def test_a_token_for_reading_writes_nothing(api: Api, maintainer: User, method: str, path: str, body: object) -> None:
    caller = api(maintainer, Scope.READ)
    assert caller.get("/registries/main/models/iris/versions/1").status_code == 200
    arguments = [path] if method == "delete" else [path, body]
    refused(getattr(caller, method)(*arguments), 403)
