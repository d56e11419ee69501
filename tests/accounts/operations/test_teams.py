"""Teams and who is in them."""

from collections.abc import Callable

import pytest

from accounts import access
from accounts.authentication import with_token
from accounts.models import Registry, Team, User
from accounts.operations.standing import deactivate_account
from accounts.operations.teams import (
    add_member,
    appoint_lead,
    create_team,
    delete_team,
    dismiss_lead,
    map_sso_group,
    remove_member,
    rename_team,
    unmap_sso_group,
)
from accounts.queries import find_team, may_fill, members_of, roles_of_team, teams_for
from accounts.rights import Right, Role, Scope
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from registry.models import RegisteredModel


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
    with pytest.raises(NotFound):
        add_member(team, maintainer, actor=maintainer)
    add_member(team, maintainer, actor=system)
    for change in (
        lambda: add_member(team, maintainer, actor=maintainer),
        lambda: remove_member(team, maintainer, actor=maintainer),
        lambda: rename_team(team, "theirs", actor=maintainer),
        lambda: delete_team(team, actor=maintainer),
        lambda: appoint_lead(team, maintainer, actor=maintainer),
        lambda: dismiss_lead(team, maintainer, actor=maintainer),
        lambda: map_sso_group(team, "fraud", actor=maintainer),
    ):
        with pytest.raises(Forbidden):
            change()


def lines(team: Team) -> list[str]:
    """What the log tells of a team after it was made."""
    found = Event.objects.filter(subject_type="Team", subject_id=team.pk).order_by("pk")
    return list(found.values_list("kind", flat=True))[1:]


@pytest.fixture
def fraud(system: User, scientist: User) -> Team:
    """A team that the scientist leads."""
    team = create_team("fraud", actor=system)
    add_member(team, scientist, actor=system)
    appoint_lead(team, scientist, actor=system)
    return team


def test_what_changes_nothing_is_not_told(fraud: Team, scientist: User, reviewer: User, system: User) -> None:
    before = lines(fraud)
    add_member(fraud, scientist, actor=system)
    appoint_lead(fraud, scientist, actor=system)
    rename_team(fraud, "fraud", actor=system)
    for change in (remove_member, dismiss_lead):
        with pytest.raises(NotFound):
            change(fraud, reviewer, actor=system)
    assert lines(fraud) == before


def test_a_lead_puts_others_in_and_takes_them_out(
    fraud: Team, scientist: User, reviewer: User, ci_account: User
) -> None:
    for member in (reviewer, ci_account):
        add_member(fraud, member, actor=scientist)
    assert dict(members_of(fraud).values_list("username", "is_lead")) == {
        "ada": True,
        "ci": False,
        "grace": False,
    }
    remove_member(fraud, reviewer, actor=scientist)
    assert not reviewer.groups.filter(pk=fraud.group_id).exists()


def test_a_lead_changes_nothing_else_and_no_other_team(
    fraud: Team, scientist: User, reviewer: User, maintainer: User, system: User
) -> None:
    other = create_team("risk", actor=system)
    with pytest.raises(NotFound):
        add_member(other, scientist, actor=scientist)
    add_member(fraud, reviewer, actor=system)
    for change in (
        lambda: appoint_lead(fraud, reviewer, actor=scientist),
        lambda: rename_team(fraud, "mine", actor=scientist),
        lambda: delete_team(fraud, actor=scientist),
        lambda: map_sso_group(fraud, "everybody", actor=scientist),
    ):
        with pytest.raises(Forbidden):
            change()
    appoint_lead(fraud, reviewer, actor=system)
    with pytest.raises(Forbidden):
        remove_member(fraud, reviewer, actor=scientist)
    with pytest.raises(NotFound):
        add_member(maintainer.personal_team, scientist, actor=scientist)


def test_a_lead_who_left_leads_no_more(fraud: Team, scientist: User, reviewer: User, system: User) -> None:
    remove_member(fraud, scientist, actor=scientist)
    assert not fraud.leads.exists()
    with pytest.raises(NotFound):
        add_member(fraud, scientist, actor=scientist)
    add_member(fraud, scientist, actor=system)
    with pytest.raises(Forbidden):
        add_member(fraud, reviewer, actor=scientist)
    # Also somebody whom single sign-on took out, past the operation.
    fraud.leads.add(scientist)
    scientist.groups.remove(fraud.group)
    with pytest.raises(NotFound):
        add_member(fraud, reviewer, actor=scientist)


def test_a_lead_needs_a_token_for_administering(
    fraud: Team, scientist: User, reviewer: User, token_of: Callable[..., str]
) -> None:
    with pytest.raises(Forbidden):
        add_member(fraud, reviewer, actor=with_token(token_of(scientist, Scope.READ, Scope.WRITE)))
    add_member(fraud, reviewer, actor=with_token(token_of(scientist, Scope.READ, Scope.ADMIN)))


def test_only_a_member_leads(fraud: Team, reviewer: User, system: User) -> None:
    with pytest.raises(Conflict):
        appoint_lead(fraud, reviewer, actor=system)


def test_a_deactivated_account_and_gatehouse_come_into_no_team(
    fraud: Team, scientist: User, reviewer: User, system: User, administrator: User
) -> None:
    deactivate_account(reviewer, actor=administrator)
    with pytest.raises(Conflict):
        add_member(fraud, reviewer, actor=scientist)
    with pytest.raises(Invalid):
        add_member(fraud, system, actor=scientist)


def test_people_see_their_teams_and_no_others(
    fraud: Team, scientist: User, reviewer: User, administrator: User, system: User, token_of: Callable[..., str]
) -> None:
    create_team("risk", actor=system)
    add_member(fraud, reviewer, actor=system)
    for person, seen in ((scientist, ["fraud"]), (reviewer, ["fraud"]), (administrator, ["fraud", "risk"])):
        assert [team.name for team in teams_for(person).order_by("name")] == seen
    for name in ("risk", "no-such-team", "person:ada"):
        with pytest.raises(NotFound) as refusal:
            find_team(name, actor=scientist)
        assert refusal.value.message == f"Team {name} was not found."
    assert [team.name for team in teams_for(with_token(token_of(scientist, Scope.READ)))] == ["fraud"]
    assert not teams_for(with_token(token_of(scientist, Scope.WRITE))).exists()


def test_a_team_keeps_its_roles_under_another_name(
    fraud: Team, scientist: User, registry: Registry, system: User
) -> None:
    access.grant(Role.MAINTAINER, on=registry, to=fraud, actor=system)
    rename_team(fraud, "risk", actor=system)
    assert find_team("risk", actor=scientist) == fraud
    assert access.can(scientist, Right.MANAGE, registry)
    create_team("fraud", actor=system)
    with pytest.raises(AlreadyExists):
        rename_team(fraud, "fraud", actor=system)
    with pytest.raises(Invalid):
        rename_team(fraud, "a/b", actor=system)


def test_the_roles_of_a_deleted_team_go_with_it_and_the_log_names_them(
    fraud: Team, reviewer: User, model: RegisteredModel, system: User
) -> None:
    add_member(fraud, reviewer, actor=system)
    access.grant(Role.MAINTAINER, on=model.registry, to=fraud, actor=system)
    access.grant(Role.CONTRIBUTOR, on=model, to=fraud, actor=system)
    assert access.can(reviewer, Right.MANAGE, model)
    delete_team(fraud, actor=system)
    assert not access.can(reviewer, Right.MANAGE, model)
    assert not Team.objects.filter(name="fraud").exists()
    line = Event.objects.latest("pk")
    assert line.kind == "team.deleted"
    assert line.details["roles"] == ["maintainer on registry main", "contributor on model iris"]
    assert line.details["members"] == ["ada", "grace"]
    with pytest.raises(NotFound):
        remove_member(fraud, reviewer, actor=system)


def test_the_page_of_a_team_shows_roles_on_what_one_sees_only(
    fraud: Team, model: RegisteredModel, stranger: User, administrator: User, system: User
) -> None:
    access.grant(Role.REVIEWER, on=model, to=fraud, actor=system)
    assert [grant.content_object for grant in roles_of_team(fraud, actor=administrator)] == [model]
    assert roles_of_team(fraud, actor=stranger) == []


def test_groups_at_the_provider_are_mapped_once(fraud: Team, system: User) -> None:
    map_sso_group(fraud, "Fraud Team", actor=system)
    with pytest.raises(AlreadyExists):
        map_sso_group(fraud, "Fraud Team", actor=system)
    unmap_sso_group(fraud, "Fraud Team", actor=system)
    with pytest.raises(NotFound):
        unmap_sso_group(fraud, "Fraud Team", actor=system)
    for name in ("", "  ", "x" * 201, "\0"):
        with pytest.raises(Invalid):
            map_sso_group(fraud, name, actor=system)
    assert lines(fraud)[-2:] == ["team.sso_group_mapped", "team.sso_group_unmapped"]


def test_revoking_a_role_that_is_not_there_is_not_told(fraud: Team, registry: Registry, maintainer: User) -> None:
    access.grant(Role.READER, on=registry, to=fraud, actor=maintainer)
    before = Event.objects.count()
    access.revoke(Role.MAINTAINER, on=registry, to=fraud, actor=maintainer)
    assert Event.objects.count() == before
    access.revoke(Role.READER, on=registry, to=fraud, actor=maintainer)
    assert Event.objects.latest("pk").kind == "role.revoked"


def test_a_lead_who_audits_changes_no_team(scientist: User, stranger: User, system: User) -> None:
    team = create_team("fraud", actor=system)
    add_member(team, scientist, actor=system)
    appoint_lead(team, scientist, actor=system)
    scientist.is_auditor = True
    scientist.save(update_fields=["is_auditor"])
    assert not may_fill(team, actor=scientist)
    for change in (add_member, remove_member):
        with pytest.raises(Forbidden):
            change(team, stranger, actor=scientist)
