"""Teams, who is in them and who leads them. Leads change who is in their team; administrators change all else."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Grant, SsoGroup, Team, User
from accounts.ownership import speaks_for_itself
from accounts.queries import find_team
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from lib.look_alikes import fold, has_unseen, mixes_scripts

_MOST_GRANTS_TOLD = 200


@transaction.atomic
def create_team(name: str, *, actor: User) -> Team:
    """A new team with nobody in it."""
    access.require(actor, Right.ADMINISTER, None)
    _check_name(name)
    _check_is_free(name)
    try:
        with transaction.atomic():
            team = Team.objects.create(group=Group.objects.create(name=name), name=name)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already a team {name}.") from error
    record(Kind.TEAM_CREATED, actor=actor, subject=team)
    return team


@transaction.atomic
def rename_team(team: Team, name: str, *, actor: User) -> Team:
    """Give a team another name; its members and roles stay."""
    _require_shared(team, actor)
    _check_name(name)
    before = _locked(team).name
    if before == name:
        return team
    _check_is_free(name, but=team)
    try:
        with transaction.atomic():
            Team.objects.filter(pk=team.pk).update(name=name)
            Group.objects.filter(pk=team.group_id).update(name=name)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already a team {name}.") from error
    team.name = name
    record(Kind.TEAM_RENAMED, actor=actor, subject=team, before={"name": before}, after={"name": name})
    return team


@transaction.atomic
def delete_team(team: Team, *, actor: User) -> None:
    """End a team for good. The roles that it had go with it, and the log says which."""
    _require_shared(team, actor)
    _locked(team)
    grants = _grants_of(team)
    members = list(team.group.user_set.order_by("username").values_list("username", flat=True)[:_MOST_GRANTS_TOLD])
    record(
        Kind.TEAM_DELETED,
        actor=actor,
        subject=team,
        roles=grants[:_MOST_GRANTS_TOLD],
        roles_count=len(grants),
        members=members,
    )
    team.group.delete()


@transaction.atomic
def add_member(team: Team, member: User, *, actor: User) -> None:
    """Put somebody into a team; what the team may, the member may from now on. Fine if they are in it."""
    _require_lead(team, actor)
    if member.is_system:
        raise Invalid("member", "Gatehouse itself is in no team.")
    if not member.is_active:
        raise Conflict(f"{member} is deactivated and comes into no team.")
    _locked(team)
    if member.groups.filter(pk=team.group_id).exists():
        return
    member.groups.add(team.group)
    record(Kind.TEAM_MEMBER_ADDED, actor=actor, subject=team, member=member.username)


@transaction.atomic
def remove_member(team: Team, member: User, *, actor: User) -> None:
    """Take somebody out of a team, who leads it no more. Raises NotFound for somebody who is not in it.

    Leads go by themselves or by an administrator, not by another lead.
    """
    _require_lead(team, actor)
    _locked(team)
    if not member.groups.filter(pk=team.group_id).exists():
        raise NotFound(f"{member} is not in team {team}.")
    leads = team.leads.filter(pk=member.pk).exists()
    if leads and member.pk != actor.pk and not access.can(actor, Right.ADMINISTER, None):
        raise Forbidden("Only an administrator takes a lead out of a team.")
    member.groups.remove(team.group)
    team.leads.remove(member)
    was_lead: dict[str, Any] = {"was_lead": True} if leads else {}
    record(Kind.TEAM_MEMBER_REMOVED, actor=actor, subject=team, member=member.username, **was_lead)


@transaction.atomic
def appoint_lead(team: Team, member: User, *, actor: User) -> None:
    """Let a member put others in and take them out. Fine if they do already."""
    _require_shared(team, actor)
    _locked(team)
    if not member.groups.filter(pk=team.group_id).exists():
        raise Conflict(f"{member} is not in team {team}; only a member leads it.")
    if team.leads.filter(pk=member.pk).exists():
        return
    team.leads.add(member)
    record(Kind.TEAM_LEAD_APPOINTED, actor=actor, subject=team, member=member.username)


@transaction.atomic
def dismiss_lead(team: Team, member: User, *, actor: User) -> None:
    """Let a lead be a plain member again. Raises NotFound for somebody who leads the team not."""
    _require_shared(team, actor)
    _locked(team)
    if not team.leads.filter(pk=member.pk).exists():
        raise NotFound(f"{member} does not lead team {team}.")
    team.leads.remove(member)
    record(Kind.TEAM_LEAD_DISMISSED, actor=actor, subject=team, member=member.username)


@transaction.atomic
def map_sso_group(team: Team, group: str, *, actor: User) -> SsoGroup:
    """Let the people of a group at the single sign-on provider be the members of this team from their next sign-in."""
    _require_shared(team, actor)
    if not group.strip() or len(group) > 200 or "\0" in group:
        raise Invalid("group", "The name of a group at the provider has 1 to 200 characters.")
    try:
        with transaction.atomic():
            mapped = SsoGroup.objects.create(team=team, name=group)
    except IntegrityError as error:
        raise AlreadyExists(f"The group {group} fills team {team} already.") from error
    record(Kind.SSO_GROUP_MAPPED, actor=actor, subject=team, group=group)
    return mapped


@transaction.atomic
def unmap_sso_group(team: Team, group: str, *, actor: User) -> None:
    """Let a group at the provider fill the team no more; who is in the team stays. Raises NotFound."""
    _require_shared(team, actor)
    if SsoGroup.objects.filter(team=team, name=group).delete()[0] == 0:
        raise NotFound(f"The group {group} does not fill team {team}.")
    record(Kind.SSO_GROUP_UNMAPPED, actor=actor, subject=team, group=group)


def _check_name(name: str) -> None:
    if not name.strip() or {":", "/", "%", "\0"} & set(name) or len(name) > 100:
        raise Invalid("name", "A team's name has 1 to 100 characters and no colon, slash or percent sign.")
    if name != " ".join(name.split()).strip(".") or has_unseen(name) or mixes_scripts(name):
        raise Invalid("name", "A team's name has only characters that are seen, and no word in letters of two scripts.")


def _check_is_free(name: str, *, but: Team | None = None) -> None:
    """Raise AlreadyExists where another team's name looks the same; roles would go to the wrong one."""
    others = Team.objects.filter(person=None).exclude(pk=but.pk if but else 0).values_list("name", flat=True)
    if taken := next((other for other in others.iterator() if fold(other) == fold(name)), None):
        alike = "" if taken == name else f", which looks the same as {name}"
        raise AlreadyExists(f"There is already a team {taken}{alike}.")


def _require_shared(team: Team, actor: User) -> None:
    """Administrators, and no personal team. Whoever may not see the team gets NotFound."""
    if not access.can(actor, Right.ADMINISTER, None):
        find_team(team.name, actor=actor)
    access.require(actor, Right.ADMINISTER, None)
    _refuse_personal(team)


def _require_lead(team: Team, actor: User) -> None:
    """The same, or a lead of the team who came without a token or with one for administering."""
    if not actor.is_auditor and speaks_for_itself(actor) and team.leads.filter(groups=team.group_id).contains(actor):
        _refuse_personal(team)
        return
    _require_shared(team, actor)


def _refuse_personal(team: Team) -> None:
    if team.is_personal:
        raise Invalid("team", "A personal team has one member for good.")


def _locked(team: Team) -> Team:
    """The team as it is now, for one change at a time. Raises NotFound for one that was deleted meanwhile."""
    found = Team.objects.select_for_update().filter(pk=team.pk).first()
    if found is None:
        raise NotFound(f"Team {team} was not found.")
    return found


def _grants_of(team: Team) -> list[str]:
    """Every role that the team has, in words, from every table of grants."""
    tables: list[Any] = Grant.__subclasses__()
    return [
        f"{grant.permission.codename} on {grant.content_object._meta.verbose_name} {grant.content_object}"
        for table in tables
        for grant in table._base_manager.filter(group=team.group_id).select_related("permission", "content_object")
    ]
