"""Who reaches a thing, and what somebody reaches: the roles that were given, read from the side of the thing.

`access` decides; what is told here is tested to agree with it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Prefetch, Q, QuerySet

from accounts import access
from accounts.models import Grant, User
from accounts.models.grants import LIVE
from accounts.rights import RIGHTS_OF, Right, Role
from events.kinds import Kind
from events.models import Event

_MEMBERSHIPS: QuerySet[Any] = QuerySet(User.groups.through)


@dataclass(frozen=True)
class Link:
    """A thing whose grants count for another one, or would, if a `restricted` thing between the two did not cut it."""

    thing: Any
    cut_at: Any = None


@dataclass(frozen=True)
class Held:
    """A role that an account has through a team of its own or a shared one."""

    role: Role
    on: Any
    team: str
    is_personal: bool
    ends_at: datetime | None


@dataclass(frozen=True)
class Reach:
    """An account that reaches a thing, and all that it does so through."""

    account: User
    held: Sequence[Held]

    @property
    def roles(self) -> list[Role]:
        """The highest role; two where neither includes the other."""
        return highest(held.role for held in self.held)


def chain_of(thing: Model) -> list[Link]:
    """The thing whose grants count for `thing` first, then what that inherits from."""
    at: Any = thing
    while part_of := getattr(at, "access_part_of", None):
        at = getattr(at, part_of)
    links, cut = [], None
    while True:
        links.append(Link(at, cut))
        if getattr(at, "restricted", False):
            cut = cut or at
        above = getattr(at, "access_inherits", None)
        if above is None:
            return links
        at = getattr(at, above)


@cache
def grant_tables() -> tuple[Any, ...]:
    """Every table of grants, lowest floor first."""
    return tuple(model for model in apps.get_models() if issubclass(model, Grant))


def shared_kinds() -> tuple[Any, ...]:
    """What grants can be given on: registries, and what floors above this one add."""
    return tuple(table._meta.get_field("content_object").related_model for table in grant_tables())


def things_with(actor: User, right: Right, kind: Any) -> QuerySet[Any]:
    """The things of a shared kind on which the actor has this right, but for deleted ones; with their registries."""
    rows = kind._base_manager.all()
    names = {field.name for field in kind._meta.concrete_fields}
    rows = rows.filter(deleted_at=None) if "deleted_at" in names else rows
    return access.visible(actor, rows.select_related("registry") if "registry" in names else rows, right)


def grants_table_of(thing: Any) -> Any:
    """The table that holds the grants on things of this kind."""
    return type(thing)._meta.get_field("grants").related_model


def highest(roles: Iterable[Role]) -> list[Role]:
    """Those of the roles that no other one includes, the highest first."""
    had = set(roles)
    return [role for role in reversed(Role) if role in had and not any(RIGHTS_OF[role] < RIGHTS_OF[o] for o in had)]


def covers(role: Role, ends_at: datetime | None, other: Role, other_ends_at: datetime | None) -> bool:
    """Whether the first role allows all that the other does, and for as long."""
    lasts = ends_at is None or (other_ends_at is not None and ends_at >= other_ends_at)
    return lasts and RIGHTS_OF[role] >= RIGHTS_OF[other]


def accounts_reaching(thing: Model, *, search: str = "", actor: User) -> QuerySet[User]:
    """Active accounts that a role leads to the thing, to be paged by user name; for those who have AUDIT on it.

    Administrators and auditors, whom roles give nothing, are named by `overseers`.
    """
    access.require(actor, Right.AUDIT, thing)
    return _searched(_with_roles(chain_of(thing), list(Role)), search)


def maintainers_of(thing: Model) -> QuerySet[User]:
    """The active accounts that manage the thing by a role, by user name. Who may know them was asked before."""
    able = [role for role in Role if Right.MANAGE in RIGHTS_OF[role]]
    return _with_roles(chain_of(thing), able).order_by("username")


def overseers() -> QuerySet[User]:
    """Administrators and auditors, who need no role. Who may know them was asked before."""
    return User.objects.filter(Q(is_superuser=True) | Q(is_auditor=True), is_active=True).order_by("username")


def reaches(accounts: Iterable[User], thing: Model) -> list[Reach]:
    """For each of these accounts the roles that hold now: one query for the thing, and one for what it inherits."""
    people = list(accounts)
    found: dict[int, list[Held]] = {account.pk: [] for account in people}
    for link in chain_of(thing):
        if link.cut_at is None:
            for pk, held in _held_on(link.thing, list(found)):
                found[pk].append(held)
    return [Reach(account, found[account.pk]) for account in people]


def roles_held(account: User, table: Any, *, actor: User) -> QuerySet[Any]:
    """The live grants of one table that reach the account, of things that the actor sees."""
    things = things_with(actor, Right.SEE, table._meta.get_field("content_object").related_model)
    rows: QuerySet[Any] = table.objects.filter(
        LIVE, group__in=_MEMBERSHIPS.filter(user=account.pk).values("group"), content_object__in=things.values("pk")
    )
    related = ["registry"] if hasattr(things.model, "registry") else []
    return rows.select_related("permission", "group__team").prefetch_related(
        Prefetch("content_object", queryset=things.model._base_manager.select_related(*related))
    )


def givers(thing: Model, teams: Collection[str]) -> dict[str, Event]:
    """Who gave the present role on the thing to each of these teams, as the log has it: by the team's name."""
    lines = Event.objects.filter(
        kind=Kind.ROLE_GRANTED,
        subject_type=type(thing).__name__,
        subject_id=thing.pk,
        details__team__in=list(teams),
    )
    return {line.details["team"]: line for line in lines.order_by("id")} if teams else {}


def _with_roles(links: list[Link], roles: list[Role]) -> QuerySet[User]:
    """Active accounts that one of these roles leads along the chain."""
    ways = [
        Exists(
            _MEMBERSHIPS.filter(
                user=OuterRef("pk"),
                group__in=grants_table_of(link.thing)
                .objects.filter(LIVE, content_object=link.thing, permission__codename__in=roles)
                .values("group"),
            )
        )
        for link in links
        if link.cut_at is None
    ]
    return User.objects.filter(reduce(or_, map(Q, ways)), is_active=True, is_superuser=False, is_auditor=False)


def _searched(accounts: QuerySet[User], words: str) -> QuerySet[User]:
    words = words.strip()
    return accounts.filter(Q(username__icontains=words) | Q(display_name__icontains=words)) if words else accounts


def _held_on(thing: Any, accounts: list[int]) -> list[tuple[int, Held]]:
    rows = (
        grants_table_of(thing)
        .objects.filter(LIVE, content_object=thing, group__user__in=accounts)
        .values_list("group__user", "group__team__name", "group__team__person", "permission__codename", "ends_at")
        .order_by("group__team__name")
    )
    return [
        (account, Held(Role(role), thing, team, is_personal=person is not None, ends_at=ends_at))
        for account, team, person, role, ends_at in rows
    ]
