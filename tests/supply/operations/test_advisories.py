"""A file of advisories comes in whole or not at all, and what is there is never made worse by mistake."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from events.models import Event
from lib.errors import Conflict, Invalid
from supply.audit import record_files
from supply.models import Advisory, AdvisoryImport, AffectedPackage, Severity, Vulnerability
from supply.operations.advisories import import_advisories
from tests.factories.advisories import NOW, bring_in, osv, require, write

pytestmark = pytest.mark.django_db

WORST = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
MILD = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:L"
FOUR = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def state() -> list[Any]:
    """Everything that an import may change."""
    return [
        sorted(Advisory.objects.values_list("identifier", "modified", "withdrawn", "severity", "gone_at")),
        sorted(AffectedPackage.objects.values_list("package", "advisory__identifier")),
        list(AdvisoryImport.objects.order_by("pk").values_list("digest", "is_current")),
        Event.objects.count(),
    ]


def test_a_file_is_imported_with_its_digest_and_date(tmp_path: Path, system: User) -> None:
    path = write(tmp_path / "all.zip", osv("GHSA-1", "NumPy", fixed="1.5", vector=WORST), osv("GHSA-2", "x"))
    made = import_advisories(path, sha256=hashlib.sha256(path.read_bytes()).hexdigest().upper(), actor=system)
    assert (made.record_count, made.source, made.is_current) == (2, "all.zip", True)
    assert made.newest_modified == NOW - timedelta(days=1)
    row = Advisory.objects.get(identifier="GHSA-1")
    assert (row.severity, row.score, row.summary) == ("critical", 9.8, "Something about NumPy")
    assert row.affected.get().package == "numpy"
    line = Event.objects.get(kind="advisories.imported")
    assert line.details["digest"] == made.digest and line.details["records"] == 2


@pytest.mark.parametrize(
    ("record", "severity", "score"),
    [
        (osv("GHSA-1", vector=WORST), "critical", 9.8),
        (osv("GHSA-1", vector=MILD), "low", 1.6),
        (osv("GHSA-1", vector=MILD, word="HIGH"), "high", 1.6),
        (osv("GHSA-1", word="MODERATE"), "medium", None),
        (osv("GHSA-1", vector=FOUR), "unknown", None),
        (osv("GHSA-1", vector=FOUR, word="CRITICAL"), "critical", None),
        (osv("GHSA-1", severity=[{"type": "Ubuntu", "score": "medium"}]), "medium", None),
        (osv("GHSA-1", severity="high"), "unknown", None),
        (osv("MAL-2024-1", vector=MILD), "malicious", 1.6),
        (osv("GHSA-1"), "unknown", None),
    ],
)
def test_how_bad_it_is_is_read_from_vector_and_words(
    tmp_path: Path, record: dict[str, Any], severity: str, score: float | None
) -> None:
    bring_in(tmp_path, record)
    row = Advisory.objects.get()
    assert (row.severity, row.score) == (severity, score)


def test_a_record_without_a_rating_takes_that_of_the_same_issue_under_another_name(tmp_path: Path) -> None:
    same = osv("GHSA-1", vector=WORST, aliases=["CVE-1", "PYSEC-1"])
    bring_in(tmp_path, osv("PYSEC-1", aliases=["CVE-1"]), same, osv("PYSEC-2"))
    severities = dict(Advisory.objects.values_list("identifier", "severity"))
    assert severities == {"PYSEC-1": "critical", "GHSA-1": "critical", "PYSEC-2": "unknown"}
    bring_in(tmp_path, osv("PYSEC-1", aliases=["CVE-1"]), {**same, "severity": []}, osv("PYSEC-2"))
    assert Advisory.objects.get(identifier="PYSEC-1").severity == Severity.UNKNOWN


GOOD = osv("GHSA-9", "good", fixed="1")


@pytest.mark.parametrize(
    "record",
    [
        b"{",
        b"[]",
        b"\xff",
        b"null",
        b"[" * 100_000,
        {**GOOD, "schema_version": "2.0.0"},
        {**GOOD, "id": "../x"},
        {**GOOD, "id": "x" * 65},
        {**GOOD, "id": 7},
        {**GOOD, "modified": "yesterday"},
        {**GOOD, "modified": "2024-01-01T00:00:00"},
        {**GOOD, "modified": None},
        {**GOOD, "modified": (NOW + timedelta(days=9)).isoformat()},
        {**GOOD, "withdrawn": "soon"},
        {**GOOD, "aliases": "CVE-1"},
        {**GOOD, "aliases": [1]},
        {**GOOD, "affected": {}},
        {**GOOD, "affected": [7]},
        {**GOOD, "affected": [{"package": "numpy"}]},
        {**GOOD, "affected": [{"package": {"ecosystem": "PyPI", "name": "a b"}}]},
        {**GOOD, "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "versions": "1.0"}]},
        {**GOOD, "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "versions": ["1" * 200]}]},
        {**GOOD, "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM"}]}]},
        {
            **GOOD,
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": "x"},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"broken": "1"}]}],
                }
            ],
        },
        json.dumps(osv("GHSA-0", "first", fixed="1")).encode(),
    ],
)
def test_one_bad_record_refuses_the_whole_file(tmp_path: Path, system: User, record: Any) -> None:
    """The last one is good, but there twice."""
    bring_in(tmp_path, osv("GHSA-old", "x", fixed="1", modified=NOW - timedelta(days=9)))
    before = state()
    path = write(tmp_path / "bad.zip", osv("GHSA-0", "first", fixed="1"), GOOD | {"id": "GHSA-8"}, record)
    with pytest.raises(Invalid) as refusal:
        import_advisories(path, actor=system)
    assert refusal.value.field == "file" and "Nothing was changed" in refusal.value.message
    assert state() == before


def _zip(**members: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return whole.getvalue()


RECORD = json.dumps(GOOD).encode()
WHOLE = _zip(GHSA__json=RECORD, GHSB__json=RECORD.replace(b"GHSA-9", b"GHSA-8"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x05\x06",
        b"not a zip",
        WHOLE[:-30],
        WHOLE[:40] + b"\0" * 20 + WHOLE[60:],
        _zip(),
        _zip(x__exe=b"MZ"),
        _zip(npm__json=RECORD.replace(b"PyPI", b"npm")),
        WHOLE.replace(b"GHSB.json", b"GHSB.exe\0"),
    ],
)
def test_what_is_no_file_of_records_is_refused(tmp_path: Path, system: User, content: bytes) -> None:
    path = tmp_path / "bad.zip"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        import_advisories(path, actor=system)
    assert refusal.value.field == "file"
    assert state() == [[], [], [], Event.objects.count()]


def test_a_file_that_is_not_there_or_has_another_digest_is_refused(tmp_path: Path, system: User) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        import_advisories(tmp_path / "no.zip", actor=system)
    with pytest.raises(Invalid) as refusal:
        import_advisories(write(tmp_path / "a.zip", GOOD), sha256="0" * 64, actor=system)
    assert refusal.value.field == "sha256" and not AdvisoryImport.objects.exists()


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("MOST_RECORDS", 1),
        ("LARGEST_RECORD", 100),
        ("LARGEST_WHOLE", 600),
        ("LARGEST_FILE", 100),
        ("LARGEST_DIRECTORY", 50),
    ],
)
def test_a_bomb_is_refused(
    tmp_path: Path, system: User, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    path = write(tmp_path / "a.zip", GOOD, GOOD | {"id": "GHSA-8"})
    monkeypatch.setattr(record_files, limit, value)
    with pytest.raises(Invalid, match="Nothing was changed"):
        import_advisories(path, actor=system)


def test_a_record_that_inflates_without_end_is_not_inflated(tmp_path: Path, system: User) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("GHSA.json", "w") as member:
        for _ in range(64):
            member.write(b" " * (1 << 20))
    with pytest.raises(Invalid, match="larger than 16 MiB"):
        import_advisories(path, actor=system)


def test_an_older_file_is_refused_unless_allowed(tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1", fixed="1"))
    before = state()
    older = osv("GHSA-2", fixed="1", modified=NOW - timedelta(days=5))
    with pytest.raises(Conflict, match="older"):
        bring_in(tmp_path, older)
    assert state() == before
    assert bring_in(tmp_path, older, allow_older=True).newest_modified == NOW - timedelta(days=5)


def test_a_file_with_fewer_than_half_of_the_records_is_refused_unless_allowed(tmp_path: Path) -> None:
    bring_in(tmp_path, *(osv(f"GHSA-{number}", fixed="1") for number in range(5)))
    before = state()
    with pytest.raises(Conflict, match="fewer than half"):
        bring_in(tmp_path, osv("GHSA-1", fixed="1"), osv("GHSA-2", fixed="1"))
    assert state() == before
    bring_in(tmp_path, *(osv(f"GHSA-{number}", fixed="1") for number in range(3)))
    bring_in(tmp_path, osv("GHSA-1", fixed="1"), allow_fewer=True)
    assert set(Advisory.objects.values_list("identifier", flat=True)) == {"GHSA-1"}


def test_what_a_later_file_leaves_out_is_gone_but_for_what_it_had_found(tmp_path: Path, version: Any) -> None:
    require(version, "numpy==1.0")
    bring_in(tmp_path, osv("GHSA-1", fixed="2"), osv("GHSA-2", "other", fixed="2"))
    bring_in(tmp_path, osv("GHSA-3", fixed="0.1"))
    assert set(Advisory.objects.values_list("identifier", flat=True)) == {"GHSA-1", "GHSA-3"}
    gone = Advisory.objects.get(identifier="GHSA-1")
    assert gone.gone_at is not None and not gone.affected.exists()
    assert Vulnerability.objects.get().closed_at is not None
    bring_in(tmp_path, osv("GHSA-1", fixed="2"))
    assert Vulnerability.objects.filter(closed_at=None).count() == 1
    gone.refresh_from_db()
    assert gone.gone_at is None


def test_only_what_differs_is_written(tmp_path: Path, system: User, django_assert_max_num_queries: Any) -> None:
    records = [osv(f"GHSA-{number}", f"p{number}", fixed="1") for number in range(1_200)]
    bring_in(tmp_path, *records)
    rows = set(AffectedPackage.objects.values_list("pk", flat=True))
    path = write(tmp_path / "next.zip", *records[:-1], osv("GHSA-1199", "p1199", fixed="2"))
    with django_assert_max_num_queries(20):
        import_advisories(path, actor=system)
    assert len(rows - set(AffectedPackage.objects.values_list("pk", flat=True))) == 1


def test_a_nul_in_a_record_is_no_reason_to_stay_without_news(tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1", details="a\0b", fixed="1", summary=""))
    assert Advisory.objects.get().summary == "a\N{REPLACEMENT CHARACTER}b"


# ---- the command


def run(*words: str) -> str:
    said = io.StringIO()
    call_command("advisories", *words, stdout=said)
    return said.getvalue()


def test_what_is_exported_can_be_imported_and_comes_out_the_same(tmp_path: Path, system: User) -> None:
    bring_in(tmp_path, osv("GHSA-1", fixed="1", vector=WORST, details="ünï"), osv("MAL-1", "evil", versions=["1"]))
    assert "2 advisories" in run("export", str(tmp_path / "first.zip"))
    run("export", str(tmp_path / "second.zip"))
    first = (tmp_path / "first.zip").read_bytes()
    assert first == (tmp_path / "second.zip").read_bytes()
    before = state()[:2]
    Advisory.objects.all().delete()
    AdvisoryImport.objects.all().delete()
    said = run("import", str(tmp_path / "first.zip"), "--sha256", hashlib.sha256(first).hexdigest())
    assert said.startswith("2 advisories of ")
    assert state()[:2] == before


def test_the_status_fails_without_advisories_and_with_old_ones(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CommandError, match="no advisories"):
        run("status")
    with pytest.raises(CommandError, match="no advisories"):
        run("export", str(tmp_path / "x.zip"))
    bring_in(tmp_path, osv("GHSA-1", fixed="1", modified=NOW - timedelta(days=13)))
    assert "13 days old" in run("status")
    assert "13 days old" in run("status", "--days", "13")
    with pytest.raises(CommandError, match="13 days old, more than 12"):
        run("status", "--days", "12")
    settings.ADVISORIES_STALE_DAYS = 7
    with pytest.raises(CommandError, match="more than 7"):
        run("status")


def test_a_refusal_is_told_on_the_command_line(tmp_path: Path) -> None:
    bring_in(tmp_path, osv("GHSA-1", fixed="1"))
    old = write(tmp_path / "old.zip", osv("GHSA-1", fixed="1", modified=NOW - timedelta(days=5)))
    with pytest.raises(CommandError, match="older"):
        run("import", str(old))
    assert "advisories of" in run("import", str(old), "--allow-older", "--allow-fewer")
    with pytest.raises(CommandError, match="ADVISORIES_URL is not set"):
        run("refresh")
    with pytest.raises(CommandError, match="cannot be written"):
        run("export", str(tmp_path / "nowhere" / "x.zip"))


def test_an_import_is_current_from_one_moment_to_the_next(tmp_path: Path) -> None:
    first = bring_in(tmp_path, osv("GHSA-1", fixed="1"))
    second = bring_in(tmp_path, osv("GHSA-1", fixed="1"))
    first.refresh_from_db()
    assert [first.is_current, second.is_current] == [False, True]
    assert second.at <= timezone.now()
