"""The one place that decides who may do what: `can`, `require`, `visible`, `grant`, `revoke`.

`can` and `visible` share one condition, so they cannot disagree. A model says how it is reached: a shared thing (a
registry, a model, an experiment) has a grant table with `related_name="grants"` and may name its parent in
`access_inherits`; a part names the thing that it belongs to in `access_part_of`. A `restricted` thing does not inherit.
"""

from functools import cache
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import BigIntegerField, Exists, Model, OuterRef, Q, QuerySet
from guardian.shortcuts import assign_perm, remove_perm

from accounts.models import Registry, Team, User
from accounts.rights import SCOPE_FOR, Right, Role, roles_with
from events.kinds import Kind
from events.record import record
from lib.errors import Forbidden, NotFound
from lib.statements import Blank, Statement

M = TypeVar("M", bound=Model)
_MEMBERSHIPS: QuerySet[Any] = QuerySet(User.groups.through)


def can(actor: User, right: Right, thing: Model | None) -> bool:
    """Whether `actor` has `right` on `thing`; None stands for the whole installation. One query at most."""
    if not is_awake(actor, right):
        return False
    if rules(actor):
        return True
    if thing is None or right is Right.ADMINISTER:
        return False
    return _grant_on(type(thing), right).first(thing=thing.pk, actor=actor.pk) is not None


def require(actor: User, right: Right, thing: Model | None) -> None:
    """Return if `actor` may; else raise Forbidden, or NotFound when the thing may not even be seen."""
    if can(actor, right, thing):
        return
    if thing is not None and not can(actor, Right.SEE, thing):
        raise NotFound(f"{_noun(thing)} {thing} was not found.")
    if not is_awake(actor, right):
        raise Forbidden(f"The token does not have the scope “{SCOPE_FOR[right]}”, which this needs.")
    where = "this installation" if thing is None else f"{_noun(thing).lower()} {thing}"
    raise Forbidden(f"Your role does not include the right “{right}” on {where}.")


def visible(actor: User, rows: QuerySet[M], right: Right = Right.SEE) -> QuerySet[M]:
    """Those of `rows` on which `actor` has `right`: one EXISTS over the grants, however many there are."""
    if not is_awake(actor, right):
        return rows.none()
    if rules(actor):
        return rows
    return rows.filter(_granted(actor, right, rows.model))


def is_awake(actor: User, right: Right) -> bool:
    """Whether the account is active and the token of this request, if any, covers the right: half of every answer."""
    return bool(actor.is_active and actor.pk) and (actor.scopes is None or SCOPE_FOR[right] in actor.scopes)


def rules(actor: User) -> bool:
    """Whether grants do not matter to this actor."""
    return bool(actor.is_superuser) or actor.is_system


@transaction.atomic
def grant(role: Role, *, on: Model, to: Team | User, actor: User) -> None:
    """Give `to` this role on a registry, model or experiment, instead of the one it had there."""
    require(actor, Right.MANAGE, on)
    team = to if isinstance(to, Team) else to.personal_team
    on._meta.get_field("grants").related_model.objects.filter(  # type: ignore[union-attr]
        group=team.group, content_object=on
    ).delete()
    assign_perm(role.value, team.group, on)
    record(Kind.ROLE_GRANTED, actor=actor, subject=on, registry_id=_registry_id(on), role=role.value, team=team.name)


@transaction.atomic
def revoke(role: Role, *, on: Model, to: Team | User, actor: User) -> None:
    """Take this role on that thing away again."""
    require(actor, Right.MANAGE, on)
    team = to if isinstance(to, Team) else to.personal_team
    remove_perm(role.value, team.group, on)
    record(Kind.ROLE_REVOKED, actor=actor, subject=on, registry_id=_registry_id(on), role=role.value, team=team.name)


@cache
def _grant_on(model: type[Model], right: Right) -> Statement[Any]:
    """Finds the thing itself, if a grant gives the actor this right on it."""
    actor = User(pk=Blank("actor", BigIntegerField()))
    rows = model._base_manager.filter(pk=Blank("thing", BigIntegerField()))
    return Statement(lambda: rows.filter(_granted(actor, right, model)).values_list("pk", named=True))


def _granted(actor: User, right: Right, model: type[Model], path: str = "") -> Q:
    """The condition on rows reached over `path` that a grant gives `right` to a team of `actor`."""
    if part_of := getattr(model, "access_part_of", None):
        parent = model._meta.get_field(part_of).related_model
        return _granted(actor, right, parent, f"{path}{part_of}__")  # type: ignore[arg-type]
    grants: Any = model._meta.get_field("grants").related_model
    condition = Q(
        Exists(
            grants.objects.filter(
                content_object=OuterRef(f"{path}pk"),
                group__in=_MEMBERSHIPS.filter(user=actor.pk).values("group"),
                permission__codename__in=roles_with(right),
            )
        )
    )
    if inherits := getattr(model, "access_inherits", None):
        parent = model._meta.get_field(inherits).related_model
        inherited = _granted(actor, right, parent, f"{path}{inherits}__")  # type: ignore[arg-type]
        if hasattr(model, "restricted"):
            inherited &= Q(**{f"{path}restricted": False})
        condition |= inherited
    return condition


def _noun(thing: Model) -> str:
    return str(thing._meta.verbose_name).capitalize()


def _registry_id(thing: Model) -> int | None:
    return thing.pk if isinstance(thing, Registry) else getattr(thing, "registry_id", None)
