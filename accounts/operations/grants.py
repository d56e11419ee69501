"""Roles whose time is over: they stopped counting at that moment, here their rows go and the log hears of it."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts import access
from accounts.models import User
from accounts.reach.effective_roles import grant_tables
from accounts.rights import Right
from events.kinds import Kind
from events.record import record

AT_ONCE = 500


@transaction.atomic
def end_grants(*, actor: User) -> int:
    """Delete roles past their end, at most so many of each kind of thing at once; says how many."""
    access.require(actor, Right.ADMINISTER, None)
    return sum(_end_those_of(table, actor) for table in grant_tables())


def _end_those_of(table: Any, actor: User) -> int:
    # Locked rows are compared again: one that was given a later end meanwhile is not among them.
    over = table.objects.select_for_update(of=("self",)).filter(ends_at__lte=Now()).order_by("pk")
    count = 0
    for grant in over.select_related("content_object", "group__team", "permission")[:AT_ONCE]:
        if not table.objects.filter(pk=grant.pk, ends_at__lte=Now()).delete()[0]:
            continue
        thing = grant.content_object
        record(
            Kind.ROLE_ENDED,
            actor=actor,
            subject=thing,
            registry_id=getattr(thing, "registry_id", thing.pk),
            role=grant.permission.codename,
            team=grant.group.team.name,
            ended=grant.ends_at.isoformat(),
        )
        count += 1
    return count
