"""When a review has enough approvals: a table, no database."""

import pytest

from approvals.rules import Said, approvals_check, scan_check
from scanning.models import Verdict
from scanning.standing import Acceptance, Remark, standing

NOW, BEFORE = "now", "before"


def said(*decisions: tuple[str, str] | tuple[str, str, str]) -> list[Said]:
    """Decisions as (name, verdict), or (name, verdict, digest) for one about another state."""
    people = {"ada": 1, "grace": 2, "mary": 3}
    return [Said(people[name], name, verdict, digest[0] if digest else NOW) for name, verdict, *digest in decisions]


@pytest.mark.parametrize(
    ("needed", "decisions", "holds", "words"),
    [
        (0, [], True, "No approval needed."),
        (1, [], False, "1 more approval by a reviewer needed."),
        (2, [], False, "2 more approvals by a reviewer needed."),
        (1, [("ada", "approve")], True, "Approved by ada."),
        (2, [("ada", "approve")], False, "1 more approval by a reviewer needed."),
        (2, [("ada", "approve"), ("ada", "approve")], False, "1 more approval by a reviewer needed."),
        (2, [("ada", "approve"), ("grace", "approve")], True, "Approved by ada and grace."),
        (1, [("ada", "comment")], False, "1 more approval"),
        (1, [("ada", "approve"), ("ada", "comment")], True, "Approved by ada."),
        (1, [("ada", "approve"), ("grace", "request_changes")], False, "grace asked for changes."),
        (1, [("ada", "approve"), ("ada", "request_changes")], False, "ada asked for changes."),
        (1, [("ada", "request_changes"), ("ada", "approve")], True, "Approved by ada."),
        (1, [("ada", "approve", BEFORE)], False, "The approval of ada is out of date"),
        (1, [("ada", "approve", BEFORE), ("ada", "approve")], True, "Approved by ada."),
        (1, [("ada", "approve", BEFORE), ("grace", "approve")], True, "Approved by grace."),
        (1, [("grace", "request_changes", BEFORE), ("ada", "approve")], True, "Approved by ada."),
        (1, [("mary", "approve")], False, "1 more approval"),
        (1, [("mary", "approve"), ("ada", "approve")], True, "Approved by ada."),
        (1, [("mary", "request_changes"), ("ada", "approve")], True, "Approved by ada."),
        (0, [("ada", "request_changes")], False, "ada asked for changes."),
    ],
)
def test_enough_people_who_count_must_approve_what_stands_there_now(
    needed: int, decisions: list[tuple[str, str]], holds: bool, words: str
) -> None:
    check = approvals_check(said(*decisions), needed=needed, subject_digest=NOW, excluded={3})
    assert (check.holds, words in check.sentence) == (holds, True), check


@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_only_a_clean_scan_is_one(verdict: Verdict | None) -> None:
    check = scan_check(standing(verdict))
    assert check.holds == (verdict == Verdict.CLEAN)
    assert check.sentence[0].isupper()
    assert check.sentence.endswith(".")


def test_a_doubtful_scan_that_somebody_answers_for_holds_and_says_so() -> None:
    remark, waiver = Remark("k", "needs-review", "text.code"), Acceptance(1, frozenset({"k"}), "Grace", "I read it.")
    check = scan_check(standing(Verdict.NEEDS_REVIEW, [remark], waivers=[waiver]))
    assert (check.holds, check.sentence) == (True, "Needs review; accepted by Grace: I read it.")


def test_a_verdict_of_older_rules_does_not_hold() -> None:
    assert not scan_check(standing(Verdict.CLEAN, is_current=False)).holds
