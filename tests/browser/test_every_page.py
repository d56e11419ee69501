"""Every page in light, dark and narrow: nothing that axe objects to, no error in the console, nothing cut off."""

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.timezone import now

from accounts import access
from accounts.models import User
from accounts.operations.access_requests import ask_for_access
from accounts.rights import Role
from tests.browser.conftest import SignIn
from tests.conftest import Member
from tests.dashboard.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The server sees only what is committed; afterwards the rows that migrations wrote are put back.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

MODEL = "/models/main/fraud-score"
PAGES = [
    "/",
    "/models",
    "/models?q=nothing",
    MODEL,
    f"{MODEL}/activity",
    f"{MODEL}/versions/1",
    f"{MODEL}/versions/2",
    f"{MODEL}/versions/3",
    f"{MODEL}/versions/3/files",
    f"{MODEL}/versions/2/activity",
    f"{MODEL}/versions/1/security",
    f"{MODEL}/versions/3/security",
    f"{MODEL}/versions/3/security?severity=note",
    "/registries/main/security",
    "/security",
    "/security/allow-list?q=linear",
    f"{MODEL}/versions/2/bill",
    f"{MODEL}/versions/2/bill?show=files",
    "/registries/main/policies",
    "/experiments",
    "/experiments/{experiment}",
    "/runs/{run}",
    "/reviews",
    "/reviews?show=closed",
    "/reviews/{done}",
    "/reviews/{open}",
    "/tokens",
    "/teams",
    "/registries",
    "/registries/main",
    f"{MODEL}/access",
    "/experiments/{experiment}/access",
    "/access",
    "/access?kind=model",
    "/access/requests",
    "/access/requests?show=mine",
    "/access/explain",
    "/access/explain?right=edit&registry=main&model=fraud-score",
]
FOR_MAINTAINERS = [
    f"{MODEL}/versions/3/security",
    "/registries/main/security",
    "/registries/main/policies?change=1",
    "/registries/main/access",
    f"{MODEL}/access?kind=account&name=rita&role=reader&ends_at=2030-01-01",
    "/experiments/{experiment}/access",
    "/access/requests",
    "/access/requests/{asked}",
    "/access/explain?right=promote&account=rita&registry=main&model=fraud-score&version=2&stage=Production",
    "/access/explain?right=edit&registry=nowhere",
]
Look = tuple[Literal["light", "dark"], int]
LOOKS: list[Look] = [("light", 1280), ("dark", 1280), ("light", 360)]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_every_page_is_accessible_and_quiet(
    page: "Page", address: str, world: World, sign_in: SignIn, look: Look
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.emulate_media(color_scheme=look[0])
    page.set_viewport_size({"width": look[1], "height": 800})
    page.goto(f"{address}/sign-in")
    faults = faults_of(page)
    sign_in("grace")
    run = world.second.source_run
    assert run is not None
    for path in PAGES:
        filled = path.format(experiment=run.experiment_id, run=run.run_id, done=world.done.pk, open=world.open.pk)
        page.goto(address + filled)
        faults += faults_of(page)
    assert not faults, "\n".join(faults)
    assert not said, "\n".join(said)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_pages_of_maintainers_are_accessible(
    page: "Page", address: str, world: World, sign_in: SignIn, maintainer: User, member: Member, look: Look
) -> None:
    rita = member(Role.METADATA_READER, world.model.registry, name="rita")
    access.grant(Role.READER, on=world.model, to=rita, ends_at=now() + timedelta(days=9), actor=maintainer)
    asked = ask_for_access(world.model, Role.CONTRIBUTOR, reason="I **retrain** it.", actor=rita)
    page.emulate_media(color_scheme=look[0])
    page.set_viewport_size({"width": look[1], "height": 800})
    sign_in("mary")
    run = world.second.source_run
    assert run is not None
    faults = []
    for path in FOR_MAINTAINERS:
        page.goto(address + path.format(experiment=run.experiment_id, asked=asked.pk))
        faults += faults_of(page)
    page.goto(f"{address}/registries/main/access")
    page.locator("summary", has_text="the role of mary").click()
    page.get_by_role("button", name="Yes, take away the role of mary").click()
    page.get_by_role("heading", name="Give up your own role?").wait_for()
    faults += faults_of(page)
    assert not faults, "\n".join(faults)


def test_somebody_asks_for_a_role_and_gets_it(
    page: "Page", address: str, world: World, sign_in: SignIn, maintainer: User, member: Member
) -> None:
    member(Role.METADATA_READER, world.model.registry, name="rita")
    sign_in("rita")
    page.goto(f"{address}{MODEL}/access")
    page.get_by_label("Role").select_option("Contributor")
    page.get_by_label("Why").fill("I retrain it.")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("The maintainers see your request now.").wait_for()
    sign_in("mary")
    page.get_by_role("link", name="Access 1 waiting for you").click()
    page.get_by_role("link", name="To decide").click()
    page.get_by_role("link", name="Contributor on model fraud-score").click()
    page.get_by_label("Give the role").check()
    page.get_by_label("Role", exact=True).select_option("Reader")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("rita has the role now.").wait_for()
    sign_in("rita")
    page.goto(f"{address}/access?kind=model")
    assert page.get_by_role("row").nth(1).inner_text().split("\t")[2] == "Reader"


def test_refusals_are_accessible(page: "Page", address: str, world: World, sign_in: SignIn, stranger: User) -> None:
    sign_in(stranger.username)
    faults = faults_of(page)
    for path in [MODEL, f"{MODEL}/versions/2", "/reviews/999999"]:
        page.goto(address + path)
        faults += faults_of(page)
    page.goto(f"{address}/tokens")
    page.get_by_label("Name").fill("x" * 100)
    for box in page.get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("button", name="Make the token").click()
    page.get_by_text("Choose at least one.").wait_for()
    faults += faults_of(page)
    assert not faults, "\n".join(faults)


def faults_of(page: "Page") -> list[str]:
    """What axe finds on the page, and by how many pixels it is too wide."""
    found = Axe().run(
        page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    )
    faults = [
        f"{page.url}: {violation['id']}, {violation['help']}: {[node['html'] for node in violation['nodes']][:3]}"
        for violation in found.response["violations"]
    ]
    beyond = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return [*faults, f"{page.url} is {beyond} pixels too wide"] if beyond > 0 else faults
