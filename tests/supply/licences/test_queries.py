"""Which licence a version is under, and who says so."""

from collections.abc import Mapping

import pytest

from accounts.models import User
from registry.models import ModelVersion
from registry.operations.models import set_model_tag
from registry.operations.versions import set_version_tag
from scanning.models import Verdict
from supply.licences.queries import licence_of, stated_licences
from tests.supply.bills.building import know

README = {"license": "apache-2.0", "license_from": "README.md"}


def test_nothing_is_known_at_first(version: ModelVersion) -> None:
    assert licence_of(version) is None


def test_the_files_count_before_tags_and_the_version_before_its_model(version: ModelVersion, scientist: User) -> None:
    set_model_tag(version.model, "license", "gpl-3.0", actor=scientist)
    assert licence_of(version) == ("GPL-3.0-only", "the tag license of the model")
    set_version_tag(version, "licence", "MIT", actor=scientist)
    assert licence_of(version) == ("MIT", "the tag licence of the version")
    know(version, README)
    assert licence_of(version) == ("Apache-2.0", "README.md")
    assert [(said.text, said.expression) for said in stated_licences(version)] == [
        ("apache-2.0", "Apache-2.0"),
        ("MIT", "MIT"),
        ("gpl-3.0", "GPL-3.0-only"),
    ]


@pytest.mark.parametrize("facts", [{"license": "other"}, {"license": "see below, please"}, {"license": ""}])
def test_what_cannot_be_read_lets_the_next_one_speak(
    version: ModelVersion, scientist: User, facts: Mapping[str, object]
) -> None:
    know(version, facts)
    assert licence_of(version) is None
    set_version_tag(version, "license", "MIT", actor=scientist)
    assert licence_of(version) == ("MIT", "the tag license of the version")


def test_a_licence_file_is_known_by_its_first_lines(version: ModelVersion) -> None:
    know(version, {"license_file": "MIT", "license_file_from": "LICENSE"})
    assert licence_of(version) == ("MIT", "LICENSE")


@pytest.mark.parametrize("verdict", [Verdict.QUEUED, Verdict.SCANNING, Verdict.FAILED])
def test_a_scan_that_read_nothing_says_nothing(version: ModelVersion, verdict: Verdict) -> None:
    know(version, README, verdict)
    assert licence_of(version) is None
