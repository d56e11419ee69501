"""The main story with a mouse: find a model, ask for a review, approve it, see it live."""

from typing import TYPE_CHECKING

import pytest

from accounts.models.tokens import TOKEN_MARK
from approvals.operations.reviews import withdraw_review
from registry.queries import version_at
from scanning.models import Scan, Verdict
from tests.browser.conftest import SignIn
from tests.dashboard.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The server sees only what is committed; afterwards the rows that migrations wrote are put back.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_version_goes_to_production(page: "Page", address: str, world: World, sign_in: SignIn) -> None:
    withdraw_review(world.open, actor=world.open.requested_by)
    sign_in("ada")
    page.get_by_role("searchbox", name="Find a model").fill("fraud")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="fraud-score").click()
    page.get_by_role("row", name="Version 2").get_by_role("link", name="Version 2").click()
    page.get_by_label("Alias").first.select_option("@champion")
    page.get_by_label("Why").fill("Better in every way.")
    page.get_by_role("button", name="Ask for a review").click()
    page.get_by_text("The review is open.").wait_for()
    page.get_by_text("someone else must approve it.").wait_for()

    sign_in("grace")
    page.get_by_role("main").get_by_role("link", name="fraud-score version 2").first.click()
    page.get_by_role("radio", name="Approve").check()
    page.get_by_role("textbox", name="Comment").fill("Go.")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("fraud-score version 2 is at Production and @champion now.").wait_for()
    assert version_at(world.model, stage="Production") == world.second


def test_the_page_follows_the_scan_by_itself(page: "Page", address: str, world: World, sign_in: SignIn) -> None:
    scans = Scan.objects.filter(tree=world.second.tree)
    scans.update(verdict=Verdict.SCANNING)
    sign_in("ada")
    page.goto(f"{address}/models/main/fraud-score/versions/2")
    page.get_by_role("status").get_by_text("Scanning").wait_for()
    scans.update(verdict=Verdict.CLEAN)
    page.get_by_role("status").get_by_text("Clean").wait_for(timeout=8_000)


def test_the_theme_is_remembered(page: "Page", address: str, world: World, sign_in: SignIn) -> None:
    page.emulate_media(color_scheme="light")
    sign_in("ada")
    page.get_by_role("button", name="Use the dark theme").click()
    page.goto(f"{address}/models")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(19, 21, 25)"


def test_keys_are_enough(page: "Page", address: str, world: World, sign_in: SignIn) -> None:
    sign_in("ada")
    page.goto(f"{address}/models")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "content"
    account = page.get_by_label("Account of ada")
    account.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Access tokens").wait_for()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="Access tokens").is_visible()


def test_a_token_is_made_and_copied(page: "Page", address: str, world: World, sign_in: SignIn) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in("ada")
    page.goto(f"{address}/tokens")
    page.get_by_label("Name").fill("laptop")
    page.get_by_role("button", name="Make the token").click()
    page.get_by_role("button", name="Copy the token").click()
    page.get_by_text("Copied").wait_for()
    shown = page.get_by_role("region", name="the token", exact=True).inner_text()
    assert shown.startswith(TOKEN_MARK)
    assert page.evaluate("() => navigator.clipboard.readText()") == shown


def test_an_address_that_an_mlflow_client_printed_leads_to_the_run(
    page: "Page", address: str, world: World, sign_in: SignIn
) -> None:
    run = world.second.source_run
    assert run
    sign_in("ada")
    page.goto(f"{address}/#/experiments/{run.experiment_id}/runs/{run.run_id}")
    page.wait_for_url(f"{address}/runs/{run.run_id}")
    page.get_by_role("heading", name=run.name).wait_for()
