"""Policies: the rules of one move. A policy in force is never edited; a new version of it takes its place."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Registry, User


class Policy(models.Model):
    """What has to hold before a version may stand at a stage, or before a protected alias may name it."""

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    stage = models.CharField(max_length=64, blank=True)
    alias = models.CharField(max_length=255, blank=True)
    number = models.IntegerField(default=1)
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    needs_clean_scan = models.BooleanField(default=True)
    separates_duties = models.BooleanField(default=True)
    is_in_force = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(
                condition=(Q(stage="") & ~Q(alias="")) | (~Q(stage="") & Q(alias="")), name="policy_of_stage_or_alias"
            ),
            models.UniqueConstraint(fields=["registry", "stage", "alias", "number"], name="policy_number_once"),
            models.UniqueConstraint(
                fields=["registry", "stage", "alias"], condition=Q(is_in_force=True), name="one_policy_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage or '@' + self.alias}, policy {self.number}"
