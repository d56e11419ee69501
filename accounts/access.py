"""The one place that decides who may do what: `can`, `require`, `visible`, `grant`, `revoke`.

`can` and `visible` share one condition, so they cannot disagree. A model says how it is reached: a shared thing (a
registry, a model, an experiment) has a grant table with `related_name="grants"` and may name its parent in
`access_inherits`; a part names the thing that it belongs to in `access_part_of`. A `restricted` thing does not inherit.
What people make names its maker in `access_owner`, as some rights reach only as far as what is one's own.

Four things must agree: the account is active, the token's scopes cover the right, the thing lies within what the token
is limited to, and a grant gives the right, unless the account administers or audits the whole installation.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Limit, Registry, Team, User
from accounts.models.grants import LIVE
from accounts.rights import AUDITOR_RIGHTS, SCOPE_FOR, Right, Role, roles_with, roles_with_on_own
from events.kinds import Kind
from events.record import record
from lib.errors import Forbidden, Invalid, NotFound
from lib.statements import Blank, Statement

M = TypeVar("M", bound=Model)
_MEMBERSHIPS: QuerySet[Any] = QuerySet(User.groups.through)


def can(actor: User, right: Right, thing: Model | None) -> bool:
    """Whether `actor` has `right` on `thing`; None stands for the whole installation. One query at most."""
    if not is_awake(actor, right):
        return False
    if thing is None or right is Right.ADMINISTER:
        return rules(actor, right) and actor.limit is None
    if _is_free(actor, right):
        return True
    found = _thing_within(type(thing), right, stand_in(actor, right))
    return found.first(thing=thing.pk, **fillings(actor)) is not None


def require(actor: User, right: Right, thing: Model | None) -> None:
    """Return if `actor` may; else raise Forbidden, or NotFound when the thing may not even be seen."""
    if can(actor, right, thing):
        return
    if thing is not None and not can(actor, Right.SEE, thing):
        raise not_found(f"{_noun(thing)} {thing} was not found.", actor)
    if not is_awake(actor, right):
        raise Forbidden(f"The token does not have the scope “{SCOPE_FOR[right]}”, which this needs.")
    where = "this installation" if thing is None else f"{_noun(thing).lower()} {thing}"
    raise Forbidden(f"Your role does not include the right “{right}” on {where}.")


def not_found(sentence: str, actor: User) -> NotFound:
    """The refusal with this sentence. It names what a limited token is good for, whatever was asked for and exists."""
    limit = actor.limit.name if actor.limit else ""
    return NotFound(f"{sentence} This token is good only for {limit}." if limit else sentence)


def visible(actor: User, rows: QuerySet[M], right: Right = Right.SEE) -> QuerySet[M]:
    """Those of `rows` on which `actor` has `right`: one EXISTS over the grants, however many there are."""
    if not is_awake(actor, right):
        return rows.none()
    if _is_free(actor, right):
        return rows
    return rows.filter(_reached(actor, right, rows.model))


def is_awake(actor: User, right: Right) -> bool:
    """Whether the account is active and the token of this request, if any, covers the right: half of every answer."""
    if not (actor.is_active and actor.pk) or (actor.is_auditor and right not in AUDITOR_RIGHTS):
        return False
    return actor.scopes is None or SCOPE_FOR[right] in actor.scopes


def rules(actor: User, right: Right) -> bool:
    """Whether the actor has this right on everything, so that grants do not matter."""
    return bool(actor.is_superuser) or actor.is_system or (actor.is_auditor and right in AUDITOR_RIGHTS)


@dataclass(frozen=True)
class StandIn:
    """What of an actor shapes a query, so that one query is compiled for all actors alike."""

    rules: bool
    limit_kind: str

    def actor(self) -> User:
        """Somebody like that, with blanks for who it is and what the token is limited to."""
        anybody = User(is_superuser=self.rules, pk=1 if self.rules else Blank("actor", BigIntegerField()))
        anybody.limit = Limit(self.limit_kind, Blank("limit", BigIntegerField())) if self.limit_kind else None
        return anybody


def stand_in(actor: User, right: Right) -> StandIn:
    """What a query about this right depends on."""
    return StandIn(rules(actor, right), actor.limit.kind if actor.limit else "")


def fillings(actor: User) -> dict[str, Any]:
    """The values of the blanks of a stand-in."""
    return {"actor": actor.pk, "limit": actor.limit.pk if actor.limit else None}


@transaction.atomic
def grant(role: Role, *, on: Model, to: Team | User, ends_at: datetime | None = None, actor: User) -> None:
    """Give `to` this role on a registry, model or experiment, instead of the one it had there; `ends_at` ends it.

    Who manages the thing by a role that ends gives none that lasts longer: Invalid.
    """
    require(actor, Right.MANAGE, on)
    if ends_at is not None and ends_at <= timezone.now():
        raise Invalid("ends_at", "A role ends in the future.")
    if not _manages_until(ends_at, on, actor):
        raise Invalid("ends_at", "Your own role ends before that; what you give ends with it at the latest.")
    team = to if isinstance(to, Team) else to.personal_team
    # Of two at once one waits here, so that one role is left.
    Group.objects.select_for_update(no_key=True).get(pk=team.group_id)
    on._meta.get_field("grants").related_model.objects.filter(  # type: ignore[union-attr]
        group=team.group, content_object=on
    ).delete()
    given: Any = assign_perm(role.value, team.group, on)
    given.ends_at = ends_at
    given.save(update_fields=["ends_at"])
    record(
        Kind.ROLE_GRANTED,
        actor=actor,
        subject=on,
        registry_id=_registry_id(on),
        role=role.value,
        team=team.name,
        ends=ends_at.isoformat() if ends_at else None,
    )


@transaction.atomic
def revoke(role: Role, *, on: Model, to: Team | User, actor: User) -> None:
    """Take this role on that thing away again. Fine if the team has another one there, or none."""
    require(actor, Right.MANAGE, on)
    team = to if isinstance(to, Team) else to.personal_team
    removed = remove_perm(role.value, team.group, on)
    if not removed or removed[0] == 0:
        return
    record(Kind.ROLE_REVOKED, actor=actor, subject=on, registry_id=_registry_id(on), role=role.value, team=team.name)


def _manages_until(ends_at: datetime | None, thing: Model, actor: User) -> bool:
    """Whether the actor will manage the thing at that moment, or for good, as far as is known now."""
    if rules(actor, Right.MANAGE):
        return True
    lasts = Q(ends_at=None) if ends_at is None else Q(ends_at=None) | Q(ends_at__gte=ends_at)
    granted = _granted(actor, roles_with(Right.MANAGE), type(thing), alive=lasts)
    return type(thing)._base_manager.filter(granted, pk=thing.pk).exists()


def _is_free(actor: User, right: Right) -> bool:
    """Whether every thing is within reach."""
    return rules(actor, right) and actor.limit is None


@cache
def _thing_within(model: type[Model], right: Right, somebody: StandIn) -> Statement[Any]:
    """Finds the thing itself, if the actor has this right on it."""
    rows = model._base_manager.filter(pk=Blank("thing", BigIntegerField()))
    reached = _reached(somebody.actor(), right, model)
    return Statement(lambda: rows.filter(reached).values_list("pk", named=True))


def _reached(actor: User, right: Right, model: type[Model]) -> Q:
    """The condition on rows of `model` that the actor has `right` on them."""
    if actor.limit and right is Right.ADMINISTER:
        return Q(pk__in=[])  # nobody administers a part of the installation
    within = _within(actor.limit, model) if actor.limit else Q()
    if rules(actor, right):
        return within
    granted = _granted(actor, roles_with(right), model)
    if on_own := roles_with_on_own(right):
        granted |= _own(actor, model) & _granted(actor, on_own, model)
    return within & granted


def _own(actor: User, model: type[Model], path: str = "") -> Q:
    """The condition on rows reached over `path` that they, or what they are part of, were made by the actor."""
    condition = Q(pk__in=[])
    if owner := getattr(model, "access_owner", None):
        own_accounts: QuerySet[User] = QuerySet(User).filter(Q(pk=actor.pk) | Q(owner=actor.pk))
        condition |= Q(**{f"{path}{owner}__in": own_accounts.values("pk")})
    if part_of := getattr(model, "access_part_of", None):
        parent = model._meta.get_field(part_of).related_model
        condition |= _own(actor, parent, f"{path}{part_of}__")  # type: ignore[arg-type]
    return condition


def _within(limit: Limit, model: type[Model], path: str = "") -> Q:
    """The condition on rows reached over `path` that they are what a token is limited to, or lie in it."""
    if model._meta.label_lower == limit.kind:
        return Q(**{f"{path}pk": limit.pk})
    above = getattr(model, "access_part_of", None) or getattr(model, "access_inherits", None)
    if above is None:
        return Q(pk__in=[])
    return _within(limit, model._meta.get_field(above).related_model, f"{path}{above}__")  # type: ignore[arg-type]


def _granted(actor: User, roles: list[str], model: type[Model], path: str = "", *, alive: Q = LIVE) -> Q:
    """The condition on rows reached over `path` that a grant gives one of these roles to a team of `actor`."""
    if part_of := getattr(model, "access_part_of", None):
        parent = model._meta.get_field(part_of).related_model
        return _granted(actor, roles, parent, f"{path}{part_of}__", alive=alive)  # type: ignore[arg-type]
    grants: Any = model._meta.get_field("grants").related_model
    condition = Q(
        Exists(
            grants.objects.filter(
                alive,
                content_object=OuterRef(f"{path}pk"),
                group__in=_MEMBERSHIPS.filter(user=actor.pk).values("group"),
                permission__codename__in=roles,
            )
        )
    )
    if inherits := getattr(model, "access_inherits", None):
        parent = model._meta.get_field(inherits).related_model
        inherited = _granted(actor, roles, parent, f"{path}{inherits}__", alive=alive)  # type: ignore[arg-type]
        if hasattr(model, "restricted"):
            inherited &= Q(**{f"{path}restricted": False})
        condition |= inherited
    return condition


def _noun(thing: Model) -> str:
    return str(thing._meta.verbose_name).capitalize()


def _registry_id(thing: Model) -> int | None:
    return thing.pk if isinstance(thing, Registry) else getattr(thing, "registry_id", None)
