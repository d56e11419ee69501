"""The signature check: it holds for one verified signature, and tells otherwise what is wrong."""

import pytest

from accounts.models import Registry, User
from registry.models import ModelVersion, RegisteredModel
from supply.gates.signatures import signature_check
from supply.operations.anchors import add_trust_anchor
from supply.operations.signatures import add_signature
from tests.factories.registry import register_files
from tests.supply.authority import FILES, new_key, public_pem, signed

KEY = new_key()


@pytest.fixture
def version(model: RegisteredModel, scientist: User) -> ModelVersion:
    """Three files."""
    return register_files(model, FILES, actor=scientist)


def test_it_holds_only_for_a_verified_signature(
    version: ModelVersion, registry: Registry, scientist: User, maintainer: User
) -> None:
    check = signature_check(version)
    assert (check.name, check.holds, check.sentence) == ("signature", False, "Version 1 is not signed.")
    add_signature(version, signed(FILES, new_key()), actor=scientist)
    check = signature_check(version)
    assert not check.holds
    assert check.sentence.startswith("No signature of version 1 counts. Signed by an unknown key (")
    add_trust_anchor(registry, "ml-team", public_pem(KEY), actor=maintainer)
    add_signature(version, signed(FILES, KEY), actor=scientist)
    check = signature_check(version)
    assert (check.holds, check.sentence) == (True, "Signed by ml-team: covers 3 of 3 files.")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"extra.py": b""}, "Signed by ml-team, but it does not cover: extra.py."),
        ({".git/config": b""}, "Signed by ml-team, but it does not cover: .git/config."),
        ({"notes.py": b"x"}, "Signed by ml-team, but for other content: notes.py is not what was signed."),
    ],
)
def test_it_tells_what_a_signature_does_not_cover(
    model: RegisteredModel,
    registry: Registry,
    scientist: User,
    maintainer: User,
    more: dict[str, bytes],
    sentence: str,
) -> None:
    add_trust_anchor(registry, "ml-team", public_pem(KEY), actor=maintainer)
    version = register_files(model, {**FILES, **more}, actor=scientist)
    add_signature(version, signed(FILES, KEY), actor=scientist)
    check = signature_check(version)
    assert (check.holds, check.sentence) == (False, f"No signature of version 1 counts. {sentence}")


def test_of_many_that_do_not_count_a_few_are_named(version: ModelVersion, scientist: User) -> None:
    for _ in range(5):
        add_signature(version, signed(FILES, new_key()), actor=scientist)
    assert signature_check(version).sentence.endswith(" 2 more do not count either.")
