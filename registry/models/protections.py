"""Protected stages and aliases: who may move versions there, beyond the right to move at all."""

from django.db import models
from django.db.models import Q

from accounts.models import Registry, Team
from registry.models.stages import Stage


class Protection(models.Model):
    """In this registry only people with one of these roles, or in one of these teams, move this stage or alias."""

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    stage = models.ForeignKey(Stage, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    alias = models.CharField(max_length=255, blank=True)
    roles = models.JSONField(default=list)
    teams = models.ManyToManyField(Team, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stage__isnull=False, alias="") | (Q(stage__isnull=True) & ~Q(alias="")),
                name="protection_of_stage_or_alias",
            ),
            models.UniqueConstraint(fields=["stage"], condition=~Q(stage=None), name="stage_protected_once"),
            models.UniqueConstraint(fields=["registry", "alias"], condition=~Q(alias=""), name="alias_protected_once"),
        ]

    def __str__(self) -> str:
        return f"@{self.alias}" if self.stage is None else self.stage.name
