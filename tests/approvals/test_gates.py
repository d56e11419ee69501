"""What approvals say about moves that people make themselves."""

import pytest

from accounts.models import User
from approvals.models import Review
from approvals.operations.policies import create_policy
from approvals.operations.reviews import apply_review, decide, request_review
from lib.errors import GateRefused
from registry.models import ModelVersion, Placement
from registry.operations.placements import move_alias, move_stage, remove_alias
from registry.queries import current_stage, version_at
from scanning.models import Verdict
from tests.approvals.words import APPROVE, Judge, StageOf, State, state
from tests.factories.registry import register_files


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


def test_every_reason_of_the_gate_is_a_sentence(
    version: ModelVersion, review: Review, scientist: User, stage: StageOf, judge: Judge
) -> None:
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


def test_only_a_maintainer_takes_a_version_out_of_a_governed_place(
    version: ModelVersion,
    review: Review,
    scientist: User,
    reviewer: User,
    maintainer: User,
    stage: StageOf,
    judge: Judge,
) -> None:
    judge(version)
    decide(review, APPROVE, actor=reviewer)
    request = request_review(version, alias="champion", actor=scientist)
    decide(request, APPROVE, actor=reviewer)
    with pytest.raises(GateRefused, match="only a maintainer"):
        move_stage(version, stage("Archived"), actor=scientist)
    with pytest.raises(GateRefused, match="only a maintainer"):
        remove_alias(version.model, "champion", actor=scientist)
    assert version_at(version.model, stage="Production") == version_at(version.model, alias="champion") == version
    remove_alias(version.model, "champion", actor=maintainer)
    move_stage(version, stage("Archived"), actor=maintainer)
    assert current_stage(version) == "Archived"


def test_standing_there_is_no_right_to_send_others_away(
    version: ModelVersion, scientist: User, maintainer: User, stage: StageOf
) -> None:
    second = register_files(version.model, {"weights.txt": b"4"}, actor=scientist)
    for each in (version, second):
        move_stage(each, stage("Staging"), actor=scientist)
    create_policy(version.model.registry, stage="Staging", actor=maintainer)
    with pytest.raises(GateRefused, match="only a maintainer"):
        move_stage(second, stage("Staging"), archive_others=True, actor=scientist)
    assert current_stage(version) == "Staging"
    move_stage(second, stage("Staging"), archive_others=True, actor=maintainer)
    assert current_stage(version) == "Archived"


def test_a_move_back_to_an_earlier_version_is_reviewed_again(
    version: ModelVersion,
    review: Review,
    scientist: User,
    reviewer: User,
    maintainer: User,
    stage: StageOf,
    judge: Judge,
) -> None:
    judge(version)
    decide(review, APPROVE, actor=reviewer)
    move_stage(version, stage("Archived"), actor=maintainer)
    with pytest.raises(GateRefused, match="ask for a review"):
        move_stage(version, stage("Production"), actor=scientist)
    again = request_review(version, stage=stage("Production"), actor=scientist)
    decide(again, APPROVE, actor=reviewer)
    assert version_at(version.model, stage="Production") == version
