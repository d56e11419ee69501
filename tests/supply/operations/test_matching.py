"""What versions require is compared with the advisories, at once and after every import, and owners hear of it once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from events.models import Event
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.placements import move_alias, move_stage, remove_alias
from scanning.models import Quarantine, Scan, Verdict
from supply.audit.exposures import note_exposures
from supply.models import AdvisoryImport, Dependency, Exposure, Package, Vulnerability
from supply.operations import matching
from supply.operations.advisories import import_advisories
from supply.operations.matching import match_again, match_packages, store_dependencies
from supply.operations.notices import tell_owners
from tests.factories.advisories import bring_in, match_everything, osv, require, write
from tests.factories.registry import register_files

pytestmark = pytest.mark.django_db

CVE = "GHSA-aaaa-0001"


def told(kind: str) -> list[tuple[str, str]]:
    lines = Event.objects.filter(kind=kind).order_by("pk")
    return [(line.subject_name, line.details["advisory"]) for line in lines]


def open_in(name: str) -> list[str]:
    rows = Vulnerability.objects.filter(package__name=name, closed_at=None)
    return sorted(rows.values_list("advisory__identifier", flat=True))


@pytest.fixture
def live(version: ModelVersion, scientist: User) -> ModelVersion:
    """Version 1 under an alias that no policy governs."""
    move_alias(version, "blue", actor=scientist)
    return version


def test_what_a_scan_says_is_kept_once(version: ModelVersion) -> None:
    require(version, "numpy==1.0", "numpy==1.0", "pandas>=2", "conda:python==3.11")
    require(version, "numpy==1.0", "numpy==1.0", "pandas>=2", "conda:python==3.11")
    rows = Dependency.objects.filter(tree=version.tree).order_by("name")
    assert [(row.ecosystem, row.name, row.specifier, str(row.package)) for row in rows] == [
        ("pypi", "numpy", "==1.0", "numpy 1.0"),
        ("pypi", "pandas", ">=2", "pandas "),
        ("conda", "python", "==3.11", "None"),
    ]


def test_a_newer_engine_replaces_what_an_older_one_read_and_not_the_other_way(
    version: ModelVersion, system: User
) -> None:
    older = require(version, "numpy==1.0", "pandas==2.0", engine="1")
    require(version, "numpy==1.0", "scipy==1.1", engine="2")
    assert set(Dependency.objects.values_list("name", flat=True)) == {"numpy", "scipy"}
    store_dependencies(older, actor=system)
    assert set(Dependency.objects.values_list("name", flat=True)) == {"numpy", "scipy"}


def test_a_scan_that_says_nothing_about_it_changes_nothing(version: ModelVersion, system: User) -> None:
    require(version, "numpy==1.0")
    scan = Scan.objects.create(tree_id=version.tree_id or 0, engine="later", verdict=Verdict.FAILED, facts={})
    store_dependencies(scan, actor=system)
    assert Dependency.objects.count() == 1


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        {},
        {"path": "a", "ecosystem": "pypi", "name": "", "specifier": "", "version": ""},
        {"path": "a", "ecosystem": "pypi", "name": "x", "specifier": "", "version": 1},
        {"path": "a" * 2000, "ecosystem": "pypi", "name": "x", "specifier": "", "version": ""},
        {"path": "a", "ecosystem": "pypi", "name": "x", "specifier": "s" * 600, "version": ""},
    ],
)
def test_what_has_another_form_than_it_should_is_left_out(version: ModelVersion, system: User, entry: Any) -> None:
    good = {"path": "a", "ecosystem": "pypi", "name": "numpy", "specifier": "==1", "version": "1"}
    facts = {"dependencies": [entry, good]}
    scan = Scan.objects.create(tree_id=version.tree_id or 0, engine="e", verdict=Verdict.CLEAN, facts=facts)
    store_dependencies(scan, actor=system)
    assert Dependency.objects.get().name == "numpy"


def test_a_new_version_is_compared_when_its_scan_is_stored(version: ModelVersion, tmp_path: Path) -> None:
    current = bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5"))
    require(version, "numpy==1.0", "numpy==1.5", path="a.txt")
    assert open_in("numpy") == [CVE]
    assert set(Package.objects.values_list("matched_with", flat=True)) == {current.pk}
    assert told("vulnerability.found") == []  # nobody uses it yet


def test_an_import_finds_closes_and_tells_once(
    live: ModelVersion, tmp_path: Path, settings: Settings, scientist: User, system: User
) -> None:
    settings.MAIL_IS_SENT = True
    require(live, "numpy==1.0", "numpy-again==1.0")
    both = osv(CVE, "numpy", fixed="1.5")
    both["affected"] += osv(CVE, "numpy-again", fixed="1.5")["affected"]
    for _ in range(2):
        bring_in(tmp_path, both, osv("GHSA-x", "other", fixed="2"))
        tell_owners(actor=system)
    assert told("vulnerability.found") == [("iris version 1", CVE)]
    assert [message.to for message in mail.outbox] == [[scientist.email]]
    assert f"main / iris version 1: {CVE} (unknown) in numpy 1.0" in mail.outbox[0].body
    for _ in range(2):
        bring_in(tmp_path, osv(CVE, "numpy-again", fixed="1.5"), osv("GHSA-x", "other", fixed="2"))
    assert open_in("numpy") == [] and told("vulnerability.closed") == []
    for _ in range(2):
        bring_in(tmp_path, osv("GHSA-x", "other", fixed="2"))
        tell_owners(actor=system)
    assert told("vulnerability.closed") == [("iris version 1", CVE)]
    assert len(mail.outbox) == 2 and "are gone" in mail.outbox[1].subject
    bring_in(tmp_path, both)
    assert told("vulnerability.found") == [("iris version 1", CVE)] * 2


def test_a_withdrawn_advisory_closes_what_it_had_found(live: ModelVersion, tmp_path: Path) -> None:
    require(live, "numpy==1.0")
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5"))
    later = timezone.now().replace(microsecond=0)
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5", withdrawn=later.isoformat(), modified=later))
    assert open_in("numpy") == [] and told("vulnerability.closed") == [("iris version 1", CVE)]


def test_only_live_versions_are_told_of(
    version: ModelVersion, stage: Callable[[str], Stage], scientist: User, tmp_path: Path, model: RegisteredModel
) -> None:
    second = register_files(model, {"weights.txt": b"4"}, actor=scientist)
    third = register_files(model, {"weights.txt": b"5"}, actor=scientist)
    for one in (version, second, third):
        require(one, "numpy==1.0")
    move_alias(version, "blue", actor=scientist)
    remove_alias(version.model, "blue", actor=scientist)
    Scan.objects.update(verdict=Verdict.CLEAN)
    move_stage(second, stage("Staging"), actor=scientist)
    move_stage(third, stage("Archived"), actor=scientist)
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5"))
    assert told("vulnerability.found") == [("iris version 2", CVE)]


def test_who_may_not_see_the_version_any_more_gets_no_mail(
    live: ModelVersion, tmp_path: Path, settings: Settings, scientist: User, system: User
) -> None:
    settings.MAIL_IS_SENT = True
    User.objects.filter(pk=scientist.pk).update(is_active=False)
    require(live, "numpy==1.0")
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5"))
    assert tell_owners(actor=system) == 1 and mail.outbox == []


def test_a_mail_that_was_refused_is_sent_again(
    live: ModelVersion, tmp_path: Path, settings: Settings, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_IS_SENT = True
    require(live, "numpy==1.0")
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5"))
    monkeypatch.setattr("accounts.mail.send_mail", _refuse)
    assert tell_owners(actor=system) == 0
    monkeypatch.undo()
    settings.MAIL_IS_SENT = True
    assert tell_owners(actor=system) == 1 and len(mail.outbox) == 1
    assert tell_owners(actor=system) == 0 and len(mail.outbox) == 1


def _refuse(*_: object) -> None:
    raise OSError


def test_a_malicious_package_locks_every_version_away_until_the_record_goes(
    version: ModelVersion, model: RegisteredModel, scientist: User, tmp_path: Path
) -> None:
    second = register_files(model, {"weights.txt": b"4"}, actor=scientist)
    third = register_files(model, {"weights.txt": b"5"}, actor=scientist)
    bring_in(tmp_path, osv("MAL-2024-1", "evil", versions=["1.0"]), osv(CVE, "numpy", fixed="1"))
    require(version, "evil==1.0", "numpy==0.5")
    require(second, "evil>=1")  # whichever release that will be
    require(third, "numpy==0.5", "evil-not==1.0")
    locked = Quarantine.objects.filter(lifted_at=None).order_by("pk")
    assert [(row.tree_id, row.cause) for row in locked] == [
        (version.tree_id, "malicious:MAL-2024-1"),
        (second.tree_id, "malicious:MAL-2024-1"),
    ]
    assert "evil" in locked[0].reason
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1"))
    assert not Quarantine.objects.filter(lifted_at=None).exists()
    bring_in(tmp_path, osv("MAL-2024-1", "evil", versions=["1.0"]), osv(CVE, "numpy", fixed="1"))
    assert Quarantine.objects.filter(lifted_at=None).count() == 2
    require(version, "numpy==0.5", engine="newer")
    assert Quarantine.objects.get(lifted_at=None).tree_id == second.tree_id
    kinds = Event.objects.filter(kind__startswith="tree.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [
        *["tree.quarantined"] * 2,
        *["tree.quarantine_lifted"] * 2,
        *["tree.quarantined"] * 2,
        "tree.quarantine_lifted",
    ]


def test_an_unpinned_package_is_only_met_by_what_is_about_every_release(version: ModelVersion, tmp_path: Path) -> None:
    require(version, "numpy>=1")
    bring_in(tmp_path, osv(CVE, "numpy", fixed="9"), osv("GHSA-all", "numpy", events=[{"introduced": "0"}]))
    assert open_in("numpy") == ["GHSA-all"]


class Killed(BaseException):
    """The worker is gone."""


def test_a_sweep_that_is_killed_goes_on_and_tells_nothing_twice(
    live: ModelVersion, tmp_path: Path, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "AT_ONCE", 2)
    names = [f"part-{number}" for number in range(10)]
    require(live, *(f"{name}==1.0" for name in names))
    records = [osv(f"GHSA-{name}", name, fixed="2") for name in names]
    real, steps = note_exposures, iter(range(100))

    def dying(*args: Any, **more: Any) -> None:
        """Dies before it has noted anything, or after, but before what it noted is stored."""
        step = next(steps)
        if step % 4 == 1:
            raise Killed
        real(*args, **more)
        if step % 4 == 3:
            raise Killed

    import_advisories(write(tmp_path / "all.zip", *records), actor=system)
    kills = 0
    monkeypatch.setattr(matching, "note_exposures", dying)
    while True:
        try:
            match_everything()
        except Killed:
            kills += 1
            continue
        break
    assert kills >= 2
    assert sorted(told("vulnerability.found")) == [("iris version 1", f"GHSA-{name}") for name in names]
    assert Exposure.objects.count() == Vulnerability.objects.count() == 10
    current = AdvisoryImport.objects.get(is_current=True)
    assert current.matched_at is not None
    assert not Package.objects.exclude(matched_with=current).exists()


def test_packages_can_be_matched_again(version: ModelVersion, tmp_path: Path, system: User) -> None:
    require(version, "numpy==1.0")
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5"))
    Vulnerability.objects.all().delete()
    assert match_packages(actor=system) == 0
    assert match_again(Package.objects.all(), actor=system) == 1
    match_everything()
    assert open_in("numpy") == [CVE]


def test_nothing_is_matched_before_the_first_import(version: ModelVersion, system: User) -> None:
    require(version, "numpy==1.0")
    assert match_packages(actor=system) == 0
    assert Package.objects.get().matched_with is None


def test_an_exposure_of_long_ago_is_closed_with_its_packages(live: ModelVersion, tmp_path: Path) -> None:
    bring_in(tmp_path, osv(CVE, "numpy", fixed="1.5", modified=timezone.now() - timedelta(days=3)))
    require(live, "numpy==1.0", engine="1")
    require(live, "numpy==2.0", engine="2")
    assert told("vulnerability.found") == told("vulnerability.closed") == [("iris version 1", CVE)]
