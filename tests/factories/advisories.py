"""Advisories as files of OSV records, and what versions require."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.queries import system_user
from registry.models import ModelVersion
from scanning.models import Scan, Verdict
from supply.models import Advisory, AdvisoryImport, AffectedPackage, Severity
from supply.operations.advisories import import_advisories
from supply.operations.matching import match_packages, store_dependencies

NOW = datetime.now(UTC).replace(microsecond=0)


def osv(
    identifier: str,
    package: str = "numpy",
    *,
    versions: Sequence[str] = (),
    fixed: str = "",
    events: Sequence[Mapping[str, str]] = (),
    vector: str = "",
    word: str = "",
    modified: datetime | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A record about a package: these versions, or all before the fixed one, or as the events say."""
    steps = list(events) or ([{"introduced": "0"}, {"fixed": fixed}] if fixed else [])
    affected: dict[str, Any] = {"package": {"ecosystem": "PyPI", "name": package}, "versions": list(versions)}
    if steps:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": steps}]
    return {
        "schema_version": "1.6.0",
        "id": identifier,
        "modified": (modified or NOW - timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "summary": f"Something about {package}",
        "severity": [{"type": "CVSS_V3", "score": vector}] if vector else [],
        "database_specific": {"severity": word} if word else {},
        "affected": [affected],
        **more,
    }


def write(path: Path, *records: Mapping[str, Any] | bytes) -> Path:
    """A zip file of these records."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, record in enumerate(records):
            if isinstance(record, bytes):
                archive.writestr(f"raw-{number}.json", record)
            else:
                archive.writestr(f"{record['id']}.json", json.dumps(record))
    return path


def bring_in(folder: Path, *records: Mapping[str, Any], **options: Any) -> AdvisoryImport:
    """Import these records and have everything matched with them."""
    made = import_advisories(write(folder / "all.zip", *records), actor=system_user(), **options)
    match_everything()
    return made


def match_everything() -> None:
    """What the background does after an import."""
    while match_packages(actor=system_user()):
        pass


def require(version: ModelVersion, *lines: str, path: str = "requirements.txt", engine: str = "test") -> Scan:
    """Let a scan have said that the version requires these: name==1.0, name>=1.0, or conda:name==1.0."""
    facts = []
    for line in lines:
        ecosystem, _, rest = line.rpartition(":")
        name = rest.partition("==")[0].partition(">=")[0]
        facts.append(
            {
                "path": path,
                "ecosystem": ecosystem or "pypi",
                "name": name,
                "specifier": rest[len(name) :],
                "version": rest.partition("==")[2],
            }
        )
    scan, _ = Scan.objects.update_or_create(
        tree=version.tree, engine=engine, defaults={"verdict": Verdict.CLEAN, "facts": {"dependencies": facts}}
    )
    store_dependencies(scan, actor=system_user())
    return scan


def advise(*packages: str) -> AdvisoryImport:
    """One advisory about release 1.0 of these packages, without a file; for worlds that others walk through."""
    advisory = Advisory.objects.create(identifier="GHSA-1", modified=NOW, severity=Severity.HIGH, summary="A hole")
    AffectedPackage.objects.bulk_create(
        AffectedPackage(advisory=advisory, package=package, ranges=[], versions=["1.0"]) for package in packages
    )
    return AdvisoryImport.objects.create(
        by=system_user(), source="all.zip", digest="0" * 64, newest_modified=NOW, record_count=1
    )
