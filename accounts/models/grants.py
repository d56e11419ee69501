"""Grants: one row gives one role on one thing to one team, for good or until a date. Direct keys keep lists fast."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from guardian.models import GroupObjectPermissionBase

from accounts.models.registries import Registry

# The condition on grants that they count now.
LIVE = Q(ends_at=None) | Q(ends_at__gt=Now())


class Grant(GroupObjectPermissionBase):
    """The base of every grant table. A floor with shared things of its own adds a table with `content_object`."""

    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True


class RegistryGrant(Grant):
    """A role on a registry and, unless it is cut off, on everything in it."""

    content_object = models.ForeignKey(
        Registry, on_delete=models.CASCADE, related_name="grants", verbose_name="registry"
    )

    class Meta(Grant.Meta):
        abstract = False
        verbose_name = "role on a registry"
        verbose_name_plural = "roles on registries"
