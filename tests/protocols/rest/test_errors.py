"""Every refusal has the one form, and nothing is ever answered in HTML."""

import logging
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken, User
from lib import errors
from protocols.rest import endpoint
from protocols.rest.errors import STATUS_OF
from protocols.rest.views import me
from tests.protocols.rest.conftest import Api, refused


def test_every_refusal_of_the_house_has_a_status() -> None:
    refusals = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert set(STATUS_OF) == refusals - {errors.HouseError}


@pytest.mark.parametrize("path", ["/nothing", "/", "/me/", "/registries/main/nothing", "/..%2f..%2fetc/passwd", "/%00"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_address_that_leads_nowhere(api: Api, scientist: User, path: str, method: str) -> None:
    refused(getattr(api(), method)(path), 401)
    problem = refused(getattr(api(scientist), method)(path), 404)
    assert problem["type"] == "urn:gatehouse:problem:not-found"


@pytest.mark.parametrize("body", ["{", "", "nan", '{"name": "x",}', "[" * 100_000, '{"name": "\\ud800"}', "\xff"])
def test_a_body_that_is_not_json(api: Api, scientist: User, body: str) -> None:
    client = api(scientist).client
    problem = refused(client.post("/api/v1/tokens", body.encode("latin-1"), content_type="application/json"), 400)
    assert problem["errors"]
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("body", [[], "text", 1, None, True])
def test_json_that_is_no_object(api: Api, scientist: User, body: object) -> None:
    client = api(scientist).client
    refused(client.generic("POST", "/api/v1/tokens", str(body), content_type="application/json"), 400)
    refused(api(scientist).post("/tokens", [body]), 400)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/x-pickle",
        "application/vnd.bentoml+pickle",
        "application/python-pickle",
        "application/x-yaml",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "<script>alert(1)</script>",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/tokens", "/registries/main/models/iris/versions/1/scan"])
def test_bodies_of_other_kinds_are_refused(
    api: Api, scientist: User, version: object, media_type: str, path: str
) -> None:
    client = api(scientist).client
    refused(client.generic("POST", f"/api/v1{path}", b'{"name": "x"}', content_type=media_type), 415)


def test_a_body_that_is_too_long(api: Api, scientist: User) -> None:
    refused(api(scientist).post("/tokens", {"name": "x" * endpoint.LONGEST_BODY}), 413)


def test_names_that_nobody_knows_are_refused(api: Api, scientist: User) -> None:
    problem = refused(api(scientist).post("/tokens", {"name": "x", "scopes": ["read"], "owned_by": "me"}), 400)
    assert problem["errors"] == [{"field": "owned_by", "message": "This name is not known here."}]
    for query in (
        "owner__password__startswith=a",
        "ordering=owner__password",
        "x.y=1",
        "page=2",
        "%00=1",
        "format=json",
    ):
        response = api(scientist).client.get(f"/api/v1/models?{query}")
        assert refused(response, 400)["errors"][0]["field"] == query.partition("=")[0].replace("%00", "\0")


@pytest.mark.parametrize("size", ["0", "-1", "201", "1000000000", "9" * 30, "a", "", "1.5"])
def test_a_page_has_between_1_and_200_rows(api: Api, scientist: User, size: str) -> None:
    assert refused(api(scientist).get("/models", page_size=size), 400)["errors"][0]["field"] == "page_size"


@pytest.mark.parametrize(
    "token",
    ["x", "é", "bnVsbA", "WzFd", "WyJuYW1lLHBrIiwge30sIFtdXQ", "WyJuYW1lLHBrIiwgIngiLCAieSJd", "a" * 5000, "\0"],
)
def test_a_page_token_that_was_not_made_here(api: Api, scientist: User, token: str) -> None:
    assert refused(api(scientist).get("/models", page_token=token), 400)["errors"][0]["field"] == "page_token"


def test_a_method_that_is_not_there(api: Api, scientist: User) -> None:
    response = api(scientist).delete("/me")
    refused(response, 405)
    assert "GET" in response.headers["Allow"]
    refused(api(scientist).client.options("/api/v1/me"), 405)
    overridden = api(scientist).client.post("/api/v1/me", headers={"X-HTTP-Method-Override": "GET"})
    refused(overridden, 405)


def test_what_the_client_accepts_does_not_matter(api: Api, scientist: User) -> None:
    client = api(scientist).client
    for accepted in ("text/html", "application/xml", "nonsense"):
        assert client.get("/api/v1/me", headers={"Accept": accepted}).headers["Content-Type"] == "application/json"
        refused(client.get("/api/v1/nothing", headers={"Accept": accepted}), 404)
    refused(Client().get("/api/v1/me", headers={"Accept": "text/html"}), 401)


def test_a_mistake_of_ours_is_told_as_such(
    api: Api, scientist: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("a secret of ours")

    monkeypatch.setattr(me, "With", fail)
    with caplog.at_level(logging.ERROR):
        response = api(scientist).get("/me")
    refused(response, 500)
    assert b"secret" not in response.content
    assert "a secret of ours" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x" * 300},
        {"name": "a", "description": "x" * 200_000},
        {"name": "a\0b"},
        {"name": ["a"]},
        {"name": {"a": 1}},
        {"name": "a", "tags": {"k": ["v"]}},
        {"name": "a", "tags": {"../x": "v"}},
        {"name": "a", "tags": []},
        {"name": "a", "tags": {str(number): "v" for number in range(10_000)}},
        {"name": "a/b"},
        {"name": " a"},
        {"name": "a\u200b"},
        {"name": "."},
        {"name": ""},
        {"name": None},
        {},
    ],
)
def test_names_and_texts_that_cannot_be(api: Api, scientist: User, registry: object, body: object) -> None:
    assert refused(api(scientist).post("/registries/main/models", body), 400)["errors"]


def test_names_that_look_alike_are_one_name(api: Api, scientist: User, model: object) -> None:
    for name in ("iris", "IRIS", "ｉris"):
        problem = refused(api(scientist).post("/registries/main/models", {"name": name}), 409)
        assert problem["type"] == "urn:gatehouse:problem:already-exists"
