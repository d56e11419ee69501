"""Cutting a thing off from the roles of what it lies in, so that nobody locks themselves out by doing so."""

from django.db.models import Model

from accounts import access
from accounts.models import User
from accounts.reach.roles import roles_on
from accounts.rights import Right, Role


def keep_a_way_in(thing: Model, *, actor: User) -> None:
    """Before `thing` is restricted: give the actor, who manages it, a maintainer's role of its own, if it has none."""
    if access.rules(actor, Right.MANAGE) or Role.MAINTAINER in roles_on(actor, thing, inherited=False):
        return
    access.grant(Role.MAINTAINER, on=thing, to=actor, actor=actor)
