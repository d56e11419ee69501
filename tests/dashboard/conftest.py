"""A small world on every page, and browsers without scripts for the people in it."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Registry, User
from tests.dashboard.world import World, build


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
