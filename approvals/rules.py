"""What policies ask together, and when a review has enough approvals: plain values in, an answer out, no database."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lib.checks import Check
from scanning.standing import Standing

# From the lightest to the worst.
SEVERITIES = ("low", "medium", "high", "critical")


class Rules(Protocol):
    """What one policy asks."""

    approvals_needed: int
    needs_clean_scan: bool
    separates_duties: bool
    accepts_findings: bool
    most_severe_vulnerability: str
    needs_signature: bool
    bill_completeness: int
    allowed_licences: list[str]


@dataclass(frozen=True)
class Demands:
    """What several policies ask together. Without `allowed_licences` every licence will do; of an empty list none."""

    approvals_needed: int = 0
    needs_clean_scan: bool = False
    separates_duties: bool = False
    accepts_findings: bool = True
    most_severe_vulnerability: str = ""
    needs_signature: bool = False
    bill_completeness: int = 0
    allowed_licences: tuple[str, ...] | None = None


def strictest(policies: Sequence[Rules]) -> Demands:
    """Of each rule the strictest that any policy has; a licence has to be on every list."""
    asked = [policy.most_severe_vulnerability for policy in policies if policy.most_severe_vulnerability]
    lists = [policy.allowed_licences for policy in policies if policy.allowed_licences]
    common = [name for name in lists[0] if all(name in others for others in lists)] if lists else []
    return Demands(
        approvals_needed=max((policy.approvals_needed for policy in policies), default=0),
        needs_clean_scan=any(policy.needs_clean_scan for policy in policies),
        separates_duties=any(policy.separates_duties for policy in policies),
        accepts_findings=all(policy.accepts_findings for policy in policies if policy.needs_clean_scan),
        most_severe_vulnerability=min(asked, key=SEVERITIES.index, default=""),
        needs_signature=any(policy.needs_signature for policy in policies),
        bill_completeness=max((policy.bill_completeness for policy in policies), default=0),
        allowed_licences=tuple(common) if lists else None,
    )


def in_words(policy: Rules) -> list[str]:
    """What a policy asks, a sentence for each rule."""
    worst, licences = policy.most_severe_vulnerability, policy.allowed_licences
    number = policy.approvals_needed
    asked = f"{number} approval{'' if number == 1 else 's'} by reviewers"
    distance = ", who did not upload, train or ask for the version themselves" if policy.separates_duties else ""
    scan = "A clean scan; findings that need a look will do once a waiver accepts them."
    said: Iterable[tuple[object, str]] = (
        (number, f"{asked[0].upper()}{asked[1:]}{distance}."),
        (not number, "No approval."),
        (policy.needs_clean_scan, scan if policy.accepts_findings else "A clean scan; no waiver takes its place."),
        (worst, f"No open vulnerability of {_or_worse(worst)} severity in what the files require."),
        (policy.needs_signature, "A signature by somebody whom the registry trusts, over every file."),
        (policy.bill_completeness, f"A bill of materials that is complete to {policy.bill_completeness} %."),
        (licences, f"One of these licences: {', '.join(licences)}."),
    )
    return [sentence for is_asked, sentence in said if is_asked]


def _or_worse(severity: str) -> str:
    return severity if severity == SEVERITIES[-1] else f"{severity} or worse"


@dataclass(frozen=True)
class Said:
    """One decision: by whom, which verdict, about which state of the subject."""

    person: int
    name: str
    verdict: str
    subject_digest: str


def approvals_check(
    decisions: Sequence[Said], *, needed: int, subject_digest: str, excluded: Collection[int] = ()
) -> Check:
    """Whether enough people who count approve of the subject as it is now, and nobody who counts wants changes.

    The last approval or request for changes of a person counts; one about an earlier state of the subject is stale.
    """
    last = _last_words(decisions, excluded)
    fresh = [said for said in last.values() if said.subject_digest == subject_digest]
    unhappy = [said.name for said in fresh if said.verdict != "approve"]
    approving = [said.name for said in fresh if said.verdict == "approve"]
    stale = [said.name for said in last.values() if said.verdict == "approve" and said not in fresh]
    if unhappy:
        return Check("approvals", False, f"{' and '.join(unhappy)} asked for changes.")
    if len(approving) >= needed:
        return Check(
            "approvals", True, f"Approved by {' and '.join(approving)}." if approving else "No approval needed."
        )
    missing = needed - len(approving)
    outdated = (
        f" The approval of {' and '.join(stale)} is out of date, since what was reviewed has changed." if stale else ""
    )
    return Check(
        "approvals", False, f"{missing} more approval{'' if missing == 1 else 's'} by a reviewer needed.{outdated}"
    )


def approving(decisions: Sequence[Said], *, subject_digest: str, excluded: Collection[int] = ()) -> list[int]:
    """Who approves of the subject as it is now, by the rules of `approvals_check`."""
    last = _last_words(decisions, excluded).values()
    return [said.person for said in last if said.verdict == "approve" and said.subject_digest == subject_digest]


def _last_words(decisions: Sequence[Said], excluded: Collection[int]) -> dict[int, Said]:
    last: dict[int, Said] = {}
    for said in decisions:
        if said.verdict in ("approve", "request_changes", "reject") and said.person not in excluded:
            last[said.person] = said
    return last


def scan_check(standing: Standing, *, accepts_findings: bool = True) -> Check:
    """Whether the scan is clean or, if that will do, somebody answers for all that it found; not knowing is neither."""
    if standing.is_accepted and not accepts_findings:
        return Check("scan", False, f"{standing.sentence} The policy asks for a clean scan.")
    return Check("scan", standing.is_clean, standing.sentence)
