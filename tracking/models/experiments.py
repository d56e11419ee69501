"""Experiments: the folders of runs in a registry."""

from django.db import models
from django.utils import timezone

from accounts.models import Grant, Registry, User
from accounts.rights import ROLE_LABELS


class Experiment(models.Model):
    """A named set of runs. Grants can be given on it; without any it follows its registry."""

    access_inherits = "registry"
    access_owner = "created_by"

    registry = models.ForeignKey(Registry, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=500)
    is_default = models.BooleanField(default=False)
    artifact_location = models.CharField(max_length=2048, blank=True)
    restricted = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = ROLE_LABELS
        constraints = [
            models.UniqueConstraint(fields=["registry", "name"], name="experiment_name_once"),
            models.UniqueConstraint(
                fields=["registry"], condition=models.Q(is_default=True), name="one_default_experiment"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExperimentTag(models.Model):
    """A key with a value on an experiment."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "key"], name="experiment_tag_once")]

    def __str__(self) -> str:
        return self.key


class ExperimentGrant(Grant):
    """A role on one experiment."""

    content_object = models.ForeignKey(
        Experiment, on_delete=models.CASCADE, related_name="grants", verbose_name="experiment"
    )

    class Meta(Grant.Meta):
        abstract = False
        verbose_name = "role on an experiment"
        verbose_name_plural = "roles on experiments"
