"""When a review has enough approvals: plain values in, an answer out, no database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lib.checks import Check
from scanning.standing import Standing


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


def scan_check(standing: Standing) -> Check:
    """Whether the scan is clean, or somebody answers for all that it found; not knowing is neither."""
    return Check("scan", standing.is_clean, standing.sentence)
