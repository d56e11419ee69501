"""Somebody is invited, comes in by the link, and is put into a team; with a mouse, and with what axe says of it."""

from typing import TYPE_CHECKING

import pytest

from accounts.models import User
from tests.browser.conftest import SignIn
from tests.browser.test_every_page import faults_of
from tests.conftest import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The server sees only what is committed; afterwards the rows that migrations wrote are put back.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_person_comes_in_by_invitation(page: "Page", address: str, administrator: User, sign_in: SignIn) -> None:
    sign_in("root")
    page.goto(f"{address}/invitations")
    faults = faults_of(page)
    page.get_by_label("E-mail").fill("eve@example.org")
    page.get_by_role("button", name="Invite").click()
    link = page.locator(".secret code").inner_text()
    faults += faults_of(page)

    page.context.clear_cookies()
    page.goto(link)
    page.set_viewport_size({"width": 360, "height": 800})
    faults += faults_of(page)
    for password in ("short", PASSWORD):
        page.get_by_label("User name").fill("eve")
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_label("Password again").fill(password)
        page.get_by_role("button", name="Make the account").click()
        if password == "short":
            page.get_by_text("This password is too short").wait_for()
            faults += faults_of(page)
    page.get_by_text("Your account is ready").wait_for()
    page.goto(link)
    page.get_by_text("This link does not work").wait_for()
    faults += faults_of(page)

    sign_in("root")
    page.goto(f"{address}/teams")
    faults += faults_of(page)
    page.get_by_label("Name").fill("Fraud team")
    page.get_by_role("button", name="Make the team").click()
    page.get_by_label("User name").fill("eve")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("eve is in the team.").wait_for()
    page.get_by_role("button", name="Make lead").click()
    page.get_by_text("eve leads the team now.").wait_for()
    faults += faults_of(page)
    assert not faults, "\n".join(faults)
