"""Rolling back stages and aliases."""

from collections.abc import Callable

import pytest

from accounts.models import User
from approvals.models import Policy
from approvals.operations.policies import create_policy
from events.models import Event
from lib.errors import Conflict, Forbidden, GateRefused, Invalid
from registry.models import ModelVersion, Stage
from registry.operations.placements import move_alias, move_stage, remove_alias
from registry.operations.rollbacks import roll_back
from registry.operations.versions import delete_version
from registry.queries import current_stage, find_stage, version_at
from tests.factories.registry import register_files


@pytest.fixture
def three(version: ModelVersion, scientist: User) -> list[ModelVersion]:
    """Versions 1, 2 and 3, which @blue named one after the other."""
    more = [register_files(version.model, {"weights.txt": str(n).encode()}, actor=scientist) for n in (2, 3)]
    for one in [version, *more]:
        move_alias(one, "blue", actor=scientist)
    return [version, *more]


def named(version: ModelVersion) -> int:
    """The number of the version that @blue names."""
    return version_at(version.model, alias="blue").number


def test_the_version_before_comes_back_and_then_the_one_before_that(three: list[ModelVersion], scientist: User) -> None:
    model = three[0].model
    assert roll_back(model, alias="blue", reason="It is slow.", actor=scientist).version == three[1]
    assert named(three[0]) == 2
    line = Event.objects.get(kind="version.rolled_back")
    assert (line.subject_name, line.reason, line.details["to"]) == ("iris version 2", "It is slow.", "@blue")
    roll_back(model, alias="blue", reason="So is this.", actor=scientist)
    assert named(three[0]) == 1
    with pytest.raises(Conflict, match="No other version of iris stood under @blue before"):
        roll_back(model, alias="blue", reason="And this.", actor=scientist)
    assert named(three[0]) == 1


def test_what_was_taken_away_comes_back(three: list[ModelVersion], scientist: User) -> None:
    remove_alias(three[0].model, "blue", actor=scientist)
    assert roll_back(three[0].model, alias="blue", reason="Needed.", actor=scientist).version == three[2]


def test_at_a_stage_the_version_before_leaves_the_archive(
    three: list[ModelVersion], scientist: User, stage: Callable[[str], Stage]
) -> None:
    Policy.objects.update(is_in_force=False)
    for one in three[:2]:
        move_stage(one, stage("Production"), actor=scientist)
    placement = roll_back(three[0].model, stage=stage("Production"), reason="It is slow.", actor=scientist)
    assert (placement.version, placement.stage) == (three[0], stage("Production"))
    assert [current_stage(one) for one in three] == ["Production", "Archived", "None"]


def test_after_a_way_back_and_a_new_version_it_goes_to_what_stood_last(
    three: list[ModelVersion], scientist: User
) -> None:
    roll_back(three[0].model, alias="blue", reason="3 is slow.", actor=scientist)
    fourth = register_files(three[0].model, {"weights.txt": b"4"}, actor=scientist)
    move_alias(fourth, "blue", actor=scientist)
    assert roll_back(three[0].model, alias="blue", reason="So is 4.", actor=scientist).version == three[1]


def test_a_deleted_version_is_passed_over(three: list[ModelVersion], scientist: User, maintainer: User) -> None:
    delete_version(three[1], actor=maintainer)
    assert roll_back(three[0].model, alias="blue", reason="It is slow.", actor=scientist).version == three[0]


def test_a_stage_that_holds_several_is_not_rolled_back(three: list[ModelVersion], scientist: User) -> None:
    staging = find_stage(three[0].model.registry, "Staging")
    with pytest.raises(Invalid) as refused:
        roll_back(three[0].model, stage=staging, reason="x", actor=scientist)
    assert refused.value.field == "stage"


@pytest.mark.parametrize(("field", "said"), [("stage", {}), ("reason", {"alias": "blue", "reason": " "})])
def test_half_a_request_is_refused(
    three: list[ModelVersion], scientist: User, field: str, said: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        roll_back(
            three[0].model, alias=said.get("alias", ""), reason=said.get("reason", "It is slow."), actor=scientist
        )
    assert refused.value.field == field
    assert named(three[0]) == 3


def test_who_may_not_move_is_refused(three: list[ModelVersion], reviewer: User) -> None:
    with pytest.raises(Forbidden):
        roll_back(three[0].model, alias="blue", reason="x", actor=reviewer)


def test_a_policy_holds_for_the_way_back_too(three: list[ModelVersion], scientist: User, maintainer: User) -> None:
    create_policy(three[0].model.registry, alias="blue", actor=maintainer)
    with pytest.raises(GateRefused, match="ask for a review of version 2 first"):
        roll_back(three[0].model, alias="blue", reason="It is slow.", actor=scientist)
    assert named(three[0]) == 3
    assert not Event.objects.filter(kind="version.rolled_back").exists()
