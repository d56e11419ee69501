"""Deciding reviews, and the moves that follow: exactly once, however it comes to pass."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.rights import Role, Scope
from approvals import tasks
from approvals.models import Decision, Promotion, Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import apply_review, decide, request_review, withdraw_review
from approvals.queries import checks
from events.models import Event
from lib.errors import Conflict, Forbidden, HouseError, Invalid, NotFound
from registry.models import ModelVersion, Placement, RegisteredModel
from registry.operations.versions import delete_version, describe_version
from registry.queries import version_at
from scanning.engine.findings import Verdict as Word
from scanning.models import Scan, Verdict
from scanning.operations import scans
from scanning.sandbox import Report
from tests.approvals.words import APPROVE, CHANGES, COMMENT, REJECT, Judge, StageOf, State, state
from tests.conftest import Member


def finish_scan(version: ModelVersion, verdict: Verdict, system: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scan come to its end, with its event, and run what it queued."""
    monkeypatch.setattr(scans, "scan_files", lambda files, **_: Report("1", "1", "list", Word(verdict.value)))
    scans.carry_out(Scan.objects.get(tree=version.tree), actor=system)


def test_an_approval_of_clean_files_moves_the_version(
    version: ModelVersion, review: Review, reviewer: User, judge: Judge
) -> None:
    judge(version)
    decision = decide(review, APPROVE, comment="Good.", actor=reviewer)
    assert decision.review.state == State.APPLIED
    placement = Placement.objects.get(closed_at=None)
    assert (placement.version, str(placement.stage)) == (version, "Production")
    assert placement.reason == f"Review {review.pk}: It is better."
    assert list(Promotion.objects.get(review=review).placements.all()) == [placement]
    kinds = Event.objects.order_by("pk").values_list("kind", flat=True)
    signing = ["signing_key.made", "version.attested"]
    assert list(kinds)[-5:] == ["review.decided", "version.stage_changed", *signing, "promotion.done"]
    assert Review.objects.get().closed_at is not None


def test_stage_and_alias_move_together(
    version: ModelVersion, scientist: User, reviewer: User, stage: StageOf, judge: Judge
) -> None:
    judge(version)
    both = request_review(version, stage=stage("Production"), alias="champion", actor=scientist)
    assert both.destination == "Production and @champion"
    decide(both, APPROVE, actor=reviewer)
    assert version_at(version.model, stage="Production") == version_at(version.model, alias="champion") == version


def test_an_approval_waits_for_the_scan(version: ModelVersion, review: Review, reviewer: User) -> None:
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPROVED
    assert not Placement.objects.exists()
    assert [check.holds for check in checks(review)] == [False, True]


def test_the_end_of_the_scan_makes_the_move(
    version: ModelVersion,
    review: Review,
    reviewer: User,
    system: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide(review, APPROVE, actor=reviewer)
    sent: list[int] = []
    monkeypatch.setattr(tasks.apply, "delay_on_commit", sent.append)
    finish_scan(version, Verdict.CLEAN, system, monkeypatch)
    assert sent == [review.pk]
    tasks.apply(sent[0])
    assert state(review) == State.APPLIED
    assert version_at(version.model, stage="Production") == version


@pytest.mark.parametrize("verdict", [Verdict.NEEDS_REVIEW, Verdict.UNSAFE, Verdict.FAILED])
def test_an_approved_version_that_is_not_clean_goes_nowhere(
    version: ModelVersion,
    review: Review,
    reviewer: User,
    system: User,
    verdict: Verdict,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide(review, APPROVE, actor=reviewer)
    finish_scan(version, verdict, system, monkeypatch)
    tasks.apply(review.pk)
    assert state(review) == State.APPROVED
    assert not Placement.objects.exists()


def test_the_periodic_task_picks_up_what_a_lost_message_left(
    version: ModelVersion, review: Review, reviewer: User, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(review, APPROVE, actor=reviewer)
    judge(version)
    monkeypatch.setattr(tasks.apply, "delay", tasks.apply)
    tasks.apply_approved_reviews()
    assert state(review) == State.APPLIED
    tasks.apply_approved_reviews()
    assert Promotion.objects.count() == 1


def test_applying_again_and_again_moves_once(
    version: ModelVersion, review: Review, reviewer: User, system: User, judge: Judge
) -> None:
    assert apply_review(review, actor=system) is None
    decide(review, APPROVE, actor=reviewer)
    assert apply_review(review, actor=system) is None
    judge(version)
    assert apply_review(review, actor=system) is not None
    assert apply_review(review, actor=system) is None
    assert Placement.objects.count() == 1


def test_two_approvals_where_two_are_needed(
    version: ModelVersion,
    maintainer: User,
    scientist: User,
    reviewer: User,
    other_reviewer: User,
    stage: StageOf,
    judge: Judge,
) -> None:
    create_policy(version.model.registry, stage="Production", approvals_needed=2, actor=maintainer)
    judge(version)
    review = request_review(version, stage=stage("Production"), actor=scientist)
    decide(review, APPROVE, actor=reviewer)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.OPEN
    decide(review, APPROVE, actor=other_reviewer)
    assert state(review) == State.APPLIED


def test_changes_are_asked_for_and_made(
    version: ModelVersion, review: Review, scientist: User, reviewer: User, other_reviewer: User
) -> None:
    with pytest.raises(Invalid) as refusal:
        decide(review, CHANGES, comment=" ", actor=reviewer)
    assert refusal.value.field == "comment"
    decide(review, CHANGES, comment="Say what it is for.", actor=reviewer)
    decide(review, APPROVE, actor=other_reviewer)
    assert state(review) == State.OPEN
    describe_version(version, "For the greenhouse.", actor=scientist)
    decide(review, APPROVE, actor=other_reviewer)
    assert state(review) == State.APPROVED
    decide(review, CHANGES, comment="Wait.", actor=reviewer)
    assert state(review) == State.OPEN


def test_a_rejected_review_is_over(review: Review, scientist: User, reviewer: User) -> None:
    decide(review, REJECT, actor=reviewer)
    assert state(review) == State.REJECTED
    for change in (
        lambda: decide(review, APPROVE, actor=reviewer),
        lambda: decide(review, COMMENT, comment="?", actor=reviewer),
        lambda: withdraw_review(review, actor=scientist),
    ):
        with pytest.raises(Conflict, match="rejected"):
            change()


def test_a_comment_changes_nothing(review: Review, scientist: User, member: Member) -> None:
    reader = member(Role.READER, review.version.model)
    for person in (scientist, reader):
        decide(review, COMMENT, comment="Why?", actor=person)
    assert state(review) == State.OPEN
    assert Event.objects.filter(kind="review.commented").count() == 2
    with pytest.raises(Invalid):
        decide(review, COMMENT, comment="", actor=reader)
    with pytest.raises(Forbidden):
        decide(review, COMMENT, comment="Why?", actor=member(Role.METADATA_READER, review.version.model))


def test_a_token_that_reads_writes_nothing(review: Review, scientist: User, reviewer: User) -> None:
    for person in (scientist, reviewer):
        person.scopes = frozenset({Scope.READ})
    for change in (
        lambda: withdraw_review(review, actor=scientist),
        lambda: decide(review, COMMENT, comment="x", actor=scientist),
        lambda: decide(review, APPROVE, actor=reviewer),
    ):
        with pytest.raises(Forbidden, match="scope"):
            change()


def test_those_who_do_not_review_decide_nothing(
    review: Review, scientist: User, stranger: User, member: Member
) -> None:
    for verdict in (APPROVE, CHANGES, REJECT):
        for person in (scientist, member(Role.READER, review.version.model.registry)):
            with pytest.raises(Forbidden):
                decide(review, verdict, comment="x", actor=person)
        with pytest.raises(NotFound):
            decide(review, verdict, comment="x", actor=stranger)
    assert not Decision.objects.exists()


@pytest.mark.needs("postgres")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("needed", [1, 2])
def test_two_reviewers_at_the_same_moment_move_the_version_once(
    version: ModelVersion,
    scientist: User,
    maintainer: User,
    reviewer: User,
    other_reviewer: User,
    stage: StageOf,
    judge: Judge,
    needed: int,
) -> None:
    create_policy(version.model.registry, stage="Production", approvals_needed=needed, actor=maintainer)
    judge(version)
    review = request_review(version, stage=stage("Production"), actor=scientist)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def approve(person: User) -> None:
        try:
            start.wait()
            decide(Review.objects.get(pk=review.pk), APPROVE, actor=person)
            outcomes.append("decided")
        except Conflict:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=[person]) for person in (reviewer, other_reviewer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == (["decided", "too late"] if needed == 1 else ["decided", "decided"])
    assert state(review) == State.APPLIED
    assert Promotion.objects.count() == Placement.objects.count() == 1


@pytest.mark.needs("postgres")
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_decision_and_a_deletion_do_not_wait_for_each_other(
    version: ModelVersion, review: Review, reviewer: User, maintainer: User, judge: Judge
) -> None:
    judge(version)
    outcome: list[str] = []

    def approve() -> None:
        try:
            decide(Review.objects.get(pk=review.pk), APPROVE, actor=reviewer)
        except HouseError as refusal:
            outcome.append(type(refusal).__name__)
        finally:
            connection.close()

    deciding = threading.Thread(target=approve)
    with transaction.atomic():
        RegisteredModel.objects.select_for_update().get(pk=version.model_id)
        deciding.start()
        deciding.join(0.5)
        assert deciding.is_alive()
        delete_version(version, actor=maintainer)
    deciding.join()
    assert outcome == ["Conflict"]
    assert state(review) == State.WITHDRAWN
    assert not Placement.objects.exists()
