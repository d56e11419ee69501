"""Policies: the rules of one move. A policy in force is never edited; a new version of it takes its place."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Registry, User


class Severity(models.TextChoices):
    """How bad a vulnerability may be to be asked about, from the lightest to the worst."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


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
    # Whether findings that need a look will do once somebody has accepted them by a waiver.
    accepts_findings = models.BooleanField(default=True, db_default=True)
    # No open vulnerability as bad as this one or worse; empty: not asked.
    most_severe_vulnerability = models.CharField(
        max_length=8, choices=Severity.choices, blank=True, default="", db_default=""
    )
    needs_signature = models.BooleanField(default=False, db_default=False)
    # Per cent of the bill of materials; 0: not asked.
    bill_completeness = models.PositiveSmallIntegerField(default=0, db_default=0)
    # SPDX identifiers, any of which will do; none: not asked.
    allowed_licences = models.JSONField(default=list, blank=True, db_default=[])
    is_in_force = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(
                condition=(Q(stage="") & ~Q(alias="")) | (~Q(stage="") & Q(alias="")), name="policy_of_stage_or_alias"
            ),
            models.CheckConstraint(condition=Q(bill_completeness__lte=100), name="policy_bill_in_per_cent"),
            models.UniqueConstraint(fields=["registry", "stage", "alias", "number"], name="policy_number_once"),
            models.UniqueConstraint(
                fields=["registry", "stage", "alias"], condition=Q(is_in_force=True), name="one_policy_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage or '@' + self.alias}, policy {self.number}"
