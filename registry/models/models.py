"""Registered models: a name in a registry under which versions are kept."""

from django.db import models
from django.utils import timezone

from accounts.models import Grant, Registry, User
from accounts.rights import ROLE_LABELS


class RegisteredModel(models.Model):
    """A named line of versions. `last_number` is the highest number ever given, so numbers are never used twice."""

    access_inherits = "registry"
    access_owner = "owner"

    registry = models.ForeignKey(Registry, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=256)
    # The name as two people could mistake it for the same: folded case, width and accents of compatibility.
    folded_name = models.CharField(max_length=512)
    description = models.TextField(blank=True)
    restricted = models.BooleanField("only its own grants count", default=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    last_number = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    # A deleted model is gone for everybody, and its name is free; its rows stay as the history that they are.
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "model"
        permissions = ROLE_LABELS
        constraints = [
            models.UniqueConstraint(
                fields=["registry", "folded_name"], condition=models.Q(deleted_at=None), name="model_name_once"
            ),
        ]
        indexes = [
            models.Index(fields=["registry", "name"], name="model_by_name"),
            models.Index(fields=["registry", "-updated_at", "name"], name="model_by_update"),
        ]

    def __str__(self) -> str:
        return self.name


class ModelTag(models.Model):
    """A key with a value on a model."""

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "key"], name="model_tag_once")]

    def __str__(self) -> str:
        return self.key


class RegisteredModelGrant(Grant):
    """A role on one model."""

    content_object = models.ForeignKey(
        RegisteredModel, on_delete=models.CASCADE, related_name="grants", verbose_name="model"
    )

    class Meta(Grant.Meta):
        abstract = False
        verbose_name = "role on a model"
        verbose_name_plural = "roles on models"
