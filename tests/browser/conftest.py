"""A running server with a small world in it, and people who sit before it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import Registry, User
from tests.conftest import PASSWORD
from tests.dashboard.world import World, build

if TYPE_CHECKING:
    from playwright.sync_api import Page

SignIn = Callable[[str], None]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    """Where the server listens."""
    return live_server.url


@pytest.fixture
def world(address: str, registry: Registry, scientist: User, reviewer: User) -> World:
    """Models, versions, scans and reviews, made by ada and judged by grace."""
    return build(registry, scientist=scientist, reviewer=reviewer)


@pytest.fixture
def sign_in(page: "Page", address: str) -> SignIn:
    """Signs somebody in through the form, after signing out whoever was there."""

    def fill(name: str) -> None:
        page.context.clear_cookies()
        page.goto(f"{address}/sign-in")
        page.get_by_label("User name or e-mail").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{address}/")

    return fill
