"""What a person does to come in by single sign-on, for tests without a browser."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Team, User
from config import environment
from tests.services.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider

BACK = "http://testserver/sign-in/single/back"
EVE = {"sub": "e-1", "preferred_username": "Eve.Example", "name": "Eve Example"}


def configure(server: Provider, settings: Settings, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    """Name the provider in the settings, as an operator does in the environment."""
    said = {"OIDC_ISSUER": server.issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET, **more}
    for name, value in {"OIDC_NAME": "Example Inc", **said}.items():
        monkeypatch.setenv(name, value)
    settings.SOCIALACCOUNT_PROVIDERS = environment.single_sign_on()


def leave(client: Client, **said: str) -> str:
    """Press the button; where the browser is sent."""
    page = client.post("/sign-in/single", said).content.decode()
    found = re.search(r'content="0; url=([^"]+)"', page)
    assert found, page
    return unescape(found[1])


def come(provider: Provider, client: Client | None = None, **said: str) -> tuple[Client, Any]:
    """The whole way: to the provider, its button, and back."""
    client = client or Client()
    back = provider.authorize(leave(client, **said))
    return client, client.get(back.removeprefix("http://testserver"))


def teams_of(person: User) -> set[str]:
    """The names of the person's shared teams."""
    return set(Team.objects.filter(person=None, group__user=person).values_list("name", flat=True))
