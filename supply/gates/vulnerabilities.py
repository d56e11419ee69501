"""Whether what a version requires is free of known vulnerabilities: what a policy can ask for."""

from lib.checks import Check
from registry.models import ModelVersion
from supply.audit.vulnerabilities import Audit, AuditState, OpenVulnerability, vulnerabilities_of
from supply.models import Severity

NAME = "vulnerabilities"
MOST_NAMED = 3


def vulnerability_check(version: ModelVersion, worst: Severity) -> Check:
    """Holds only if everything was compared with fresh advisories and nothing as bad as `worst` is open and not waived.

    What nobody has rated counts as medium.
    """
    audit = vulnerabilities_of(version)
    open_ones = [found for found in audit.unwaived if found.is_at_least(worst)]
    if open_ones:
        return Check(NAME, False, _sentence(open_ones, worst))
    if audit.state is not AuditState.AUDITED:
        return Check(NAME, False, f"{_UNKNOWN[audit.state]} {audit.why}")
    return Check(NAME, True, _all_is_well(audit, worst))


_UNKNOWN = {
    AuditState.NOT_AUDITED: "It is not known whether the required packages are vulnerable.",
    AuditState.STALE: "Nobody can say whether the required packages are vulnerable.",
}


def _sentence(found: list[OpenVulnerability], worst: Severity) -> str:
    named = [f"{one.identifier} in {one.package} {one.version}".rstrip() for one in found[:MOST_NAMED]]
    more = len(found) - len(named)
    listed = ", ".join(named) + (f" and {more} more" if more else "")
    are = "vulnerability is" if len(found) == 1 else "vulnerabilities are"
    return f"{len(found)} {are} {_at_least(worst)} and not waived: {listed}."


def _all_is_well(audit: Audit, worst: Severity) -> str:
    assert audit.database is not None
    waived = sum(found.is_waived and found.is_at_least(worst) for found in audit.vulnerabilities)
    besides = f", {waived} waived" if waived else ""
    left_out = f"; {audit.uncovered} could not be compared" if audit.uncovered else ""
    packages = f"{audit.covered} package{'' if audit.covered == 1 else 's'}"
    of = f"by the advisories of {audit.database.newest_modified:%-d %B %Y}"
    return f"No open vulnerability {_at_least(worst)} in {packages}{besides}, {of}{left_out}."


def _at_least(worst: Severity) -> str:
    if worst is Severity.MALICIOUS:
        return "from malicious packages"
    return "of any severity" if worst in (Severity.UNKNOWN, Severity.LOW) else f"{worst.label.lower()} or worse"
