"""Teams and who is in them."""

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from accounts import access
from accounts.models import Team, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Invalid


@transaction.atomic
def create_team(name: str, *, actor: User) -> Team:
    """A new team with nobody in it."""
    access.require(actor, Right.ADMINISTER, None)
    if not name.strip() or {":", "/"} & set(name) or len(name) > 100:
        raise Invalid("name", "A team's name has 1 to 100 characters and neither colon nor slash.")
    try:
        with transaction.atomic():
            team = Team.objects.create(group=Group.objects.create(name=name), name=name)
    except IntegrityError as error:
        raise AlreadyExists(f"There is already a team {name}.") from error
    record(Kind.TEAM_CREATED, actor=actor, subject=team)
    return team


@transaction.atomic
def add_member(team: Team, member: User, *, actor: User) -> None:
    """Put somebody into a team; what the team may, the member may from now on."""
    _require_shared(team, actor)
    member.groups.add(team.group)
    record(Kind.TEAM_MEMBER_ADDED, actor=actor, subject=team, member=member.username)


@transaction.atomic
def remove_member(team: Team, member: User, *, actor: User) -> None:
    """Take somebody out of a team."""
    _require_shared(team, actor)
    member.groups.remove(team.group)
    record(Kind.TEAM_MEMBER_REMOVED, actor=actor, subject=team, member=member.username)


def _require_shared(team: Team, actor: User) -> None:
    access.require(actor, Right.ADMINISTER, None)
    if team.is_personal:
        raise Invalid("team", "A personal team has one member for good.")
