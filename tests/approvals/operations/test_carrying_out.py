"""Approved reviews at protected places: who carries them out."""

import pytest

from accounts.models import Team, User
from accounts.operations.teams import add_member, create_team
from accounts.rights import Role
from approvals.models import Promotion, Review
from approvals.operations.reviews import apply_review, carry_out_review, decide, request_review
from approvals.queries import checks_in_full, may_carry_out, passage_check
from events.models import Event
from lib.errors import Conflict, Forbidden, GateRefused
from registry.models import ModelVersion, Placement, Protection
from registry.operations.placements import move_alias, move_stage
from registry.operations.protections import protect_place, release_place
from registry.queries import current_stage
from tests.approvals.words import APPROVE, Judge, StageOf, State, state
from tests.conftest import Member
from tests.factories.registry import register_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(system: User) -> Team:
    """The team release, with nobody in it."""
    return create_team("release", actor=system)


@pytest.fixture
def waiting(
    review: Review, version: ModelVersion, judge: Judge, stage: StageOf, team: Team, maintainer: User, reviewer: User
) -> Review:
    """Approved by a reviewer, clean, and to go to Production, which the team release alone may touch."""
    protect_place(version.model.registry, stage=stage("Production"), teams=[team], actor=maintainer)
    judge(version)
    decide(review, APPROVE, actor=reviewer)
    review.refresh_from_db()
    return review


def test_gatehouse_waits_for_somebody_who_may_move_there(waiting: Review, version: ModelVersion, system: User) -> None:
    assert state(waiting) == State.APPROVED
    assert current_stage(version) == "None"
    assert apply_review(waiting, actor=system) is None
    check = passage_check(waiting)
    assert check is not None
    assert not check.holds
    assert check.sentence == ("Approved; waiting for somebody who may move versions to Production: the team release.")
    assert checks_in_full(waiting)[-1] == check


def test_gatehouse_carries_it_out_once_who_asked_may(
    waiting: Review, version: ModelVersion, team: Team, scientist: User, system: User
) -> None:
    add_member(team, scientist, actor=system)
    assert apply_review(waiting, actor=system) is not None
    assert current_stage(version) == "Production"


def test_gatehouse_carries_it_out_if_one_who_approves_may(
    review: Review, version: ModelVersion, judge: Judge, stage: StageOf, maintainer: User, member: Member
) -> None:
    protect_place(version.model.registry, stage=stage("Production"), roles=[Role.MAINTAINER], actor=maintainer)
    judge(version)
    decide(review, APPROVE, actor=member(Role.MAINTAINER, version.model))
    assert state(review) == State.APPLIED
    assert current_stage(version) == "Production"


def test_an_approval_lets_nobody_through_who_could_not_move_anything(
    review: Review,
    version: ModelVersion,
    judge: Judge,
    stage: StageOf,
    team: Team,
    maintainer: User,
    reviewer: User,
    system: User,
) -> None:
    protect_place(version.model.registry, stage=stage("Production"), teams=[team], actor=maintainer)
    add_member(team, reviewer, actor=system)
    judge(version)
    decide(review, APPROVE, actor=reviewer)
    assert state(review) == State.APPROVED


def test_somebody_who_may_carries_it_out_in_their_own_name(
    waiting: Review, version: ModelVersion, team: Team, scientist: User, maintainer: User, system: User
) -> None:
    for person in (scientist, maintainer):
        assert not may_carry_out(waiting, person)
        with pytest.raises(Forbidden, match="Only the team release may move versions to Production"):
            carry_out_review(waiting, actor=person)
    add_member(team, maintainer, actor=system)
    assert may_carry_out(waiting, maintainer)
    promotion = carry_out_review(waiting, actor=maintainer)
    assert state(waiting) == State.APPLIED
    assert [placement.opened_by for placement in promotion.placements.all()] == [maintainer]
    assert Event.objects.filter(kind="promotion.done").latest("pk").actor_name == maintainer.username
    with pytest.raises(Conflict, match="applied already"):
        carry_out_review(waiting, actor=maintainer)


def test_a_review_that_is_not_approved_or_not_complete_is_not_carried_out(
    review: Review, version: ModelVersion, maintainer: User, reviewer: User
) -> None:
    with pytest.raises(Conflict, match="not approved yet"):
        carry_out_review(review, actor=maintainer)
    decide(review, APPROVE, actor=reviewer)
    with pytest.raises(GateRefused, match="scan"):
        carry_out_review(review, actor=maintainer)
    assert current_stage(version) == "None"


def test_moving_by_hand_closes_the_review(
    waiting: Review, version: ModelVersion, stage: StageOf, team: Team, maintainer: User, system: User
) -> None:
    add_member(team, maintainer, actor=system)
    move_stage(version, stage("Production"), actor=maintainer)
    apply_review(waiting, actor=system)
    assert state(waiting) == State.APPLIED
    [placement] = Promotion.objects.get(review=waiting).placements.all()
    assert placement.opened_by == maintainer


def test_a_released_place_is_waited_for_no_longer(
    waiting: Review, version: ModelVersion, maintainer: User, system: User
) -> None:
    release_place(Protection.objects.get(), actor=maintainer)
    assert passage_check(waiting) is None
    assert apply_review(waiting, actor=system) is not None


def test_every_place_on_the_way_counts(
    version: ModelVersion, judge: Judge, stage: StageOf, team: Team, scientist: User, maintainer: User, reviewer: User
) -> None:
    judge(version)
    move_stage(version, stage("Staging"), actor=scientist)
    protect_place(version.model.registry, stage=stage("Staging"), teams=[team], actor=maintainer)
    protect_place(version.model.registry, alias="champion", roles=[Role.MAINTAINER], actor=maintainer)
    both = request_review(version, stage=stage("Production"), alias="champion", actor=scientist)
    decide(both, APPROVE, actor=reviewer)
    both.refresh_from_db()
    check = passage_check(both)
    assert check is not None
    assert "away from Staging: the team release; move or remove @champion: maintainers" in check.sentence


def test_what_no_place_protects_waits_for_nobody(
    review: Review, version: ModelVersion, team: Team, maintainer: User
) -> None:
    protect_place(version.model.registry, alias="blue", teams=[team], actor=maintainer)
    assert passage_check(review) is None
    move_alias(version, "green", actor=maintainer)


def test_a_place_that_another_version_leaves_meanwhile_is_named_once(
    waiting: Review, version: ModelVersion, stage: StageOf, scientist: User, system: User
) -> None:
    other = register_files(version.model, {"w": b"2"}, actor=scientist)
    Placement.objects.create(model=version.model, version=other, stage=stage("Production"), opened_by=system)
    check = passage_check(waiting)
    assert check is not None
    assert check.sentence.count("Production") == 1
