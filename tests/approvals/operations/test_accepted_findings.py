"""Reviews of versions whose scan found something that a person has accepted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from approvals import tasks
from approvals.models import Review
from approvals.operations.reviews import apply_review, decide
from approvals.queries import checks
from lib.errors import GateRefused
from registry.models import ModelVersion
from registry.operations.placements import move_stage
from registry.queries import current_stage
from scanning.models import Scan, Waiver
from scanning.operations.names import allow_name
from scanning.operations.quarantines import BY_HAND, lift_quarantine, quarantine_tree
from scanning.operations.waivers import waive_findings, withdraw_waiver
from tests.approvals.words import APPROVE, StageOf, State, state
from tests.factories.scanning import CODE, OLS, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tasks that a change asks for are carried out with it."""
    monkeypatch.setattr(tasks.apply, "delay_on_commit", tasks.apply)


def test_what_needs_review_holds_the_move_until_somebody_accepts_it(
    version: ModelVersion, review: Review, reviewer: User, now: None
) -> None:
    keys = found(version, CODE)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPROVED
    waive_findings(version, keys, reason="I read the code.", actor=reviewer)
    assert (state(review), current_stage(version)) == (State.APPLIED, "Production")


def test_the_check_says_who_answers_for_it(version: ModelVersion, review: Review, reviewer: User) -> None:
    waive_findings(version, found(version, CODE), reason="I read the code.", actor=reviewer)
    scan = next(check for check in checks(review) if check.name == "scan")
    assert (scan.holds, scan.sentence) == (True, "Needs review; accepted by grace: I read the code.")


def test_an_allowed_name_may_be_the_last_thing_that_was_missing(
    version: ModelVersion, review: Review, reviewer: User, maintainer: User, now: None
) -> None:
    found(version, OLS)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPROVED
    allow_name(version.model.registry, "statsmodels.api", "OLS", reason="x", actor=maintainer)
    assert state(review) == State.APPLIED


def test_so_may_the_end_of_a_quarantine(
    version: ModelVersion, review: Review, reviewer: User, administrator: User, now: None
) -> None:
    found(version)
    assert version.tree is not None
    quarantine_tree(version.tree, BY_HAND, "x", actor=administrator)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPROVED
    lift_quarantine(version.tree, BY_HAND, actor=administrator)
    assert state(review) == State.APPLIED


def test_a_waiver_that_ends_between_the_approval_and_the_move_holds_it(
    version: ModelVersion, review: Review, reviewer: User, scientist: User, stage: StageOf, system: User
) -> None:
    keys = found(version, CODE)
    Scan.objects.update(verdict="queued")
    decide(review, APPROVE, actor=reviewer)
    waiver = waive_findings_later(version, keys, reviewer)
    Waiver.objects.filter(pk=waiver.pk).update(ends_at=timezone.now())
    assert apply_review(review, actor=system) is None
    with pytest.raises(GateRefused, match="a person must look at"):
        move_stage(version, stage("Production"), actor=scientist)
    assert current_stage(version) == "None"


def test_a_waiver_that_is_withdrawn_holds_the_move(
    version: ModelVersion, review: Review, reviewer: User, system: User
) -> None:
    keys = found(version, CODE)
    Scan.objects.update(verdict="queued")
    decide(review, APPROVE, actor=reviewer)
    withdraw_waiver(waive_findings_later(version, keys, reviewer), actor=reviewer)
    assert apply_review(review, actor=system) is None


def waive_findings_later(version: ModelVersion, keys: list[str], reviewer: User) -> Waiver:
    """The scan ends, and a reviewer accepts what it found for a day."""
    Scan.objects.update(verdict="needs-review")
    ends_at = timezone.now() + timedelta(days=1)
    return waive_findings(version, keys, reason="x", ends_at=ends_at, actor=reviewer)
