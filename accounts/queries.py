"""Reading accounts: the system user, registries and people as an actor may see them."""

from typing import Any

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts import access
from accounts.models import ApiToken, Grant, Invitation, Registry, Team, TrustedWorkload, User
from accounts.ownership import speaks_for_itself
from accounts.rights import Right
from events.models import Event
from lib import digests
from lib.errors import Forbidden, NotFound
from lib.statements import Statement

MOST_ROLES = 100  # of one account on things of one kind, on its page


def system_user() -> User:
    """The user in whose name Gatehouse acts in the background. The first migration made it."""
    found = _system.first()
    if found is None:
        raise User.DoesNotExist
    return found


def registries_for(actor: User, right: Right = Right.SEE) -> QuerySet[Registry]:
    """The registries on which the actor has this right."""
    return access.visible(actor, Registry.objects.all(), right)


def find_registry(name: str, *, actor: User) -> Registry:
    """The registry of this name among those that the actor sees. Raises NotFound."""
    registry = registries_for(actor).filter(name=name).first()
    if registry is None:
        raise access.not_found(f"Registry {name} was not found.", actor)
    return registry


def default_registry(*, actor: User) -> Registry:
    """The registry for clients that name none. Raises NotFound."""
    registry = registries_for(actor).filter(is_default=True).first()
    if registry is None:
        raise NotFound("There is no default registry that you may see.")
    return registry


def tokens_of(actor: User) -> QuerySet[ApiToken]:
    """The actor's own tokens and those of the service accounts that the actor owns, newest first.

    Raises Forbidden for tokens that do not stand for the whole account: limited ones, or without the scope admin.
    """
    _require_whole_account(actor)
    mine = Q(owner=actor) | Q(owner__owner=actor)
    return ApiToken.objects.filter(mine).select_related("owner", "replaces").order_by("-pk")


def all_tokens(*, actor: User, owner: str = "", state: ApiToken.State | None = None) -> QuerySet[ApiToken]:
    """Everybody's tokens, or those of one account or in one state, newest first.

    For administrators and auditors, Forbidden for others.
    """
    access.require(actor, Right.AUDIT, None)
    tokens = ApiToken.objects.select_related("owner", "replaces").order_by("-pk")
    if owner:
        tokens = tokens.filter(owner__username=owner)
    return tokens.filter(ApiToken.in_state(state)) if state else tokens


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


def machines_of(actor: User) -> QuerySet[User]:
    """The service accounts that the actor owns, by name; all of them for administrators and auditors.

    Raises Forbidden for tokens that do not stand for the whole account.
    """
    if access.can(actor, Right.AUDIT, None):
        return service_accounts_for(actor).order_by("username")
    _require_whole_account(actor)
    own = User.objects.filter(kind=User.Kind.SERVICE, owner=actor)
    return own.select_related("owner").order_by("username")


def find_machine(name: str, *, actor: User) -> User:
    """One of `machines_of(actor)`. Raises NotFound."""
    machine = machines_of(actor).filter(username=name).first()
    if machine is None:
        raise NotFound(f"Service account {name} was not found.")
    return machine


def roles_of(account: User, *, actor: User) -> list[Any]:
    """Grants to the account's own team or another of its teams, on things that the actor sees; by kind of thing."""
    if account.pk != actor.pk:
        find_machine(account.username, actor=actor)
    found: list[Any] = []
    kinds: list[Any] = Grant.__subclasses__()
    for rows in kinds:
        things: Any = rows._meta.get_field("content_object").related_model
        grants: QuerySet[Any] = rows._base_manager.filter(
            Q(ends_at=None) | Q(ends_at__gt=Now()),
            group__in=account.groups.all(),
            content_object__in=access.visible(actor, things.objects.all()),
        )
        found += grants.select_related("content_object", "group__team", "permission").order_by("pk")[:MOST_ROLES]
    return found


def workloads_for(actor: User) -> QuerySet[TrustedWorkload]:
    """The trusts in jobs in registries that the actor maintains or audits, newest first."""
    rows = TrustedWorkload.objects.select_related("registry", "account", "created_by")
    return access.visible(actor, rows, Right.AUDIT).order_by("-pk")


def find_workload(pk: int, *, actor: User) -> TrustedWorkload:
    """One of `workloads_for(actor)`. Raises NotFound."""
    workload = workloads_for(actor).filter(pk=pk).first()
    if workload is None:
        raise NotFound("The trusted workload was not found.")
    return workload


def workloads_of(machine: User, *, actor: User) -> QuerySet[TrustedWorkload]:
    """The trusts in jobs that may act as this service account, newest first; for whoever finds the account."""
    found = find_machine(machine.username, actor=actor)
    rows = TrustedWorkload.objects.filter(account=found)
    return rows.select_related("registry", "account", "created_by").order_by("-pk")


def _require_whole_account(actor: User) -> None:
    if not speaks_for_itself(actor):
        raise Forbidden("This needs a token of the scope “admin” that is not limited to one thing.")


def teams_for(actor: User) -> QuerySet[Team]:
    """The shared teams that the actor is in; administrators and auditors see all."""
    teams = Team.objects.filter(person=None).select_related("group")
    if access.can(actor, Right.AUDIT, None):
        return teams
    if actor.limit is not None or not access.is_awake(actor, Right.SEE):
        return teams.none()
    return teams.filter(group__in=User.groups.through._base_manager.filter(user=actor.pk).values("group"))


def find_team(name: str, *, actor: User) -> Team:
    """One of `teams_for(actor)`. Raises NotFound."""
    team = teams_for(actor).filter(name=name).first()
    if team is None:
        raise NotFound(f"Team {name} was not found.")
    return team


def members_of(team: Team) -> QuerySet[Any]:
    """Who is in a team that was found for the actor before; `is_lead` says whether they lead it."""
    leads = Team.leads.through._base_manager.filter(team=team.pk, user=OuterRef("pk"))
    return User.objects.filter(groups=team.group_id).annotate(is_lead=Exists(leads))


def find_member(team: Team, name: str) -> User:
    """One of `members_of(team)`. Raises NotFound."""
    member: User | None = members_of(team).filter(username=name).first()
    if member is None:
        raise NotFound(f"{name} is not in team {team}.")
    return member


def may_fill(team: Team, *, actor: User) -> bool:
    """Whether to offer the actor to put people into the team: its leads, and administrators."""
    is_lead = (
        not actor.is_auditor
        and speaks_for_itself(actor)
        and team.leads.filter(pk=actor.pk, groups=team.group_id).exists()
    )
    return is_lead or access.can(actor, Right.ADMINISTER, None)


def find_somebody(name: str, *, team: Team, actor: User) -> User:
    """Any account by its exact name, for those who put people into this team. Raises NotFound, and Forbidden."""
    if not may_fill(team, actor=actor):
        raise Forbidden(f"You do not lead team {team}.")
    account = User.objects.exclude(kind=User.Kind.SYSTEM).filter(username=name.lower()).first()
    if account is None:
        raise NotFound(f"Account {name} was not found.")
    return account


def service_accounts_of(person: User) -> QuerySet[User]:
    """The service accounts that a person answers for."""
    return User.objects.filter(owner=person, kind=User.Kind.SERVICE).order_by("username")


def roles_of_team(team: Team, *, actor: User) -> list[Any]:
    """Grants to a team that was found for the actor before, on things that the actor sees; by kind of thing."""
    found: list[Any] = []
    tables: list[Any] = Grant.__subclasses__()
    for rows in tables:
        things: Any = rows._meta.get_field("content_object").related_model
        grants: QuerySet[Any] = rows._base_manager.filter(
            Q(ends_at=None) | Q(ends_at__gt=Now()),
            group=team.group_id,
            content_object__in=access.visible(actor, things.objects.all()),
        )
        found += grants.select_related("content_object", "permission").order_by("content_object__name")[:MOST_ROLES]
    return found


def invitations_for(actor: User) -> QuerySet[Invitation]:
    """Everybody who was invited, newest first; for administrators and auditors, Forbidden for others."""
    access.require(actor, Right.AUDIT, None)
    return Invitation.objects.select_related("invited_by", "accepted_by").order_by("-pk")


def find_invitation(pk: int, *, actor: User) -> Invitation:
    """One of `invitations_for(actor)`. Raises NotFound."""
    invitation = invitations_for(actor).filter(pk=pk).first()
    if invitation is None:
        raise NotFound("The invitation was not found.")
    return invitation


def open_invitation(secret: str) -> Invitation:
    """The invitation that a link belongs to. Raises NotFound for one that is unknown, used, withdrawn or over alike."""
    digest = digests.of_bytes(secret.encode())
    invitation = Invitation.objects.filter(digest=digest).first()
    if invitation is None or not invitation.is_open:
        raise NotFound("This link does not work, or not any more.")
    return invitation


def find_account(name: str, *, actor: User) -> User:
    """An account that the actor answers for: its own, or a service account of its own; administrators find any."""
    accounts = User.objects.exclude(kind=User.Kind.SYSTEM)
    if not access.can(actor, Right.ADMINISTER, None):
        own = Q(pk=actor.pk)
        accounts = accounts.filter(own | Q(owner=actor) if actor.limit is None else own)
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


_system: Statement[User] = Statement(lambda: User.objects.filter(kind=User.Kind.SYSTEM))
