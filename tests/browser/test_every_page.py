"""Every page in light, dark and narrow: nothing that axe objects to, no error in the console, nothing cut off."""

from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import User
from tests.browser.conftest import SignIn
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
    "/experiments",
    "/experiments/{experiment}",
    "/runs/{run}",
    "/reviews",
    "/reviews?show=closed",
    "/reviews/{done}",
    "/reviews/{open}",
    "/tokens",
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
