"""Who is too close to a version to approve it."""

import pytest

from accounts import access
from accounts.models import User
from accounts.rights import Role
from approvals import tasks
from approvals.models import Decision, Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import decide, request_review
from approvals.queries import hindrance
from lib.errors import Forbidden
from registry.models import ModelVersion, Placement, RegisteredModel
from registry.operations.versions import Origin, create_version
from tests.approvals.words import APPROVE, Judge, StageOf, State, state
from tests.conftest import Member
from tests.factories.registry import register_files
from tests.factories.tracking import new_logged_model, new_run
from tracking.operations.measurements import Measurement, log_batch


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
