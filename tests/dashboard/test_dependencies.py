"""The pages about what versions require, about vulnerable versions, and about the advisories."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from registry.models import ModelVersion, RegisteredModel
from registry.operations.models import create_model, restrict_model
from registry.operations.placements import move_alias
from registry.operations.versions import Origin, create_version
from scanning.models import Waiver
from tests.conftest import Member
from tests.factories.advisories import NOW, bring_in, osv, require
from tests.factories.registry import register_files

AsUser = Callable[[User], Client]
PAGE = "/models/main/iris/versions/1/dependencies"
HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"


@pytest.fixture
def vulnerable(version: ModelVersion, tmp_path: Path) -> ModelVersion:
    """Requires numpy 1.0, about which two advisories say the same, something unpinned, malicious, and of conda."""
    require(version, "numpy==1.0", "pandas>=2", "evil==1.0", "conda:python==3.11")
    bring_in(
        tmp_path,
        osv("GHSA-1", fixed="1.5", vector=HIGH, aliases=["CVE-1"], summary="A <b>hole</b>"),
        osv("PYSEC-1", fixed="1.5", aliases=["CVE-1"]),
        osv("MAL-1", "evil", versions=["1.0"]),
    )
    return version


def test_a_version_shows_what_it_requires_and_what_is_wrong_with_it(
    vulnerable: ModelVersion, as_user: AsUser, scientist: User
) -> None:
    page = as_user(scientist).get(PAGE).content.decode()
    for words in ("GHSA-1", "CVE-1", "PYSEC-1", "High", "7.5", "A &lt;b&gt;hole&lt;/b&gt;", "1.5", "MAL-1"):
        assert words in page, words
    for words in ("not pinned", "of conda", "not covered by these advisories", "Malicious package", "Audited"):
        assert words in page, words
    assert "2 packages compared with the advisories, 2 not covered" in page
    assert page.count('href="/advisories/PYSEC-1"') == 0  # one issue, one row
    assert "Accept vulnerabilities" not in page  # who trains does not accept


def test_a_reviewer_accepts_a_vulnerability_and_is_told_what_is_missing(
    vulnerable: ModelVersion, as_user: AsUser, reviewer: User
) -> None:
    browser = as_user(reviewer)
    page = browser.get(PAGE).content.decode()
    assert 'value="GHSA-1 numpy 1.0" form="waive"' in page
    assert 'value="MAL-1 evil 1.0"' not in page
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    said = {"keys": ["GHSA-1 numpy 1.0"], "reason": "Never called.", "ends_on": day}
    for missing, sentence in (
        ({"keys": []}, "Choose at least one vulnerability."),
        ({"reason": " "}, "This field is required."),
        ({"ends_on": ""}, "This field is required."),
        ({"ends_on": "2199-01-01"}, "365 days at most"),
        ({"keys": ["MAL-1 evil 1.0"]}, "not one of the available choices"),
    ):
        answer = browser.post(f"{PAGE}/waive", {**said, **missing})
        assert answer.status_code == 422
        assert sentence in answer.content.decode(), sentence
    assert " checked>" in browser.post(f"{PAGE}/waive", {**said, "reason": ""}).content.decode()
    assert not Waiver.objects.exists()
    page = browser.post(f"{PAGE}/waive", said, follow=True).content.decode()
    assert "1 vulnerability is accepted for now." in page and ">accepted<" in page
    assert "Accept vulnerabilities" not in page


def test_a_refusal_of_the_operation_stands_above_the_form(
    vulnerable: ModelVersion, as_user: AsUser, maintainer: User, model: RegisteredModel
) -> None:
    register_files(model, {"weights.txt": b"1 2 3"}, actor=maintainer)
    said = {"keys": ["GHSA-1 numpy 1.0"], "reason": "x", "ends_on": (timezone.now() + timedelta(days=9)).date()}
    answer = as_user(maintainer).post(f"{PAGE}/waive", said)
    assert answer.status_code == 422 and "someone else must accept" in answer.content.decode()


def test_who_only_reads_accepts_nothing(vulnerable: ModelVersion, as_user: AsUser, member: Member) -> None:
    reader = as_user(member(Role.READER, vulnerable.model.registry))
    assert reader.post(f"{PAGE}/waive", {}).status_code == 403
    assert "Accept vulnerabilities" not in reader.get(PAGE).content.decode()


def test_every_empty_state_has_a_sentence(
    version: ModelVersion, model: RegisteredModel, as_user: AsUser, scientist: User, tmp_path: Path, settings: Settings
) -> None:
    browser = as_user(scientist)
    page = browser.get(PAGE).content.decode()
    assert "Not audited" in page and "No scan has read yet" in page and "Nothing is listed" in page
    require(version)
    assert "There are no advisories in this installation" in browser.get(PAGE).content.decode()
    bring_in(tmp_path, osv("GHSA-1", modified=NOW - timedelta(days=13)))
    page = browser.get(PAGE).content.decode()
    assert "No known vulnerabilities" in page and "By 1 advisory, the newest changed" in page
    settings.ADVISORIES_STALE_DAYS = 7
    page = browser.get(PAGE).content.decode()
    assert "Stale" in page and "13 days old, more than the 7 that count" in page and "No known" not in page
    create_version(model, Origin(source="s3://elsewhere/x"), actor=scientist)
    page = browser.get(PAGE.replace("versions/1", "versions/2")).content.decode()
    assert "kept elsewhere" in page


def test_long_lists_go_on_on_the_next_page(version: ModelVersion, as_user: AsUser, scientist: User) -> None:
    require(version, *(f"part-{number:03}==1.0" for number in range(130)))
    browser = as_user(scientist)
    first = browser.get(PAGE)
    assert first.content.decode().count("requirements.txt") == 100
    token = first.content.decode().partition("?page=")[2].partition('"')[0]
    assert browser.get(f"{PAGE}?page={token}").content.decode().count("requirements.txt") == 30
    assert browser.get(f"{PAGE}?page=nonsense").status_code == 400


def test_the_cost_of_the_pages_is_bounded(
    vulnerable: ModelVersion,
    as_user: AsUser,
    reviewer: User,
    scientist: User,
    tmp_path: Path,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(8):
        other = register_files(vulnerable.model, {"weights.txt": str(number).encode()}, actor=scientist)
        require(other, "numpy==1.0", *(f"part-{place}==1.0" for place in range(number * 5)))
        move_alias(other, f"place-{number}", actor=scientist)
    bring_in(
        tmp_path,
        *(osv(f"GHSA-{number}", fixed="2", vector=HIGH) for number in range(30)),
        *(osv(f"GHSA-part-{place}", f"part-{place}", fixed="2") for place in range(35)),
    )
    browser = as_user(reviewer)
    with django_assert_max_num_queries(24):
        assert browser.get(PAGE).status_code == 200
    with django_assert_max_num_queries(16):
        assert "version 9" in browser.get("/registries/main/vulnerabilities").content.decode()
    with django_assert_max_num_queries(8):
        browser.get("/advisories?q=numpy")


def test_a_registry_lists_its_vulnerable_versions_those_in_use_first(
    vulnerable: ModelVersion, model: RegisteredModel, scientist: User, as_user: AsUser, member: Member, tmp_path: Path
) -> None:
    second = register_files(model, {"weights.txt": b"4"}, actor=scientist)
    require(second, "numpy==1.0")
    move_alias(second, "blue", actor=scientist)
    browser, path = as_user(scientist), "/registries/main/vulnerabilities"

    def listed(**query: str) -> list[int]:
        page = browser.get(path, query).content.decode()
        return [number for number in range(1, 5) if f"versions/{number}/dependencies" in page]

    assert listed() == [2]
    assert listed(show="all") == [1, 2]
    assert listed(show="all", package="EVIL") == [1]
    assert listed(show="all", severity="critical") == [1]
    assert listed(show="all", severity="high") == [1, 2]
    assert listed(package="pandas") == []
    page = browser.get(path, {"package": "pandas"}).content.decode()
    assert "No version fits" in page
    page = browser.get(path).content.decode()
    assert "1 high" in page and "@blue" in page and "numpy" in page
    assert listed(severity="nonsense") == [2]


def test_versions_that_somebody_does_not_see_are_not_listed(
    vulnerable: ModelVersion, as_user: AsUser, member: Member, system: User, stranger: User
) -> None:
    restrict_model(vulnerable.model, True, actor=system)
    reader = as_user(member(Role.READER, vulnerable.model.registry))
    page = reader.get("/registries/main/vulnerabilities?show=all").content.decode()
    assert "iris" not in page and "Nothing is known to be vulnerable" in page
    assert as_user(stranger).get("/registries/main/vulnerabilities").status_code == 404
    assert as_user(stranger).get(PAGE).status_code == 404


def test_a_registry_lists_only_its_own(
    vulnerable: ModelVersion, as_user: AsUser, administrator: User, system: User
) -> None:
    other: Registry = create_registry("other", actor=system)
    create_model(other, "iris", actor=system)
    page = as_user(administrator).get("/registries/other/vulnerabilities?show=all").content.decode()
    assert "Nothing is known to be vulnerable" in page


def test_the_advisories_tell_their_age_and_are_found(
    vulnerable: ModelVersion, as_user: AsUser, stranger: User, settings: Settings
) -> None:
    browser = as_user(stranger)

    def found(query: str) -> set[str]:
        page = browser.get("/advisories", {"q": query}).content.decode()
        return {name for name in ("GHSA-1", "PYSEC-1", "MAL-1") if f'href="/advisories/{name}"' in page}

    assert found("") == {"GHSA-1", "PYSEC-1", "MAL-1"}
    assert found("NumPy") == {"GHSA-1", "PYSEC-1"}
    assert found("mal-") == {"MAL-1"}
    assert found("CVE-1") == {"GHSA-1", "PYSEC-1"}
    assert found("nothing") == set()
    assert found("%") == found('"') == set()
    page = browser.get("/advisories").content.decode()
    assert "all.zip" in page and "3 records" in page and "By 3 advisories" in page
    settings.ADVISORIES_STALE_DAYS = 1
    vulnerable_since = browser.get("/advisories").content.decode()
    assert "out of date" in vulnerable_since


def test_an_advisory_has_a_page_that_runs_nothing(
    registry: Registry, as_user: AsUser, stranger: User, tmp_path: Path
) -> None:
    record = osv(
        "GHSA-1",
        versions=["1.0", "1.1"],
        fixed="1.5",
        vector=HIGH,
        aliases=["CVE-1"],
        details="# Impact\n<script>alert(1)</script> [x](javascript:alert(1)) {{ 7 }}",
        references=[{"url": "https://example.org/<x>"}, {"url": "javascript:alert(1)"}, 7, {"url": None}],
    )
    bring_in(tmp_path, record)
    page = as_user(stranger).get("/advisories/GHSA-1").content.decode()
    assert "before 1.5" in page and "CVE-1" in page and "7.5" in page and "{{ 7 }}" in page
    assert "https://example.org/&lt;x&gt;" in page
    assert "<script>alert" not in page and 'href="javascript' not in page and 'href="https://example' not in page
    assert as_user(stranger).get("/advisories/GHSA-2").status_code == 404


def test_without_advisories_the_pages_say_how_to_get_some(
    version: ModelVersion, as_user: AsUser, scientist: User
) -> None:
    for path in ("/advisories", "/registries/main/vulnerabilities"):
        page = as_user(scientist).get(path).content.decode()
        assert "manage.py advisories import" in page
