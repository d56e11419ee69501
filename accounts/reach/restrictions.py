"""Cutting a thing off from the roles of what it lies in, so that nobody locks themselves out by doing so."""

from datetime import UTC, datetime

from django.db.models import Model

from accounts import access
from accounts.models import User
from accounts.reach.effective_roles import reaches
from accounts.rights import Right, Role

_FOR_GOOD = datetime.max.replace(tzinfo=UTC)


def keep_a_way_in(thing: Model, *, actor: User) -> None:
    """Before `thing` is restricted: give the actor, who manages it, a maintainer's role of its own for as long."""
    if access.rules(actor, Right.MANAGE):
        return
    (reach,) = reaches([actor], thing)
    managing = [held for held in reach.held if held.role is Role.MAINTAINER]
    longest = max(managing, key=lambda held: (held.ends_at or _FOR_GOOD, held.on == thing))
    if longest.on != thing:
        access.grant(Role.MAINTAINER, on=thing, to=actor, ends_at=longest.ends_at, actor=actor)
