"""Which roles grants give somebody: they must say what `access.can` says."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import access
from accounts.models import Registry, RegistryGrant, User
from accounts.operations.teams import add_member, create_team
from accounts.reach.roles import roles_on
from accounts.rights import RIGHTS_OF, Right, Role
from registry.models import ModelVersion, RegisteredModel
from tests.conftest import Member
from tests.factories.tracking import new_run


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("restricted", [False, True])
def test_roles_say_what_access_says(role: Role, restricted: bool, version: ModelVersion, member: Member) -> None:
    RegisteredModel.objects.filter(pk=version.model_id).update(restricted=restricted)
    run = new_run(version.model.registry, actor=version.uploader)
    of_registry, of_model = member(role, version.model.registry), member(role, version.model)
    for person in (of_registry, of_model):
        for thing in (version.model.registry, version.model, version, run):
            rights = {right for held in roles_on(person, thing) for right in RIGHTS_OF[held]}
            for right in Right:
                assert access.can(person, right, thing) == (right in rights), (person, thing, right)
    assert roles_on(of_registry, version) == (set() if restricted else {role})
    assert roles_on(of_registry, version, inherited=False) == set()


def test_all_roles_are_named(registry: Registry, model: RegisteredModel, scientist: User, system: User) -> None:
    team = create_team("release", actor=system)
    add_member(team, scientist, actor=system)
    access.grant(Role.REVIEWER, on=model, to=team, actor=system)
    assert roles_on(scientist, model) == {Role.REVIEWER, Role.CONTRIBUTOR}
    assert roles_on(scientist, registry) == {Role.CONTRIBUTOR}


def test_a_role_that_has_ended_and_an_inactive_account_give_none(
    registry: Registry, model: RegisteredModel, scientist: User, reviewer: User
) -> None:
    RegistryGrant.objects.filter(group=scientist.personal_team.group).update(
        ends_at=timezone.now() - timedelta(minutes=1)
    )
    assert roles_on(scientist, model) == set()
    reviewer.is_active = False
    assert roles_on(reviewer, model) == set()
