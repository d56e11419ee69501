"""Reading access requests: those to decide, one's own, and those that are closed. Deleted things have none."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import AccessRequest, User
from accounts.reach.effective_roles import shared_kinds, things_with
from accounts.rights import Right
from lib.errors import NotFound


def requests_to_decide(actor: User) -> QuerySet[AccessRequest]:
    """Open requests of others on what the actor manages, oldest first."""
    rows = AccessRequest.objects.filter(_on_things(actor, Right.MANAGE), state=AccessRequest.State.OPEN)
    return _full(rows.exclude(asked_by__in=_oneself(actor))).order_by("pk")


def requests_decided(actor: User) -> QuerySet[AccessRequest]:
    """Closed requests of others on what the actor manages, newest first."""
    rows = AccessRequest.objects.filter(_on_things(actor, Right.MANAGE)).exclude(state=AccessRequest.State.OPEN)
    return _full(rows.exclude(asked_by__in=_oneself(actor))).order_by("-pk")


def requests_of(actor: User) -> QuerySet[AccessRequest]:
    """What the actor asked for, on things that the actor still sees, newest first."""
    return _full(AccessRequest.objects.filter(_on_things(actor, Right.SEE), asked_by=actor.pk)).order_by("-pk")


def find_request(pk: int, *, actor: User) -> AccessRequest:
    """A request of the actor's own, or one on what the actor manages. Raises NotFound."""
    mine = Q(asked_by=actor.pk) & _on_things(actor, Right.SEE)
    found = _full(AccessRequest.objects.filter(mine | _on_things(actor, Right.MANAGE), pk=pk)).first()
    if found is None:
        raise NotFound(f"Access request {pk} was not found.")
    return found


def open_request(thing: Any, *, actor: User) -> AccessRequest | None:
    """What the actor asked for on this thing, which was found for the actor before, and waits for."""
    rows = requests_of(actor).filter(state=AccessRequest.State.OPEN, object_id=thing.pk)
    return rows.filter(
        content_type__app_label=thing._meta.app_label, content_type__model=thing._meta.model_name
    ).first()


def longest_life() -> timedelta:
    """For how long a role can be asked for at most, when it is asked for with an end."""
    return timedelta(days=settings.LONGEST_REQUESTED_ROLE_DAYS)


def _oneself(actor: User) -> list[int]:
    """Whose requests are the actor's own: a service account is no way round for who owns it."""
    return [pk for pk in (actor.pk, actor.owner_id) if pk is not None]


def _on_things(actor: User, right: Right) -> Q:
    """The condition on requests that the actor has this right on what they are about: a subquery for each kind."""
    condition = Q(pk__in=[])
    for kind in shared_kinds():
        meta, things = kind._meta, things_with(actor, right, kind)
        about = Q(content_type__app_label=meta.app_label, content_type__model=meta.model_name)
        condition |= about & Q(Exists(things.filter(pk=OuterRef("object_id"))))
    return condition


def _full(rows: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
    """With people, and with the things themselves: one query for each kind that occurs."""
    kinds = [
        kind._base_manager.select_related(*(["registry"] if hasattr(kind, "registry") else []))
        for kind in shared_kinds()
    ]
    return rows.select_related("asked_by", "decided_by").prefetch_related(GenericPrefetch("thing", kinds))
