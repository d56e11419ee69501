"""The pages of signatures and keys in light, dark and narrow, and signing a version in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from accounts.models import User
from supply.operations.anchors import add_trust_anchor, revoke_trust_anchor
from supply.operations.keys import rotate_signing_key
from supply.operations.signatures import add_signature
from supply.signatures import digests_of
from supply.signing import making
from tests.browser.conftest import SignIn
from tests.browser.test_every_page import LOOKS, Look, faults_of
from tests.dashboard.world import World
from tests.supply.authority import authority, new_key, public_pem

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

KEY = new_key()
VERSION = "/models/main/fraud-score/versions/2"
PATHS = [f"{VERSION}/signatures", "/models/main/fraud-score/versions/3/signatures", "/registries/main/keys"]


@pytest.fixture
def signed(world: World, maintainer: User) -> World:
    """A version with a good signature and two others, trust of every kind, keys of now and of before."""
    registry = world.model.registry
    add_trust_anchor(registry, "ml-team", public_pem(KEY), actor=maintainer)
    add_trust_anchor(registry, "company", authority("ACME Model Signing Root G2").pem, actor=maintainer)
    old = add_trust_anchor(registry, "laptop of ada", public_pem(new_key()), actor=maintainer)
    revoke_trust_anchor(old, "It was left on a train.", actor=maintainer)
    rotate_signing_key(registry, "Once a year.", actor=maintainer)
    files = digests_of(world.second)
    add_signature(world.second, making.sign_files("fraud-score", files, KEY), actor=maintainer)
    add_signature(world.second, making.sign_files("fraud-score", files, new_key()), actor=maintainer)
    add_signature(world.second, making.sign_files("x", {"other.bin": "0" * 64}, KEY), actor=maintainer)
    return world


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_the_pages_are_accessible_and_quiet(
    page: "Page", address: str, signed: World, sign_in: SignIn, look: Look
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.emulate_media(color_scheme=look[0])
    page.set_viewport_size({"width": look[1], "height": 800})
    sign_in("mary")
    faults = []
    for path in PATHS:
        page.goto(address + path)
        for summary in page.locator("details > summary").all():
            if summary.is_visible():
                summary.click()
        faults += faults_of(page)
    assert not faults, "\n".join(faults)
    assert not said, "\n".join(said)


def test_somebody_trusts_a_key_and_adds_a_signature(
    page: "Page", address: str, world: World, sign_in: SignIn, maintainer: User, tmp_path: Path
) -> None:
    bundle = tmp_path / "model.sig"
    bundle.write_bytes(making.sign_files("fraud-score", digests_of(world.second), KEY))
    sign_in("mary")
    page.goto(f"{address}/registries/main/keys")
    page.get_by_label("Name").fill("ml-team")
    page.get_by_label("Public key or certificate").fill(public_pem(KEY))
    page.get_by_role("button", name="Trust it").click()
    page.get_by_text("Signatures by ml-team count now.").wait_for()
    page.goto(f"{address}{VERSION}")
    page.get_by_role("link", name="Signatures", exact=True).click()
    page.get_by_label("File").set_input_files(bundle)
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("strong").get_by_text("Signed by ml-team: covers").wait_for()
    page.locator("summary", has_text="Remove").click()
    page.get_by_role("button", name="Yes, remove").click()
    page.get_by_text("The signature was removed.").wait_for()
