"""What is known about the packages that a version requires. Who may see the version was asked before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from registry.models import ModelVersion
from scanning.models import OPEN_VERDICTS, Scan
from scanning.queries import waived_keys
from supply.audit.matcher import fixed_in
from supply.audit.osv import WEIGHTS
from supply.models import AdvisoryImport, AffectedPackage, Dependency, Package, Severity, Vulnerability


class AuditState(StrEnum):
    """How much the absence of vulnerabilities says."""

    NOT_AUDITED = "not-audited"
    STALE = "stale"
    AUDITED = "audited"


@dataclass(frozen=True)
class OpenVulnerability:
    """One issue in one package, whatever names the advisories about it have."""

    identifier: str
    aliases: tuple[str, ...]
    package: str
    version: str
    severity: Severity
    score: float | None
    summary: str
    fixed_in: tuple[str, ...]
    opened_at: datetime
    keys: tuple[str, ...]
    is_waived: bool

    @property
    def can_be_waived(self) -> bool:
        """Whether somebody may take it upon themselves: anything but a malicious package."""
        return self.severity is not Severity.MALICIOUS

    def is_at_least(self, worst: Severity) -> bool:
        """Whether it weighs that much or more; what nobody has rated counts as medium."""
        return _weight(self.severity) >= _weight(worst)


@dataclass(frozen=True)
class Audit:
    """What is known about a version: how far one may rely on it, and the vulnerabilities, the worst ones first."""

    state: AuditState
    why: str
    database: AdvisoryImport | None = None
    covered: int = 0
    uncovered: int = 0
    vulnerabilities: list[OpenVulnerability] = field(default_factory=list)

    @property
    def unwaived(self) -> list[OpenVulnerability]:
        """Those that nobody takes upon themselves."""
        return [found for found in self.vulnerabilities if not found.is_waived]

    @property
    def waived_count(self) -> int:
        """How many somebody does."""
        return len(self.vulnerabilities) - len(self.unwaived)


def current_import() -> AdvisoryImport | None:
    """The advisories that everything is matched with; None before the first ones came."""
    return AdvisoryImport.objects.select_related("by").filter(is_current=True).first()


def is_stale(database: AdvisoryImport, now: datetime | None = None) -> bool:
    """Whether the newest record is so old that newer ones are certainly missing."""
    return (now or timezone.now()) - database.newest_modified > timedelta(days=settings.ADVISORIES_STALE_DAYS)


def vulnerabilities_of(version: ModelVersion) -> Audit:
    """The state of the audit of a version, and every open vulnerability of what its files require."""
    if version.tree is None:
        return Audit(AuditState.NOT_AUDITED, "The files of this version are kept elsewhere.")
    database = current_import()
    covered, uncovered = _coverage(version)
    found = open_vulnerabilities(version)
    if not was_extracted(version):
        why = "No scan has read yet what the files require."
        return Audit(AuditState.NOT_AUDITED, why, database, covered, uncovered, found)
    if database is None:
        why = "There are no advisories in this installation to compare with."
        return Audit(AuditState.NOT_AUDITED, why, None, covered, uncovered, found)
    if _waits(version, database):
        why = "What the files require is being compared with the advisories at this moment."
        return Audit(AuditState.NOT_AUDITED, why, database, covered, uncovered, found)
    if is_stale(database):
        days = (timezone.now() - database.newest_modified).days
        why = f"The advisories are {days} days old, more than the {settings.ADVISORIES_STALE_DAYS} that count."
        return Audit(AuditState.STALE, why, database, covered, uncovered, found)
    return Audit(AuditState.AUDITED, "", database, covered, uncovered, found)


def was_extracted(version: ModelVersion) -> bool:
    """Whether a scan of these files has said what they require, be it nothing."""
    scans = Scan.objects.filter(tree=version.tree_id, facts__has_key="dependencies")
    return scans.exclude(verdict__in=OPEN_VERDICTS).exists()


def dependencies_of(version: ModelVersion) -> QuerySet[Dependency]:
    """What the files of the version require, one row for each line of each file."""
    return Dependency.objects.filter(tree=version.tree_id).select_related("package")


def open_rows(version: ModelVersion) -> QuerySet[Vulnerability]:
    """The open vulnerabilities of what the version requires, one row for each advisory and package."""
    required = Dependency.objects.filter(tree=version.tree_id).values("package")
    rows = Vulnerability.objects.filter(package__in=required, closed_at=None)
    return rows.select_related("advisory", "package").defer("advisory__document")


def open_vulnerabilities(version: ModelVersion) -> list[OpenVulnerability]:
    """The same with what people call one issue in one row, the worst first; waived ones after the others."""
    rows = list(open_rows(version))
    waived = waived_keys(version.tree, version.model.registry_id)
    fixes = fixes_of(rows)
    found = [_joined(same, fixes, waived) for same in same_issues(rows)]
    return sorted(found, key=lambda one: (one.is_waived, -WEIGHTS.index(one.severity), one.package, one.identifier))


def fixes_of(rows: Iterable[Vulnerability]) -> dict[int, list[str]]:
    """The releases that mend each of these, by its key: one query for all."""
    listed = list(rows)
    ranges: dict[tuple[int, str], list[dict[str, object]]] = defaultdict(list)
    told = AffectedPackage.objects.filter(
        advisory__in={row.advisory_id for row in listed}, package__in={row.package.name for row in listed}
    )
    for advisory, package, some in told.values_list("advisory", "package", "ranges"):
        ranges[advisory, package].extend(some)
    return {row.pk: fixed_in(ranges[row.advisory_id, row.package.name], row.package.version) for row in listed}


def is_waived(row: Vulnerability, waived: set[str]) -> bool:
    """Whether it is waived under any of the names of its issue."""
    return not waived.isdisjoint(_keys(row)) and row.advisory.severity != Severity.MALICIOUS


def _keys(row: Vulnerability) -> list[str]:
    return [
        f"{name} {row.package.name} {row.package.version}" for name in (row.advisory.identifier, *row.advisory.aliases)
    ]


def _joined(same: Sequence[Vulnerability], fixes: dict[int, list[str]], waived: set[str]) -> OpenVulnerability:
    """One issue from all rows about it: told by the worst of them, by the one with a score and a summary first."""
    first = min(
        same,
        key=lambda row: (
            -WEIGHTS.index(Severity(row.advisory.severity)),
            row.advisory.score is None,
            not row.advisory.summary,
            row.advisory.identifier,
        ),
    )
    names = dict.fromkeys(name for row in same for name in (row.advisory.identifier, *row.advisory.aliases))
    mended = dict.fromkeys(at for row in [first, *same] for at in fixes[row.pk])
    return OpenVulnerability(
        identifier=first.advisory.identifier,
        aliases=tuple(name for name in names if name != first.advisory.identifier),
        package=first.package.name,
        version=first.package.version,
        severity=Severity(first.advisory.severity),
        score=first.advisory.score,
        summary=first.advisory.summary or next((row.advisory.summary for row in same if row.advisory.summary), ""),
        fixed_in=tuple(mended),
        opened_at=min(row.opened_at for row in same),
        keys=tuple(sorted(row.key for row in same)),
        is_waived=any(is_waived(row, waived) for row in same),
    )


def same_issues(rows: Sequence[Vulnerability]) -> list[list[Vulnerability]]:
    """Rows about one package whose advisories share a name."""
    groups: list[tuple[set[tuple[int, str]], list[Vulnerability]]] = []
    by_name: dict[tuple[int, str], int] = {}
    for row in rows:
        names = {(row.package_id, name) for name in (row.advisory.identifier, *row.advisory.aliases)}
        joined = sorted({by_name[name] for name in names if name in by_name})
        place = joined[0] if joined else len(groups)
        if not joined:
            groups.append((set(), []))
        for other in joined[1:]:
            groups[place][0].update(groups[other][0])
            groups[place][1].extend(groups[other][1])
            groups[other][1].clear()
        groups[place][0].update(names)
        groups[place][1].append(row)
        by_name.update(dict.fromkeys(groups[place][0], place))
    return [same for _, same in groups if same]


def _coverage(version: ModelVersion) -> tuple[int, int]:
    """How many packages are compared with the advisories, and how many are not: of conda, or without one release."""
    rows = Dependency.objects.filter(tree=version.tree_id)
    covered = rows.exclude(package=None).exclude(package__version="").values("package").distinct().count()
    others = set(rows.filter(package=None).values_list("ecosystem", "name"))
    others |= set(rows.filter(package__version="").values_list("ecosystem", "name"))
    return covered, len(others)


def _waits(version: ModelVersion, database: AdvisoryImport) -> bool:
    required = Dependency.objects.filter(tree=version.tree_id).exclude(package=None).values("package")
    return Package.objects.filter(pk__in=required).exclude(matched_with=database).exists()


def _weight(severity: Severity) -> int:
    return WEIGHTS.index(Severity.MEDIUM if severity is Severity.UNKNOWN else severity)
