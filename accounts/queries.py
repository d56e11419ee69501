"""Reading accounts: the system user, registries and people as an actor may see them."""

from typing import Any

from django.db.models import Model, Q, QuerySet

from accounts import access
from accounts.models import ApiToken, Registry, Team, User
from accounts.rights import Right
from events.models import Event
from lib.errors import NotFound


def system_user() -> User:
    """The user in whose name Gatehouse acts in the background. The first migration made it."""
    return User.objects.get(kind=User.Kind.SYSTEM)


def registries_for(actor: User, right: Right = Right.SEE) -> QuerySet[Registry]:
    """The registries on which the actor has this right."""
    return access.visible(actor, Registry.objects.all(), right)


def find_registry(name: str, *, actor: User) -> Registry:
    """The registry of this name among those that the actor sees. Raises NotFound."""
    registry = registries_for(actor).filter(name=name).first()
    if registry is None:
        raise NotFound(f"Registry {name} was not found.")
    return registry


def default_registry(*, actor: User) -> Registry:
    """The registry for clients that name none. Raises NotFound."""
    registry = registries_for(actor).filter(is_default=True).first()
    if registry is None:
        raise NotFound("There is no default registry that you may see.")
    return registry


def tokens_of(actor: User) -> QuerySet[ApiToken]:
    """The actor's own tokens and those of the service accounts that the actor owns, newest first."""
    mine = Q(owner=actor) | Q(owner__owner=actor)
    return ApiToken.objects.filter(mine).select_related("owner").order_by("-pk")


def all_tokens(*, actor: User) -> QuerySet[ApiToken]:
    """Everybody's tokens, newest first; for administrators and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, None)
    return ApiToken.objects.select_related("owner").order_by("-pk")


def find_token(pk: int, *, actor: User) -> ApiToken:
    """One of `tokens_of(actor)`; administrators and auditors find any. Raises NotFound."""
    tokens = all_tokens(actor=actor) if access.can(actor, Right.AUDIT, None) else tokens_of(actor)
    token = tokens.filter(pk=pk).first()
    if token is None:
        raise NotFound("The token was not found.")
    return token


def people_for(actor: User) -> QuerySet[User]:
    """Everybody; for administrators and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, None)
    return User.objects.filter(kind=User.Kind.PERSON)


def service_accounts_for(actor: User) -> QuerySet[User]:
    """The accounts of machines; for administrators and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, None)
    return User.objects.filter(kind=User.Kind.SERVICE).select_related("owner")


def teams_for(actor: User) -> QuerySet[Team]:
    """The shared teams; for administrators and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, None)
    return Team.objects.filter(person=None).select_related("group")


def find_team(name: str, *, actor: User) -> Team:
    """One of `teams_for(actor)`. Raises NotFound."""
    team = teams_for(actor).filter(name=name).first()
    if team is None:
        raise NotFound(f"Team {name} was not found.")
    return team


def find_account(name: str, *, actor: User) -> User:
    """An account that the actor answers for: its own, or a service account of its own; administrators find any."""
    accounts = User.objects.exclude(kind=User.Kind.SYSTEM)
    if not access.can(actor, Right.ADMINISTER, None):
        accounts = accounts.filter(Q(pk=actor.pk) | Q(owner=actor))
    account = accounts.filter(username=name).first()
    if account is None:
        raise NotFound(f"Account {name} was not found.")
    return account


def grants_on(thing: Model, *, actor: User) -> QuerySet[Any]:
    """Who has which role on a registry, model or experiment; for its maintainers and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, thing)
    rows: Any = thing._meta.get_field("grants").related_model
    grants: QuerySet[Any] = rows.objects.filter(content_object=thing)
    return grants.select_related("group__team__person", "permission")


def find_grantee(*, team: str = "", account: str = "", on: Model, actor: User) -> Team:
    """The team, or the personal team of the account, to give a role to; for those who manage the thing."""
    access.require(actor, Right.MANAGE, on)
    teams = Team.objects.filter(person__username=account) if account else Team.objects.filter(person=None, name=team)
    found = teams.select_related("group").first()
    if found is None:
        raise NotFound(f"{f'Account {account}' if account else f'Team {team}'} was not found.")
    return found


def audit_log(*, actor: User) -> QuerySet[Event]:
    """Every line of the log; for administrators and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, None)
    return Event.objects.all()
