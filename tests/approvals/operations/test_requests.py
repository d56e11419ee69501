"""Asking for reviews, and taking them back."""

import pytest

from accounts.models import User
from accounts.operations.registries import create_registry
from approvals import tasks
from approvals.models import Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import decide, request_review, withdraw_review
from approvals.queries import open_review
from events.models import Event
from lib.errors import Conflict, Forbidden, GateRefused, Invalid, NotFound
from registry.models import ModelVersion
from registry.queries import version_at
from scanning.models import Verdict
from tests.approvals.words import APPROVE, Judge, StageOf, State, state
from tests.factories.registry import register_files


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
            request_review(version, actor=scientist, **place)
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
