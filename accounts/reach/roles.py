"""Which roles grants give somebody on a thing: the condition of `access.visible`, read from the side of the actor."""

from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import User
from accounts.models.grants import LIVE
from accounts.rights import Role

_MEMBERSHIPS: QuerySet[Any] = QuerySet(User.groups.through)


def roles_on(actor: User, thing: Model, *, inherited: bool = True) -> set[Role]:
    """The roles of the actor's teams on `thing` that hold now, also inherited ones unless told otherwise. One query.

    What somebody may do by administering or auditing the installation is no role; an inactive account has none.
    """
    if not (actor.is_active and actor.pk):
        return set()
    first, *others = _grants_reaching(actor, thing, inherited=inherited)
    return {Role(name) for (name,) in first.union(*others)}


def _grants_reaching(actor: User, thing: Model, *, inherited: bool) -> list[QuerySet[Any, Any]]:
    """A query for each thing on the way up, from what `thing` is a part of to what that inherits from."""
    model: Any = type(thing)
    rows, path, found = model._base_manager.filter(pk=thing.pk), "", []
    while part_of := getattr(model, "access_part_of", None):
        path, model = f"{path}{part_of}__", model._meta.get_field(part_of).related_model
    while True:
        grants = model._meta.get_field("grants").related_model.objects.filter(
            LIVE,
            content_object__in=rows.values(f"{path}pk"),
            group__in=_MEMBERSHIPS.filter(user=actor.pk).values("group"),
        )
        found.append(grants.order_by().values_list("permission__codename"))
        above = getattr(model, "access_inherits", None)
        if not (above and inherited):
            return found
        if hasattr(model, "restricted"):
            rows = rows.filter(**{f"{path}restricted": False})
        path, model = f"{path}{above}__", model._meta.get_field(above).related_model
