"""What versions require and what is vulnerable in it; the advisories."""

from collections import Counter
from http import HTTPStatus

from accounts.queries import find_registry
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.supply import (
    AdvisoriesShape,
    AdvisoryShape,
    AuditShape,
    DependencyShape,
    NewVulnerabilityWaiverShape,
    VulnerabilityShape,
    VulnerabilityWaiverShape,
    VulnerableAsked,
    VulnerableVersionShape,
)
from registry.queries import find_version
from scanning.models import Waiver
from scanning.queries import waived_keys
from supply.audit.advisories import affected_by, find_advisory, imports
from supply.audit.overview import VulnerableVersion, summed_up, vulnerable_versions
from supply.audit.vulnerabilities import (
    Audit,
    current_import,
    dependencies_of,
    fixes_of,
    is_stale,
    is_waived,
    open_rows,
    vulnerabilities_of,
)
from supply.models import Dependency, Severity
from supply.operations.vulnerability_waivers import waive_vulnerability


class VersionDependencies(View):
    @endpoint("list_dependencies", lists=DependencyShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[Dependency]:
        """What the files of a version require, by file and name."""
        version = find_version(registry, name, number, actor=call.actor)
        return call.page(dependencies_of(version), "path", "name", "pk")


class VersionVulnerabilities(View):
    @endpoint("list_vulnerabilities", lists=VulnerabilityShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[With]:
        """The advisories that are about packages which a version requires."""
        version = find_version(registry, name, number, actor=call.actor)
        page = call.page(open_rows(version), "pk")
        waived, fixes = waived_keys(version.tree, version.model.registry_id), fixes_of(page.rows)
        rows = [With(row, waived=is_waived(row, waived), fixed_in=fixes[row.pk]) for row in page.rows]
        return Page(rows, page.next_token)


class VersionAudit(View):
    @endpoint("get_audit", answers=AuditShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> With:
        """How far the packages of a version were compared with advisories, and how many issues there are."""
        audit: Audit = vulnerabilities_of(find_version(registry, name, number, actor=call.actor))
        return With(audit, unwaived=Counter(found.severity for found in audit.unwaived), waived=audit.waived_count)


class VulnerabilityWaivers(View):
    @endpoint(
        "waive_vulnerability",
        takes=NewVulnerabilityWaiverShape,
        answers=VulnerabilityWaiverShape,
        status=HTTPStatus.CREATED,
    )
    def post(self, call: Call, registry: str, name: str, number: int) -> Waiver:
        """Accept vulnerabilities of what a version requires, in its registry and for a while."""
        version = find_version(registry, name, number, actor=call.actor)
        return waive_vulnerability(version, actor=call.actor, **call.said)


class RegistryVulnerabilities(View):
    @endpoint("list_vulnerable_versions", asks=VulnerableAsked, lists=VulnerableVersionShape)
    def get(self, call: Call, registry: str) -> Page[VulnerableVersion]:
        """The versions of a registry that require something vulnerable, newest first: those in use, or all."""
        found = find_registry(registry, actor=call.actor)
        severity, package = _severity(call.asked["severity"]), call.asked["package"]
        rows = vulnerable_versions(
            found, severity=severity, package=package, live_only=call.asked["show"] == "live", actor=call.actor
        )
        page = call.page(rows, "-pk")
        return Page(summed_up(page.rows, severity=severity, package=package), page.next_token)


class Advisories(View):
    @endpoint("get_advisories", answers=AdvisoriesShape)
    def get(self, call: Call) -> dict[str, object]:
        """Which advisories this installation has, how old they are, and what was brought in last."""
        current = current_import()
        state = "missing" if current is None else "stale" if is_stale(current) else "fresh"
        return {"state": state, "current": current, "imports": list(imports()[:10])}


class OneAdvisory(View):
    @endpoint("get_advisory", answers=AdvisoryShape)
    def get(self, call: Call, advisory: str) -> With:
        """One advisory."""
        found = find_advisory(advisory, actor=call.actor)
        return With(found, affected=list(affected_by(found)))


def _severity(word: str) -> Severity | None:
    return Severity(word) if word else None
