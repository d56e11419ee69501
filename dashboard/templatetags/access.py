"""What pages tell about roles: their words, where they lead, and how much waits for the signed-in person."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import template
from django.db.models import Count, Model, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import Registry, User
from accounts.reach.requests import requests_to_decide
from accounts.rights import ROLE_LABELS, Role
from approvals.queries import waiting_for
from dashboard.addresses import address
from dashboard.forms.access import last_day
from tracking.models import Experiment

register = template.Library()

_LABELS = dict(ROLE_LABELS)
_NOTHING = {"reviews": 0, "requests": 0}


@register.simple_tag(takes_context=True)
def waiting(context: template.RequestContext) -> Mapping[str, int]:
    """How many reviews and access requests wait for the signed-in person: one query for both."""
    user = context["request"].user
    if not isinstance(user, User):
        return _NOTHING
    counts = {"reviews": _count(waiting_for(user)), "requests": _count(requests_to_decide(user))}
    found: list[Any] = list(User.objects.filter(pk=user.pk).values(**counts))
    return found[0] if found else _NOTHING


@register.filter
def role_label(role: str) -> str:
    """The role as a word."""
    return _LABELS.get(role, role)


@register.filter
def role_labels(roles: list[Role]) -> str:
    """Several of them."""
    return " and ".join(_LABELS[role.value] for role in roles)


@register.filter
def access_address(thing: Model) -> str:
    """Where the access page of a registry, a model or an experiment is."""
    return address(thing, f"{thing._meta.verbose_name}-access")


@register.filter
def last_day_of(ends_at: Any) -> str:
    """The day to write into a form for a role that ends then."""
    day = last_day(ends_at)
    return day.isoformat() if day else ""


@register.simple_tag
def why(thing: Any, account: str = "", right: str = "") -> str:
    """Where the page is that explains what somebody may do with the thing; without a right it asks for one."""
    names: dict[str, Any] = {"account": account} if account else {}
    if right:
        names["right"] = right
    if isinstance(thing, Registry):
        names["registry"] = thing.name
    elif isinstance(thing, Experiment):
        names |= {"registry": thing.registry.name, "experiment": thing.pk}
    else:
        names |= {"registry": thing.registry.name, "model": thing.name}
    return f"{reverse('explain')}?{urlencode(names)}"


def _count(rows: QuerySet[Any]) -> Coalesce:
    numbers = rows.order_by().annotate(all_of_them=Value(1)).values("all_of_them").annotate(number=Count("pk"))
    return Coalesce(Subquery(numbers.values("number")), 0)
