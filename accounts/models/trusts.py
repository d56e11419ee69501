"""Trust in machines that prove who they are with an identity token of somebody else, such as a CI service."""

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from accounts.models.registries import Registry


class TrustedWorkload(models.Model):
    """Jobs whose identity tokens have these claims may act as this service account, in this registry only."""

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    issuer = models.CharField(max_length=500)
    audience = models.CharField(max_length=200)
    # Name of a claim -> the value that it must have; "*" in a value stands for any text without a slash.
    claims = models.JSONField(default=dict)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "trusted job"
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "name"], condition=models.Q(ended_at=None), name="workload_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class UsedIdentityToken(models.Model):
    """An identity token that was exchanged, kept until it expires, so that it is never taken twice."""

    digest = models.CharField(max_length=64, unique=True)
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest
