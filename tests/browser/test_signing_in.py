"""Signing in with a mouse: second factor, sessions, single sign-on; every page of it in light, dark and narrow."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from accounts.models import User
from config import environment
from tests.browser.conftest import SignIn
from tests.browser.test_every_page import LOOKS, Look, faults_of
from tests.conftest import PASSWORD
from tests.dashboard.signing_in import code
from tests.services.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, serve

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The server sees only what is committed; afterwards the rows that migrations wrote are put back.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def provider(address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Provider]:
    """A provider of single sign-on that Gatehouse knows, with Eve before it."""
    with serve(tmp_path) as provider:
        provider.register(f"{address}/sign-in/single/back")
        provider.person(sub="e-1", preferred_username="eve", name="Eve Example")
        for name, value in (("ISSUER", provider.issuer), ("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET)):
            monkeypatch.setenv(f"OIDC_{name}", value)
        monkeypatch.setenv("OIDC_NAME", "Example Inc")
        settings.SOCIALACCOUNT_PROVIDERS = environment.single_sign_on()
        yield provider


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_every_page_of_signing_in_is_accessible_and_quiet(
    page: "Page", address: str, provider: Provider, scientist: User, settings: Settings, look: Look
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.emulate_media(color_scheme=look[0], reduced_motion="reduce")
    page.set_viewport_size({"width": look[1], "height": 800})
    faults = []

    def look_at(path: str) -> None:
        page.goto(address + path)
        faults.extend(faults_of(page))

    look_at("/sign-in")
    look_at("/sign-in/forgotten")
    settings.MAIL_IS_SENT = True
    for path in ("/sign-in/forgotten", "/sign-in/forgotten/sent", "/sign-in/new-password/1-x"):
        look_at(path)
    look_at("/sign-in")
    fill(page, "ada", "wrong")
    page.get_by_text("The user name or the password is wrong.").wait_for()
    faults += faults_of(page)
    fill(page, "ada", PASSWORD)
    page.wait_for_url(f"{address}/")
    for path in ("", "/password", "/second-factor", "/confirm", "/sessions", "/second-factor/new"):
        look_at(f"/account{path}")
    page.get_by_label("The six digits").fill(code(key_on(page), later=-1))
    page.get_by_role("button", name="Turn the second factor on").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()
    faults += faults_of(page)
    for path in ("", "/second-factor", "/second-factor/off"):
        look_at(f"/account{path}")
    page.context.clear_cookies()
    look_at("/sign-in")
    fill(page, "ada", PASSWORD)
    page.get_by_role("heading", name="One more step").wait_for()
    faults += faults_of(page)
    assert not faults, "\n".join(faults)
    assert not said, "\n".join(said)


def test_a_second_factor_from_set_up_to_sign_in(page: "Page", address: str, scientist: User, sign_in: SignIn) -> None:
    sign_in("ada")
    page.get_by_label("Account of ada").click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Set up a second factor").click()
    key = key_on(page)
    page.get_by_label("The six digits").fill(code(key, later=-1))
    page.get_by_role("button", name="Turn the second factor on").click()
    codes = page.get_by_role("listitem").filter(has_text=re.compile(r"^[a-z0-9]{5}-[a-z0-9]{5}$")).all_inner_texts()
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download").click()
    assert kept.value.path().read_text().split() == codes
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("10 left").wait_for()
    page.get_by_label("Account of ada").click()
    page.get_by_role("button", name="Sign out").click()
    fill(page, "ada", PASSWORD)
    page.get_by_label("Code").fill("000000")
    page.keyboard.press("Enter")
    page.get_by_text("The code is wrong").wait_for()
    page.get_by_label("Code").fill(codes[0])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Hello, ada").wait_for()


def test_another_browser_is_signed_out(page: "Page", address: str, scientist: User, sign_in: SignIn) -> None:
    sign_in("ada")
    browser = page.context.browser
    assert browser
    other = browser.new_context(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1")
    there = other.new_page()
    there.goto(f"{address}/sign-in")
    fill(there, "ada", PASSWORD)
    there.wait_for_url(f"{address}/")
    page.goto(f"{address}/account/sessions")
    page.get_by_role("button", name="Sign out Safari on an iPhone").click()
    page.get_by_text("Safari on an iPhone is signed out.").wait_for()
    there.goto(f"{address}/models")
    there.wait_for_url(f"{address}/sign-in?next=/models")
    other.close()


def test_single_sign_on_there_and_back(page: "Page", address: str, provider: Provider, system: User) -> None:
    page.goto(f"{address}/models")
    page.get_by_role("button", name="Sign in with Example Inc").click()
    page.get_by_role("button", name="Continue as eve").click()
    page.wait_for_url(f"{address}/models")
    page.get_by_label("Account of Eve Example").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with Example Inc").click()
    page.get_by_role("button", name="Refuse").click()
    page.get_by_text("You did not sign in.").wait_for()
    provider.spoil(claims={"aud": "another"})
    page.get_by_role("button", name="Sign in with Example Inc").click()
    page.get_by_role("button", name="Continue as eve").click()
    page.get_by_text("The answer of the provider was not accepted.").wait_for()
    assert not faults_of(page)


def fill(page: "Page", name: str, password: str) -> None:
    page.get_by_label("User name or e-mail").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def key_on(page: "Page") -> str:
    """The key that the page shows beside its picture."""
    return page.locator(".key code").inner_text().replace(" ", "")
