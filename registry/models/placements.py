"""Placements: which version stood where from when to when. Open ones are the present, closed ones the history."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from registry.models.models import RegisteredModel
from registry.models.stages import Stage
from registry.models.versions import ModelVersion


class Placement(models.Model):
    """A version at a stage, or under an alias, for a stretch of time."""

    access_part_of = "model"

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="placements")
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="placements")
    stage = models.ForeignKey(Stage, null=True, on_delete=models.PROTECT, related_name="+")
    alias = models.CharField(max_length=255, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__isnull=False, alias="") | (Q(stage__isnull=True) & ~Q(alias="")),
                name="placement_at_stage_or_alias",
            ),
            models.UniqueConstraint(
                fields=["model", "alias"], condition=Q(closed_at=None) & ~Q(alias=""), name="alias_names_one_version"
            ),
            models.UniqueConstraint(
                fields=["version"], condition=Q(closed_at=None, alias=""), name="version_stands_at_one_stage"
            ),
        ]
        indexes = [
            models.Index(fields=["model", "stage", "-opened_at"], name="placement_by_stage"),
            models.Index(fields=["version", "-opened_at"], name="placement_by_version"),
            # Who is the newest at a stage: one step into the index, however many stand there.
            models.Index(
                fields=["model", "stage", "-version"],
                condition=Q(closed_at=None, stage__isnull=False),
                name="placement_newest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} at {self.stage or '@' + self.alias}"

    @property
    def is_open(self) -> bool:
        """Whether this still holds."""
        return self.closed_at is None

    @property
    def is_live(self) -> bool:
        """Whether a version is used from here: it stands at a live stage. Aliases come and go with their version."""
        return self.is_open and self.stage is not None and self.stage.is_live
