"""A small world on every page, and browsers without scripts for the people in it."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Registry, User
from tests.dashboard.coming import BACK, EVE, configure
from tests.dashboard.world import World, build
from tests.services.oidc_provider import Provider, serve


@pytest.fixture
def world(registry: Registry, scientist: User, reviewer: User) -> World:
    """Models, versions, scans and reviews."""
    return build(registry, scientist=scientist, reviewer=reviewer)


@pytest.fixture
def as_user(db: None) -> Callable[[User], Client]:
    """A browser in which this person is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One provider for all tests of this file."""
    with serve(tmp_path_factory.mktemp("oidc")) as provider:
        yield provider


@pytest.fixture
def provider(server: Provider, system: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The provider, known to Gatehouse, with Eve before its sign-in page."""
    configure(server, settings, monkeypatch)
    server.register(BACK)
    server.person(**EVE)
    server.spoil()
    return server
