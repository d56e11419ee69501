"""The OpenAPI document and its pages."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver

from protocols.rest import urls
from protocols.rest.endpoint import View
from tests.protocols.rest.conftest import Api, refused

# Where jobs come in: the identity token in the body is what they bring, so nobody is asked for credentials.
DOOR = "token-exchange"
METHODS = {"get", "put", "post", "patch", "delete"}


@pytest.fixture
def document(client: Client, db: None) -> dict[str, Any]:
    """The document as anybody gets it."""
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_the_document_is_valid_and_raises_no_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO(), stderr=StringIO())


def test_every_operation_has_a_summary_a_name_and_its_refusals(document: dict[str, Any]) -> None:
    operations = [
        operation for path in document["paths"].values() for name, operation in path.items() if name in METHODS
    ]
    assert len(operations) > 50
    for operation in operations:
        assert operation["summary"]
        assert "401" in operation["responses"]
        is_open = operation["operationId"] == "exchange_token"
        ways_in: list[dict[str, list[str]]] = [{"token": []}, {"password": []}, {"session": []}]
        assert operation.get("security", []) == ([] if is_open else ways_in)
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))


def test_every_address_is_in_the_document(document: dict[str, Any]) -> None:
    public = {"openapi.json", "docs", ""}
    assert {path.removeprefix("/api/v1/") for path in document["paths"]} == set(_addresses(urls.urlpatterns)) - public


def test_every_view_asks_who_comes(api: Api, db: None) -> None:
    for address in _addresses(urls.urlpatterns):
        path = address.replace("{", "1").replace("}", "")
        if address not in ("openapi.json", "docs", DOOR):
            for method in METHODS:
                refused(getattr(api(), method)(f"/{path}"), 401)


def test_the_pages_load_nothing_from_elsewhere(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert "swagger-ui" in page
    assert "http://" not in page
    assert "https://" not in page


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        here = before + str(pattern.pattern).replace("<str:", "<").replace("<int:", "<").replace("<path:", "<")
        if isinstance(pattern, URLResolver):
            found += _addresses(pattern.url_patterns, here)
        else:
            found.append(here.replace("<", "{").replace(">", "}"))
    return found


def test_every_view_is_a_view_of_the_house() -> None:
    for pattern in _all(urls.urlpatterns):
        view = getattr(pattern.callback, "cls", None)
        assert view is not None
        assert issubclass(view, View) or view.__module__ == "protocols.rest.views.document"


def _all(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    flat: list[URLPattern] = []
    for pattern in patterns:
        flat += _all(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return flat
