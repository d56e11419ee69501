"""Reviews from the request to the move, through every state."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from accounts import access
from accounts.models import User
from accounts.operations.registries import create_registry
from accounts.rights import Role, Scope
from approvals import tasks
from approvals.models import Decision, Promotion, Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import apply_review, decide, request_review, withdraw_review
from approvals.queries import checks, find_review, hindrance, open_review, present_digest, reviews_for, waiting_for
from events.models import Event
from lib.errors import Conflict, Forbidden, GateRefused, HouseError, Invalid, NotFound
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations.models import delete_model
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import Origin, create_version, delete_version, describe_version
from registry.queries import version_at
from scanning.models import Scan, Verdict
from scanning.operations import scans
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_logged_model, new_run
from tracking.models import LatestMetric
from tracking.operations.measurements import Measurement, log_batch

APPROVE, CHANGES = Decision.Verdict.APPROVE, Decision.Verdict.REQUEST_CHANGES
REJECT, COMMENT = Decision.Verdict.REJECT, Decision.Verdict.COMMENT
State = Review.State
StageOf = Callable[[str], Stage]
Judge = Callable[..., Scan]


@pytest.fixture
def review(version: ModelVersion, scientist: User, stage: StageOf) -> Review:
    """The scientist asks that version 1, which is not scanned yet, goes to Production."""
    return request_review(version, stage=stage("Production"), reason="It is better.", actor=scientist)


@pytest.fixture
def other_reviewer(member: Member, version: ModelVersion) -> User:
    """A second reviewer."""
    return member(Role.REVIEWER, version.model.registry, name="barbara")


def state(review: Review) -> str:
    """The state in the database."""
    return Review.objects.get(pk=review.pk).state


def finish_scan(version: ModelVersion, verdict: Verdict, system: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scan come to its end, with its event, and run what it queued."""
    from scanning.engine.findings import Verdict as Word
    from scanning.sandbox import Report

    monkeypatch.setattr(scans, "scan_files", lambda files, **_: Report("1", "1", "list", Word(verdict.value)))
    scans.carry_out(Scan.objects.get(tree=version.tree), actor=system)


# ---- asking


def test_a_request_tells_what_it_is_about(review: Review, version: ModelVersion, scientist: User) -> None:
    assert (review.state, review.requested_by, review.replaces, str(review)) == (
        State.OPEN,
        scientist,
        None,
        "iris version 1 to Production",
    )
    assert [policy.stage for policy in review.policies.all()] == ["Production"]
    line = Event.objects.latest("pk")
    assert (line.kind, line.reason, line.details) == (
        "review.requested",
        "It is better.",
        {"version": 1, "to": "Production"},
    )
    assert open_review(version) == review


def test_a_review_remembers_what_it_replaces(
    version: ModelVersion, scientist: User, reviewer: User, stage: StageOf, judge: Judge
) -> None:
    judge(version)
    first = request_review(version, stage=stage("Production"), alias="champion", actor=scientist)
    decide(first, APPROVE, actor=reviewer)
    second = register_files(version.model, {"w": b"2"}, actor=scientist)
    assert request_review(second, stage=stage("Production"), actor=scientist).replaces == version


def test_one_review_of_a_version_goes_on_at_a_time(review: Review, version: ModelVersion, scientist: User) -> None:
    with pytest.raises(Conflict, match="is going on already"):
        request_review(version, alias="champion", actor=scientist)
    assert Review.objects.get() == review


def test_a_request_needs_a_place_that_is_governed(
    version: ModelVersion, scientist: User, stage: StageOf, system: User
) -> None:
    elsewhere = create_registry("other", actor=system).stages.get(name="Production")
    for place in ({}, {"stage": stage("Staging")}, {"alias": "blue"}, {"alias": "latest"}, {"stage": elsewhere}):
        with pytest.raises(Invalid):
            request_review(version, actor=scientist, **place)  # type: ignore[arg-type]
    assert not Review.objects.exists()


def test_nobody_asks_for_unsafe_files(version: ModelVersion, scientist: User, stage: StageOf, judge: Judge) -> None:
    judge(version, Verdict.UNSAFE)
    with pytest.raises(GateRefused, match="found version 1 unsafe"):
        request_review(version, stage=stage("Production"), actor=scientist)
    assert not Review.objects.exists()


def test_a_policy_that_asks_for_a_clean_scan_alone_needs_nobody(
    version: ModelVersion, scientist: User, maintainer: User, stage: StageOf, judge: Judge
) -> None:
    create_policy(version.model.registry, stage="Production", approvals_needed=0, actor=maintainer)
    waiting = request_review(version, stage=stage("Production"), actor=scientist)
    assert waiting.state == State.APPROVED
    judge(version)
    tasks.apply(waiting.pk)
    assert state(waiting) == State.APPLIED
    second = register_files(version.model, {"w": b"2"}, actor=scientist)
    judge(second)
    assert request_review(second, stage=stage("Production"), actor=scientist).state == State.APPLIED
    assert version_at(version.model, stage="Production") == second


# ---- deciding and applying


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
    assert list(kinds)[-3:] == ["review.decided", "version.stage_changed", "promotion.done"]
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
    version: ModelVersion, maintainer: User, scientist: User, reviewer: User, other_reviewer: User, stage: StageOf, judge: Judge
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


@pytest.mark.parametrize("who", ["scientist", "maintainer"])
def test_a_request_is_taken_back_by_whoever_made_it_or_manages_the_model(
    review: Review, request: pytest.FixtureRequest, who: str, stage: StageOf, scientist: User
) -> None:
    withdraw_review(review, reason="Too early.", actor=request.getfixturevalue(who))
    assert state(review) == State.WITHDRAWN
    assert Event.objects.latest("pk").reason == "Too early."
    request_review(review.version, stage=stage("Production"), actor=scientist)


def test_nobody_else_takes_it_back(review: Review, reviewer: User, stranger: User) -> None:
    with pytest.raises(Forbidden):
        withdraw_review(review, actor=reviewer)
    with pytest.raises(NotFound):
        withdraw_review(review, actor=stranger)


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


def test_those_who_do_not_review_decide_nothing(review: Review, scientist: User, stranger: User, member: Member) -> None:
    for verdict in (APPROVE, CHANGES, REJECT):
        for person in (scientist, member(Role.READER, review.version.model.registry)):
            with pytest.raises(Forbidden):
                decide(review, verdict, comment="x", actor=person)
        with pytest.raises(NotFound):
            decide(review, verdict, comment="x", actor=stranger)
    assert not Decision.objects.exists()


# ---- separation of duties


def refused(review: Review, person: User) -> str:
    """The sentence with which this person is kept from approving."""
    count = Decision.objects.count()
    with pytest.raises(Forbidden) as refusal:
        decide(review, APPROVE, actor=person)
    assert hindrance(review, person) == refusal.value.message
    assert Decision.objects.count() == count
    return refusal.value.message


def test_nobody_approves_what_it_asked_for(version: ModelVersion, maintainer: User, stage: StageOf) -> None:
    review = request_review(version, stage=stage("Production"), actor=maintainer)
    assert "You asked for this review" in refused(review, maintainer)


def test_nobody_approves_what_it_uploaded_or_trained(
    model: RegisteredModel, maintainer: User, member: Member, scientist: User, stage: StageOf
) -> None:
    trainer = member(Role.MAINTAINER, model.registry, name="tim")
    run = new_run(model.registry, actor=trainer)
    log_batch(run, metrics=[Measurement("loss", 0.5, 1)], actor=trainer)
    version = create_version(model, Origin(source="s3://b/x", run=run), actor=maintainer)
    review = request_review(version, stage=stage("Production"), actor=scientist)
    assert "You uploaded this version" in refused(review, maintainer)
    assert "You trained this version" in refused(review, trainer)


def test_nobody_approves_the_model_that_it_logged(
    model: RegisteredModel, member: Member, scientist: User, stage: StageOf
) -> None:
    trainer = member(Role.MAINTAINER, model.registry, name="tim")
    run = new_run(model.registry, actor=scientist)
    logged = new_logged_model(run.experiment, actor=trainer)
    version = ModelVersion.objects.create(model=model, number=1, logged_model=logged, uploader=scientist)
    review = request_review(version, stage=stage("Production"), actor=scientist)
    assert "You trained this version" in refused(review, trainer)


def test_the_owner_of_the_uploading_machine_does_not_approve(
    model: RegisteredModel, maintainer: User, ci_account: User, scientist: User, stage: StageOf, system: User
) -> None:
    access.grant(Role.MAINTAINER, on=model.registry, to=scientist, actor=system)
    version = register_files(model, {"w": b"1"}, actor=ci_account)
    review = request_review(version, stage=stage("Production"), actor=maintainer)
    assert "through ci" in refused(review, scientist)


def test_even_an_administrator_does_not_approve_its_own(
    model: RegisteredModel, administrator: User, stage: StageOf
) -> None:
    version = register_files(model, {"w": b"1"}, actor=administrator)
    refused(request_review(version, stage=stage("Production"), actor=administrator), administrator)


def test_a_machine_approves_nothing(review: Review, ci_account: User, system: User) -> None:
    access.grant(Role.REVIEWER, on=review.version.model.registry, to=ci_account, actor=system)
    assert refused(review, ci_account) == "A review is approved by a person."
    assert refused(review, system) == "A review is approved by a person."


def test_where_duties_are_not_separated_one_may_approve_its_own(
    version: ModelVersion, maintainer: User, stage: StageOf, judge: Judge
) -> None:
    create_policy(version.model.registry, stage="Production", separates_duties=False, actor=maintainer)
    judge(version)
    review = request_review(version, stage=stage("Production"), actor=maintainer)
    assert hindrance(review, maintainer) == ""
    decide(review, APPROVE, actor=maintainer)
    assert state(review) == State.APPLIED


def test_an_approval_from_before_duties_were_separated_no_longer_counts(
    version: ModelVersion, maintainer: User, stage: StageOf, judge: Judge
) -> None:
    create_policy(version.model.registry, stage="Production", separates_duties=False, actor=maintainer)
    review = request_review(version, stage=stage("Production"), actor=maintainer)
    decide(review, APPROVE, actor=maintainer)
    create_policy(version.model.registry, stage="Production", actor=maintainer)
    judge(version)
    tasks.apply(review.pk)
    assert state(review) == State.OPEN
    assert not Placement.objects.exists()


# ---- what was approved is what moves


@pytest.mark.parametrize("what", ["description", "metric", "policy"])
def test_an_approval_is_stale_once_what_was_reviewed_changes(
    version: ModelVersion, review: Review, scientist: User, reviewer: User, maintainer: User, judge: Judge, what: str
) -> None:
    decide(review, APPROVE, actor=reviewer)
    run = version.source_run
    assert run is not None
    if what == "description":
        describe_version(version, "Quite another model.", actor=scientist)
    elif what == "metric":
        log_batch(run, metrics=[Measurement("accuracy", 0.99, 1)], actor=scientist)
    else:
        create_policy(version.model.registry, stage="Production", actor=maintainer)
    judge(version)
    tasks.apply(review.pk)
    assert not Placement.objects.exists()
    assert state(review) == State.OPEN
    assert "out of date" in " ".join(check.sentence for check in checks(Review.objects.get(pk=review.pk)))
    assert list(waiting_for(reviewer)) == [review]
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPLIED


def test_a_page_that_is_out_of_date_decides_nothing(
    version: ModelVersion, review: Review, scientist: User, reviewer: User
) -> None:
    seen = present_digest(review)
    describe_version(version, "New.", actor=scientist)
    for verdict in (APPROVE, CHANGES, REJECT):
        with pytest.raises(Conflict, match="has changed since"):
            decide(review, verdict, comment="x", seen_digest=seen, actor=reviewer)
    decide(review, COMMENT, comment="x", seen_digest=seen, actor=reviewer)
    decide(review, APPROVE, seen_digest=present_digest(Review.objects.get(pk=review.pk)), actor=reviewer)


def test_not_a_number_among_the_metrics_is_no_hindrance(
    version: ModelVersion, review: Review, reviewer: User, judge: Judge
) -> None:
    run = version.source_run
    assert run is not None
    LatestMetric.objects.create(run=run, key="loss", value=0.0, is_nan=True, timestamp=1, step=1)
    judge(version)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPLIED


def test_a_deleted_version_closes_its_review(review: Review, version: ModelVersion, maintainer: User, reviewer: User) -> None:
    delete_version(version, actor=maintainer)
    assert state(review) == State.WITHDRAWN
    with pytest.raises(HouseError):
        decide(review, APPROVE, actor=reviewer)
    with pytest.raises(NotFound):
        find_review(review.pk, actor=maintainer)


def test_a_deleted_model_closes_its_reviews(review: Review, version: ModelVersion, maintainer: User) -> None:
    delete_model(version.model, actor=maintainer)
    assert state(review) == State.WITHDRAWN


# ---- the gate


def test_without_a_review_the_gate_is_closed_for_everybody(
    version: ModelVersion, maintainer: User, administrator: User, system: User, stage: StageOf, judge: Judge
) -> None:
    judge(version)
    for actor in (maintainer, administrator, system):
        with pytest.raises(GateRefused, match="Production is governed by a policy: ask for a review of version 1"):
            move_stage(version, stage("Production"), actor=actor)
        with pytest.raises(GateRefused, match="@champion is governed by a policy"):
            move_alias(version, "champion", actor=actor)
    assert not Placement.objects.exists()


def test_a_review_opens_the_gate_for_its_own_place_alone(
    version: ModelVersion, review: Review, reviewer: User, maintainer: User, stage: StageOf
) -> None:
    decide(review, APPROVE, actor=reviewer)
    with pytest.raises(GateRefused, match=r"Review \d+ is not complete. The scan has not begun yet."):
        move_stage(version, stage("Production"), actor=maintainer)
    with pytest.raises(GateRefused, match="@champion is governed"):
        move_alias(version, "champion", actor=maintainer)


def test_every_reason_of_the_gate_is_a_sentence(version: ModelVersion, review: Review, scientist: User, stage: StageOf, judge: Judge) -> None:
    for verdict in Verdict:
        judge(version, verdict)
        with pytest.raises(GateRefused) as refusal:
            move_stage(version, stage("Production"), actor=scientist)
        for reason in refusal.value.reasons:
            assert reason[0].isupper()
            assert reason.endswith(".")
            assert "needed." in reason or "unsafe" in reason


def test_an_approved_review_lets_its_people_make_the_move_themselves(
    version: ModelVersion, review: Review, scientist: User, reviewer: User, stage: StageOf, judge: Judge, system: User
) -> None:
    decide(review, APPROVE, actor=reviewer)
    judge(version)
    move_stage(version, stage("Production"), actor=scientist)
    assert apply_review(review, actor=system) is not None
    assert state(review) == State.APPLIED
    assert Placement.objects.count() == 1


def test_a_move_back_to_an_earlier_version_is_reviewed_again(
    version: ModelVersion, review: Review, scientist: User, reviewer: User, stage: StageOf, judge: Judge
) -> None:
    judge(version)
    decide(review, APPROVE, actor=reviewer)
    move_stage(version, stage("Archived"), actor=scientist)
    with pytest.raises(GateRefused, match="ask for a review"):
        move_stage(version, stage("Production"), actor=scientist)
    again = request_review(version, stage=stage("Production"), actor=scientist)
    decide(again, APPROVE, actor=reviewer)
    assert version_at(version.model, stage="Production") == version


# ---- reading


def test_reviews_are_seen_by_those_who_see_the_model(
    review: Review, scientist: User, reviewer: User, stranger: User
) -> None:
    assert find_review(review.pk, actor=scientist) == review
    assert list(waiting_for(reviewer)) == [review]
    assert not reviews_for(stranger).exists()
    with pytest.raises(NotFound):
        find_review(review.pk, actor=stranger)


def test_a_review_waits_for_nobody_who_cannot_decide_it(
    model: RegisteredModel, ci_account: User, scientist: User, maintainer: User, reviewer: User, stage: StageOf, system: User
) -> None:
    access.grant(Role.MAINTAINER, on=model.registry, to=scientist, actor=system)
    external = create_version(model, Origin(source="s3://b/x"), actor=ci_account)
    review = request_review(external, stage=stage("Production"), actor=maintainer)
    assert [list(waiting_for(person)) for person in (scientist, maintainer, ci_account, reviewer)] == [
        [],
        [],
        [],
        [review],
    ]
    decide(review, CHANGES, comment="No files?", actor=reviewer)
    assert not waiting_for(reviewer).exists()


# ---- at the same moment


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
