"""Every address without credentials asks for them, unless it stands here."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from django.utils.regex_helper import normalize

from accounts.models import User

# What may be known without an account: that the server runs and which version, and how to sign in.
PUBLIC = {
    "/health",
    "/version",
    "/r/x/version",
    # Clients ask what the server can do before they sign in.
    "/api/3.0/mlflow/server-info",
    "/ajax-api/3.0/mlflow/server-info",
    "/r/x/api/3.0/mlflow/server-info",
    "/r/x/ajax-api/3.0/mlflow/server-info",
    # Whoever has the link of an invitation makes an account with it; a link that does not work finds nothing.
    "/invitations/x",
    # Signing in, by a second step, by single sign-on, by a link that was mailed; signing out when nobody is there.
    # Jobs of CI services come here with an identity token in the body.
    "/api/v1/token-exchange",
    "/sign-in",
    "/sign-in/single",
    "/sign-in/single/back",
    "/sign-in/forgotten",
    "/sign-in/forgotten/sent",
    "/sign-in/new-password/x-x",
    "/sign-in/new-password/done",
    "/sign-out",
    "/admin/login/",
    "/admin/logout/",
    "/api/v1/openapi.json",
    "/api/v1/docs",
}
SAMPLES = {"int": "1", "str": "x", "path": "x/y", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000"}


def addresses(patterns: list[Any], start: str = "/") -> Iterator[str]:
    """One example of every address that leads somewhere."""
    for pattern in patterns:
        for piece in examples(pattern):
            if isinstance(pattern, URLResolver):
                yield from addresses(pattern.url_patterns, start + piece)
            elif isinstance(pattern, URLPattern):
                yield start + piece


def examples(pattern: URLPattern | URLResolver) -> Iterator[str]:
    """Texts that a part of an address stands for."""
    route = pattern.pattern
    if isinstance(route, RegexPattern):
        for form, parameters in normalize(str(route)):
            yield form % dict.fromkeys(parameters, "x")
        return
    yield re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES.get(found[1] or "str", "x"), str(route))


def unasked(client: Client, address: str, method: str) -> str | None:
    """What the address says to nobody in particular, if that is not that it wants to know who asks."""
    answer = client.generic(method, address)
    if answer.status_code in (401, 403, 405):
        return None
    if answer.status_code == 302 and ("/sign-in" in answer["Location"] or "/admin/login" in answer["Location"]):
        return None
    return f"{method} {address}: {answer.status_code} {answer.get('Location', '')}"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_address_asks_who_is_there(registry: object, method: str) -> None:
    client = Client(raise_request_exception=False)
    found = sorted({*addresses(get_resolver().url_patterns)} - PUBLIC)
    assert len(found) > 200
    assert [said for address in found if (said := unasked(client, address, method))] == []


def test_the_list_of_public_addresses_holds_nothing_that_is_gone() -> None:
    assert {*addresses(get_resolver().url_patterns)} >= PUBLIC


def test_a_stranger_gets_nothing_by_another_method(stranger: User) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(stranger)
    for address in ("/models/main/iris", "/reviews/1", "/admin/accounts/user/"):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = client.generic(method, address, headers={"X-HTTP-Method-Override": "GET"})
            assert answer.status_code in (302, 403, 404, 405), address
