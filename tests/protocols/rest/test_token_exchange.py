"""Jobs that come in without a secret, and who lets them in, over HTTP."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import access
from accounts.credentials import issuers
from accounts.models import ApiToken, Registry, TrustedWorkload, User
from accounts.operations.people import create_service_account
from accounts.rights import Role, Scope
from tests.protocols.rest.conftest import Api, Caller, refused
from tests.services.issuer import Issuer, serve

DOOR = "/api/v1/token-exchange"
ASKED = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}
JOB = {"aud": "gatehouse", "sub": "repo:acme/model", "repository": "acme/model"}


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    issuers.forget()
    with serve() as running:
        settings.ISSUERS_INSIDE = ["127.0.0.1"]
        yield running
    issuers.forget()


@pytest.fixture
def trusted(issuer: Issuer, registry: Registry, maintainer: User, system: User) -> dict[str, Any]:
    """The body that trusts the issuer; the account and its role are there."""
    robot = create_service_account("robot", owner=maintainer, actor=system)
    access.grant(Role.CONTRIBUTOR, on=registry, to=robot, actor=system)
    return {
        "name": "training",
        "account": "robot",
        "issuer": issuer.address,
        "audience": "gatehouse",
        "claims": {"repository": "acme/model"},
        "scopes": ["read", "write"],
    }


def exchange(token: str, **more: str) -> Any:
    return Client().post(DOOR, {**ASKED, "subject_token": token, **more}, content_type="application/json")


def test_a_job_comes_in_works_and_nothing_shows_its_secret(
    api: Api, trusted: dict[str, Any], issuer: Issuer, maintainer: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = api(maintainer).post("/registries/main/workloads", trusted)
    assert made.status_code == 201, made.content
    token = issuer.token(JOB)
    answer = exchange(token)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    said = answer.json()
    secret = said.pop("access_token")
    assert said == {
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "read write",
        "registry": "main",
    }
    job = Caller(secret)
    assert job.get("/me").json()["username"] == "robot"
    assert job.post("/registries/main/models", {"name": "new"}).status_code == 201
    refused(job.post("/registries", {"name": "other"}), 403)
    refused(job.get("/tokens"), 403)
    listed = api(maintainer).get("/tokens").content + api(maintainer).get("/registries/main/workloads").content
    for hidden in (secret, token, token.rpartition(".")[2]):
        assert hidden.encode() not in listed
        assert hidden not in caplog.text


def test_the_door_also_takes_a_form(api: Api, trusted: dict[str, Any], issuer: Issuer, maintainer: User) -> None:
    api(maintainer).post("/registries/main/workloads", trusted)
    form = "application/x-www-form-urlencoded"
    body = urlencode({**ASKED, "subject_token": issuer.token(JOB), "registry": "main", "service_account": "robot"})
    assert Client(enforce_csrf_checks=True).post(DOOR, body, content_type=form).status_code == 200
    for bad in ("x", body + "&registry=main", "subject_token=%ff", "&".join(f"a{number}=1" for number in range(200))):
        refused(Client().post(DOOR, bad, content_type=form), 400)
    refused(Client().post("/api/v1/tokens", body, content_type=form), 401)


def test_every_refusal_reads_alike(
    api: Api, trusted: dict[str, Any], issuer: Issuer, maintainer: User, ci_account: User
) -> None:
    api(maintainer).post("/registries/main/workloads", trusted)
    said = set()
    for answer in (
        exchange(issuer.token({**JOB, "aud": "x"})),
        exchange(issuer.token({**JOB, "iss": "https://evil.example"})),
        exchange(issuer.token(JOB, key=issuer.make_key("RS256"))),
        exchange(issuer.unsigned(JOB)),
        exchange("garbage"),
        exchange(issuer.token(JOB), registry="unknown"),
        exchange(issuer.token(JOB), service_account="unknown"),
        exchange(issuer.token(JOB), service_account="ci"),
        exchange(issuer.token({**JOB, "sub": "x", "repository": "x"})),
    ):
        problem = refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        said.add(json.dumps({**problem, "request_id": ""}))
    assert len(said) == 1
    assert "The identity token was refused." in said.pop()
    assert not ApiToken.objects.filter(owner__username="robot").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"grant_type": "password"},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:access_token"},
        {"subject_token": ""},
        {"subject_token": "x" * 30_000},
        {"unknown": "x"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
    ],
)
def test_what_is_no_exchange(db: None, wrong: dict[str, Any]) -> None:
    body = {**ASKED, "subject_token": "x", **wrong}
    refused(Client().post(DOOR, body, content_type="application/json"), 400)


def test_other_methods_find_no_door(db: None) -> None:
    for method in ("get", "put", "delete", "patch"):
        refused(getattr(Client(), method)(DOOR), 405)


# ---- who lets them in


def test_who_lists_trusts_and_ends_jobs(
    api: Api, trusted: dict[str, Any], maintainer: User, scientist: User, stranger: User, issuer: Issuer
) -> None:
    made = api(maintainer).post("/registries/main/workloads", trusted).json()
    assert made["claims"] == {"repository": "acme/model"}
    refused(api(scientist).get("/registries/main/workloads"), 403)
    refused(api(scientist).post("/registries/main/workloads", trusted), 403)
    refused(api(stranger).get("/registries/main/workloads"), 404)
    refused(api(stranger).delete(f"/registries/main/workloads/{made['id']}"), 404)
    refused(api(maintainer).delete(f"/registries/other/workloads/{made['id']}"), 404)
    refused(api(maintainer, Scope.READ, Scope.WRITE).get("/registries/main/workloads"), 403)
    refused(api(maintainer).post("/registries/main/workloads", trusted), 409)
    assert api(maintainer).delete(f"/registries/main/workloads/{made['id']}").status_code == 204
    refused(exchange(issuer.token(JOB)), 401)
    refused(api(maintainer).delete(f"/registries/main/workloads/{made['id']}"), 409)
    assert api(maintainer).get("/registries/main/workloads").json()["results"][0]["ended_at"]


@pytest.mark.parametrize(
    "issuer_address",
    [
        *("http://169.254.169.254/", "http://127.0.0.1:1", "https://127.0.0.1", "https://[::1]"),
        *("https://[::ffff:127.0.0.1]", "https://0", "https://2130706433", "https://0x7f.1", "https://localhost."),
        *("file:///etc/passwd", "gopher://example.org", "https://user@example.org"),
    ],
)
def test_an_issuer_inside_is_refused_by_name_of_the_field(
    api: Api, trusted: dict[str, Any], maintainer: User, issuer_address: str, settings: Settings
) -> None:
    settings.ISSUERS_INSIDE = []
    problem = refused(api(maintainer).post("/registries/main/workloads", {**trusted, "issuer": issuer_address}), 400)
    assert [error["field"] for error in problem["errors"]] == ["issuer"]
    assert not TrustedWorkload.objects.exists()


def test_the_accounts_of_others_are_not_there(
    api: Api, trusted: dict[str, Any], maintainer: User, ci_account: User
) -> None:
    for account in ("ci", "nobody", "ada"):
        refused(api(maintainer).post("/registries/main/workloads", {**trusted, "account": account}), 404)
    problem = refused(api(maintainer).post("/registries/main/workloads", {**trusted, "account": "mary"}), 400)
    assert problem["errors"][0]["field"] == "account"
