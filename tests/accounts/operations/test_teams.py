"""Teams and who is in them."""

import pytest

from accounts.models import Team, User
from accounts.operations.teams import add_member, create_team, remove_member
from events.models import Event
from lib.errors import AlreadyExists, Forbidden, Invalid


def test_members_come_and_go_and_the_log_tells_of_it(scientist: User, system: User) -> None:
    team = create_team("fraud", actor=system)
    add_member(team, scientist, actor=system)
    assert team.group in scientist.groups.all()
    remove_member(team, scientist, actor=system)
    assert team.group not in scientist.groups.all()
    kinds = Event.objects.filter(subject_type="Team").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["team.created", "team.member_added", "team.member_removed"]


@pytest.mark.parametrize("name", ["", "  ", "person:ada", "x" * 101])
def test_a_bad_name_makes_no_team(system: User, name: str) -> None:
    with pytest.raises(Invalid):
        create_team(name, actor=system)
    assert not Team.objects.filter(person=None).exists()


def test_a_name_is_taken_once(system: User) -> None:
    create_team("fraud", actor=system)
    with pytest.raises(AlreadyExists):
        create_team("fraud", actor=system)


def test_nobody_joins_or_leaves_a_personal_team(scientist: User, reviewer: User, system: User) -> None:
    with pytest.raises(Invalid):
        add_member(scientist.personal_team, reviewer, actor=system)
    with pytest.raises(Invalid):
        remove_member(scientist.personal_team, scientist, actor=system)


def test_only_an_administrator_changes_teams(maintainer: User, system: User) -> None:
    team = create_team("fraud", actor=system)
    with pytest.raises(Forbidden):
        create_team("mine", actor=maintainer)
    with pytest.raises(Forbidden):
        add_member(team, maintainer, actor=maintainer)
