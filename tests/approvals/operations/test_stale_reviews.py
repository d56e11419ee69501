"""What was approved is what moves: any change asks people again, and a deletion ends the review."""

import pytest

from accounts import access
from accounts.models import User
from accounts.rights import Role
from approvals import tasks
from approvals.models import Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import apply_review, decide
from approvals.queries import checks, find_review, present_digest, waiting_for
from lib.errors import Conflict, HouseError, NotFound
from registry.models import ModelVersion, Placement
from registry.operations.models import delete_model
from registry.operations.versions import delete_version, describe_version
from tests.approvals.words import APPROVE, CHANGES, COMMENT, REJECT, Judge, State, state
from tracking.models import LatestMetric
from tracking.operations.measurements import Measurement, log_batch


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


def test_a_deleted_version_closes_its_review(
    review: Review, version: ModelVersion, maintainer: User, reviewer: User
) -> None:
    delete_version(version, actor=maintainer)
    assert state(review) == State.WITHDRAWN
    with pytest.raises(HouseError):
        decide(review, APPROVE, actor=reviewer)
    with pytest.raises(NotFound):
        find_review(review.pk, actor=maintainer)


def test_a_deleted_model_closes_its_reviews(review: Review, version: ModelVersion, maintainer: User) -> None:
    delete_model(version.model, actor=maintainer)
    assert state(review) == State.WITHDRAWN


@pytest.mark.parametrize("loses", ["the role", "the account"])
def test_the_approval_of_somebody_who_is_no_reviewer_any_more_does_not_count(
    version: ModelVersion, review: Review, reviewer: User, other_reviewer: User, system: User, judge: Judge, loses: str
) -> None:
    decide(review, APPROVE, actor=reviewer)
    if loses == "the role":
        access.revoke(Role.REVIEWER, on=version.model.registry, to=reviewer, actor=system)
    else:
        User.objects.filter(pk=reviewer.pk).update(is_active=False)
    judge(version)
    assert apply_review(review, actor=system) is None
    assert not Placement.objects.exists()
    decide(review, APPROVE, actor=other_reviewer)
    assert state(review) == State.APPLIED
