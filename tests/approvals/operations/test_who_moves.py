"""Gatehouse makes a move only for people who could make it by hand."""

from collections.abc import Callable

import pytest

from accounts.models import User
from approvals.models import Decision, Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import carry_out_review, decide, request_review
from approvals.queries import checks_in_full
from lib.errors import Forbidden
from registry.models import ModelVersion, Stage
from registry.operations.placements import move_stage
from registry.queries import current_stage
from scanning.models import Scan

FindStage = Callable[[str], Stage]
Judge = Callable[[ModelVersion], Scan]


def test_who_may_not_move_does_not_by_asking(
    version: ModelVersion, reviewer: User, scientist: User, maintainer: User, stage: FindStage, judge: Judge
) -> None:
    create_policy(version.model.registry, stage="Production", approvals_needed=0, actor=maintainer)
    judge(version)
    with pytest.raises(Forbidden):
        move_stage(version, stage("Production"), actor=reviewer)
    review = request_review(version, stage=stage("Production"), actor=reviewer)
    assert review.state == Review.State.APPROVED
    assert current_stage(version) == "None"
    assert "waiting for somebody who may move versions of iris" in checks_in_full(review)[-1].sentence
    carry_out_review(review, actor=scientist)
    assert current_stage(version) == "Production"


def test_a_review_for_a_lower_stage_does_not_empty_a_governed_one(
    version: ModelVersion, scientist: User, reviewer: User, maintainer: User, stage: FindStage, judge: Judge
) -> None:
    judge(version)
    decide(
        request_review(version, stage=stage("Production"), actor=maintainer),
        Decision.Verdict.APPROVE,
        actor=reviewer,
    )
    create_policy(version.model.registry, stage="Staging", approvals_needed=0, actor=maintainer)
    review = request_review(version, stage=stage("Staging"), actor=scientist)
    assert current_stage(version) == "Production"
    assert "take a version away from Production" in checks_in_full(review)[-1].sentence
    carry_out_review(review, actor=maintainer)
    assert current_stage(version) == "Staging"
