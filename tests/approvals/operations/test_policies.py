"""Putting policies in force."""

from collections.abc import Callable

import pytest

from accounts.models import Registry, User
from approvals.models import Policy
from approvals.operations.policies import create_policy
from approvals.queries import policies_for, policies_in_force, policy_on
from events.models import Event
from lib.errors import Forbidden, GateRefused, Invalid
from registry.models import ModelVersion, Stage
from registry.operations.placements import move_alias, move_stage

StageOf = Callable[[str], Stage]


def test_a_new_policy_takes_the_place_of_the_old_one(registry: Registry, maintainer: User, stage: StageOf) -> None:
    old = policy_on(registry, stage=stage("Production"))
    new = create_policy(registry, stage="Production", approvals_needed=2, actor=maintainer)
    assert policy_on(registry, stage=stage("Production")) == new
    assert new.number == 2
    assert old is not None
    old.refresh_from_db()
    assert not old.is_in_force
    assert len(policies_in_force(registry)) == 2
    line = Event.objects.latest("pk")
    assert (line.kind, line.details) == ("policy.created", {"approvals": 2, "clean_scan": True, "separation": True})


def test_a_policy_holds_for_its_stage_however_that_is_written(
    version: ModelVersion, maintainer: User, stage: StageOf
) -> None:
    assert create_policy(version.model.registry, stage="STAGING", actor=maintainer).stage == "Staging"
    with pytest.raises(GateRefused):
        move_stage(version, stage("Staging"), actor=maintainer)


@pytest.mark.parametrize("alias", ["champion", "Champion", "CHAMPION"])
def test_no_spelling_of_a_protected_alias_is_free(version: ModelVersion, maintainer: User, alias: str) -> None:
    with pytest.raises(GateRefused, match=f"@{alias} is governed by a policy"):
        move_alias(version, alias, actor=maintainer)


def test_another_spelling_replaces_the_policy_of_an_alias(registry: Registry, maintainer: User) -> None:
    new = create_policy(registry, alias="Champion", approvals_needed=3, actor=maintainer)
    assert policy_on(registry, alias="champion") == policy_on(registry, alias="CHAMPION") == new


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("stage", {}),
        ("stage", {"stage": "Production", "alias": "champion"}),
        ("stage", {"stage": "Nowhere"}),
        ("alias", {"alias": "latest"}),
        ("alias", {"alias": "a b"}),
        ("approvals_needed", {"stage": "Production", "approvals_needed": 21}),
        ("approvals_needed", {"stage": "Production", "approvals_needed": -1}),
    ],
)
def test_a_bad_policy_is_refused(registry: Registry, maintainer: User, field: str, values: dict[str, str]) -> None:
    count = Policy.objects.count()
    with pytest.raises(Invalid) as refusal:
        create_policy(registry, **values, actor=maintainer)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert (Policy.objects.count(), len(policies_in_force(registry))) == (count, 2)


def test_only_a_maintainer_makes_policies(registry: Registry, scientist: User, reviewer: User, stranger: User) -> None:
    for person in (scientist, reviewer):
        with pytest.raises(Forbidden):
            create_policy(registry, stage="Production", approvals_needed=0, actor=person)
    assert policies_for(reviewer).count() == 2
    assert not policies_for(stranger).exists()
