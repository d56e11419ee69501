"""Why somebody may or may not move a version, and the command that tells it."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.reach.explanations import Effect, Explanation
from accounts.rights import Role
from lib.errors import Forbidden, NotFound
from registry.explanations import explain_move
from registry.models import ModelVersion, Stage
from registry.operations.placements import move_stage
from registry.operations.protections import protect_place
from tests.conftest import Member
from tests.factories.tracking import new_experiment


def refusing(found: Explanation) -> list[str]:
    return [step.sentence for step in found.steps if step.effect is Effect.REFUSES]


def test_a_free_move_is_allowed(version: ModelVersion, scientist: User, stage: Callable[[str], Stage]) -> None:
    found = explain_move("", version, stage=stage("Staging"), actor=scientist)
    assert found.allowed
    assert found.sentence == "ada may move iris version 1 to Staging."
    assert not refusing(found)
    move_stage(version, stage("Staging"), actor=scientist)
    assert (
        "is at Staging already" in explain_move("", version, stage=stage("Staging"), actor=scientist).steps[-1].sentence
    )


def test_the_right_the_protection_and_the_gates_are_all_told(
    version: ModelVersion, maintainer: User, member: Member, stage: Callable[[str], Stage]
) -> None:
    member(Role.CONTRIBUTOR, version.model, name="rita")
    protect_place(version.model.registry, stage=stage("Production"), roles=[Role.MAINTAINER], actor=maintainer)
    found = explain_move("rita", version, stage=stage("Production"), actor=maintainer)
    assert not found.allowed
    kinds = [(step.kind, step.effect) for step in found.steps]
    assert ("role", Effect.GIVES) in kinds
    assert ("protection", Effect.REFUSES) in kinds
    assert ("gate", Effect.REFUSES) in kinds
    assert "Only maintainers may move versions to Production." in refusing(found)
    own = explain_move("", version, stage=stage("Production"), actor=maintainer)
    assert [step.effect for step in own.steps if step.kind == "protection"] == [Effect.NOTES]


def test_moves_of_others_are_explained_to_those_who_may_know(
    version: ModelVersion, scientist: User, stranger: User, maintainer: User
) -> None:
    with pytest.raises(Forbidden):
        explain_move("mary", version, alias="blue", actor=scientist)
    with pytest.raises(NotFound):
        explain_move("", version, alias="blue", actor=stranger)
    assert explain_move("ada", version, alias="blue", actor=maintainer).allowed


def test_the_command_tells_by_its_exit_code(version: ModelVersion, scientist: User, stranger: User) -> None:
    out = StringIO()
    experiment = new_experiment(version.model.registry, actor=scientist)
    call_command("explain_access", "ada", "promote", "main/iris/1", "--to", "Staging", stdout=out)
    call_command("explain_access", "ada", "see", "main", "--experiment", str(experiment.pk), stdout=out)
    call_command("explain_access", "ada", "register", "main/iris", stdout=out)
    assert "ada may move iris version 1 to Staging." in out.getvalue()
    for place in (["main/iris"], ["main/iris/1", "--to", "@champion"], ["main"]):
        with pytest.raises(SystemExit) as left:
            call_command("explain_access", "stranger", "promote", *place, stdout=StringIO())
        assert left.value.code == 1
    for who, place in (
        ("nobody", ["main"]),
        ("ada", ["elsewhere"]),
        ("ada", ["main/iris/7"]),
        ("ada", ["main", "--to", "x"]),
    ):
        with pytest.raises(CommandError) as refusal:
            call_command("explain_access", who, "see", *place, stdout=StringIO())
        assert refusal.value.returncode == 2
