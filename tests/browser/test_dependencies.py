"""The pages about dependencies and advisories in every look; a vulnerability is accepted with the keyboard."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from registry.models import ModelVersion
from tests.browser.conftest import SignIn
from tests.browser.test_every_page import LOOKS, Look, faults_of
from tests.dashboard.world import World
from tests.factories.advisories import bring_in, osv, require

if TYPE_CHECKING:
    from playwright.sync_api import Page

# The server sees only what is committed; afterwards the rows that migrations wrote are put back.
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

MODEL = "/models/main/fraud-score"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"


@pytest.fixture
def vulnerable(world: World, tmp_path: Path) -> ModelVersion:
    """The second version, which is live, with everything that its page can show."""
    require(
        world.second, "numpy==1.0", "a-package-with-quite-a-long-name>=2,<3,!=2.5", "evil==1.0", "conda:python==3.11"
    )
    bring_in(
        tmp_path,
        osv(
            "GHSA-1",
            fixed="1.5",
            vector=HIGH,
            aliases=["CVE-1"],
            details="# Impact\n\nSome `code`.\n\n## Patches\n\nNone.",
        ),
        osv("GHSA-2", fixed="1.5", word="MODERATE", references=[{"url": f"https://example.org/{'x' * 200}"}]),
        osv("GHSA-3", fixed="1.5"),
        osv("MAL-1", "evil", versions=["1.0"]),
    )
    return world.second


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_the_pages_are_accessible_and_quiet(
    page: "Page", address: str, vulnerable: ModelVersion, sign_in: SignIn, look: Look
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.emulate_media(color_scheme=look[0])
    page.set_viewport_size({"width": look[1], "height": 800})
    sign_in("grace")
    faults = []
    for path in (
        *(f"{MODEL}/versions/{number}/dependencies" for number in (1, 2)),
        *("/registries/main/vulnerabilities", "/registries/main/vulnerabilities?show=all&package=nothing"),
        *("/advisories", "/advisories?q=numpy", "/advisories?q=nothing", "/advisories/GHSA-1", "/advisories/GHSA-2"),
    ):
        page.goto(address + path)
        faults += faults_of(page)
    page.goto(f"{address}{MODEL}/versions/2/dependencies")
    page.get_by_label("Why this can be accepted").fill("x")
    page.get_by_role("button", name="Accept them").click()
    page.get_by_text("Choose at least one vulnerability.").wait_for()
    faults += faults_of(page)
    assert not faults, "\n".join(faults)
    assert [line for line in said if "422" not in line] == []


def test_a_vulnerability_is_accepted_with_the_keyboard(
    page: "Page", address: str, vulnerable: ModelVersion, sign_in: SignIn
) -> None:
    sign_in("grace")
    page.goto(f"{address}{MODEL}/versions/2")
    page.get_by_role("link", name="Dependencies").click()
    page.get_by_label("Accept GHSA-1 in numpy").focus()
    page.keyboard.press("Space")
    page.get_by_label("Why this can be accepted").focus()
    page.keyboard.type("Never called.")
    page.get_by_label("Until and with").fill((timezone.now() + timedelta(days=20)).date().isoformat())
    page.get_by_role("button", name="Accept them").focus()
    page.keyboard.press("Enter")
    page.get_by_text("1 vulnerability is accepted for now.").wait_for()
    assert page.get_by_role("row", name="GHSA-1").get_by_text("accepted").count() == 1
    page.goto(f"{address}/registries/main/vulnerabilities")
    page.get_by_text("1 accepted").wait_for()
