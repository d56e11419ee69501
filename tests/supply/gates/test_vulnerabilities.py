"""What is known about a version's packages, and the check that policies ask."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import Origin, create_version
from scanning.models import Scan
from supply.audit.vulnerabilities import AuditState, vulnerabilities_of
from supply.gates.vulnerabilities import vulnerability_check
from supply.models import Package, Severity
from supply.operations.vulnerability_waivers import waive_vulnerability
from tests.factories.advisories import NOW, bring_in, osv, require

pytestmark = pytest.mark.django_db

HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"  # 7.5
LOW = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L"  # 1.6


def check(version: ModelVersion, worst: Severity = Severity.LOW) -> tuple[bool, str]:
    found = vulnerability_check(version, worst)
    assert found.name == "vulnerabilities"
    return found.holds, found.sentence


def test_a_version_that_no_scan_has_read_is_not_audited(version: ModelVersion, tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1"))
    assert vulnerabilities_of(version).state is AuditState.NOT_AUDITED
    assert check(version) == (
        False,
        "It is not known whether the required packages are vulnerable. No scan has read yet what the files require.",
    )
    Scan.objects.update(facts={"dependencies": []})  # but is not finished
    assert vulnerabilities_of(version).state is AuditState.NOT_AUDITED


def test_without_advisories_nothing_is_audited(version: ModelVersion) -> None:
    require(version, "numpy==1.0")
    holds, sentence = check(version)
    assert not holds and "no advisories in this installation" in sentence


def test_files_that_are_kept_elsewhere_are_not_audited(model: RegisteredModel, scientist: User, tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1"))
    version = create_version(model, Origin(source="s3://elsewhere/model"), actor=scientist)
    assert vulnerabilities_of(version).state is AuditState.NOT_AUDITED and not check(version)[0]


def test_a_version_that_requires_nothing_is_audited(version: ModelVersion, tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1"))
    require(version)
    holds, sentence = check(version)
    assert holds and sentence.startswith("No open vulnerability of any severity in 0 packages, by the advisories of ")


def test_old_advisories_do_not_open_the_gate(version: ModelVersion, tmp_path: Path, settings: Settings) -> None:
    require(version, "numpy==1.0")
    bring_in(tmp_path, osv("GHSA-1", "other", fixed="1", modified=NOW - timedelta(days=15)))
    assert vulnerabilities_of(version).state is AuditState.STALE
    assert "15 days old, more than the 14 that count" in check(version)[1] and not check(version)[0]
    settings.ADVISORIES_STALE_DAYS = 30
    assert check(version)[0]


def test_what_waits_to_be_compared_does_not_open_the_gate(version: ModelVersion, tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1", "other", fixed="1"))
    require(version, "numpy==1.0")
    assert check(version)[0]
    Package.objects.update(matched_with=None)
    holds, sentence = check(version)
    assert not holds and "at this moment" in sentence


@pytest.mark.parametrize(
    ("record", "held_by"),
    [
        (osv("GHSA-1", fixed="2", vector=LOW), {"unknown", "low"}),
        (osv("GHSA-1", fixed="2"), {"unknown", "low", "medium"}),
        (osv("GHSA-1", fixed="2", word="MODERATE"), {"unknown", "low", "medium"}),
        (osv("GHSA-1", fixed="2", vector=HIGH), {"unknown", "low", "medium", "high"}),
        (osv("GHSA-1", fixed="2", word="CRITICAL"), {"unknown", "low", "medium", "high", "critical"}),
        (osv("MAL-1", versions=["1.0"]), {"unknown", "low", "medium", "high", "critical", "malicious"}),
    ],
)
def test_a_vulnerability_holds_back_from_its_weight_down(
    version: ModelVersion, tmp_path: Path, record: dict[str, Any], held_by: set[str]
) -> None:
    """Unknown as the limit is a medium one, as an unknown rating is."""
    require(version, "numpy==1.0")
    bring_in(tmp_path, record)
    held = {severity.value for severity in Severity if not check(version, severity)[0]}
    assert held | {"unknown"} == held_by | {"unknown"}
    assert (("unknown") in held) == ("medium" in held)


def test_the_sentence_names_the_worst_and_counts_the_rest(version: ModelVersion, tmp_path: Path) -> None:
    require(version, "numpy==1.0", "pandas>=2", "conda:python==3.11", "scipy==1.0")
    bring_in(
        tmp_path,
        *(osv(f"GHSA-{number}", fixed="2", vector=LOW) for number in range(4)),
        osv("GHSA-bad", "scipy", fixed="1.1", vector=HIGH, aliases=["CVE-7"]),
    )
    sentence = "5 vulnerabilities are of any severity and not waived: "
    sentence += "GHSA-bad in scipy 1.0, GHSA-0 in numpy 1.0, GHSA-1 in numpy 1.0 and 2 more."
    assert check(version) == (False, sentence)
    assert check(version, Severity.HIGH)[1] == "1 vulnerability is high or worse and not waived: GHSA-bad in scipy 1.0."
    holds, sentence = check(version, Severity.CRITICAL)
    assert holds and sentence.startswith("No open vulnerability critical or worse in 2 packages, by the advisories of")
    assert sentence.endswith("; 2 could not be compared.")
    audit = vulnerabilities_of(version)
    assert (audit.covered, audit.uncovered) == (2, 2)
    worst = audit.vulnerabilities[0]
    assert (worst.identifier, worst.aliases, worst.fixed_in, worst.score) == ("GHSA-bad", ("CVE-7",), ("1.1",), 7.5)


def test_an_issue_with_two_advisories_is_one_and_is_waived_as_one(
    version: ModelVersion, tmp_path: Path, reviewer: User
) -> None:
    require(version, "numpy==1.0", "numpy==1.0", path="a/requirements.txt")
    require(version, "numpy==1.0", "scipy==1.0")
    bring_in(
        tmp_path,
        osv("PYSEC-1", fixed="1.5", aliases=["CVE-1"]),
        osv("GHSA-1", fixed="1.5", aliases=["CVE-1"], vector=HIGH),
        osv("GHSA-2", fixed="1.7", aliases=["CVE-2"], vector=HIGH),
    )
    found = vulnerabilities_of(version).vulnerabilities
    assert [one.identifier for one in found] == ["GHSA-1", "GHSA-2"]
    assert set(found[0].aliases) == {"CVE-1", "PYSEC-1"} and len(found[0].keys) == 2
    soon = timezone.now() + timedelta(days=30)
    waive_vulnerability(version, [found[0].keys[0]], reason="Not reached.", ends_at=soon, actor=reviewer)
    after = vulnerabilities_of(version)
    assert [(one.identifier, one.is_waived) for one in after.vulnerabilities] == [("GHSA-2", False), ("GHSA-1", True)]
    # Another advisory about what is waived changes nothing.
    bring_in(
        tmp_path,
        osv("NEW-1", fixed="1.5", aliases=["GHSA-1"]),
        osv("GHSA-1", fixed="1.5", vector=HIGH),
        osv("GHSA-2", fixed="1.7", vector=HIGH),
    )
    assert [one.identifier for one in vulnerabilities_of(version).unwaived] == ["GHSA-2"]
    assert "1 vulnerability is" in check(version)[1]
