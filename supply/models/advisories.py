"""Advisories about packages of PyPI, as the OSV schema has them, and when they were brought in."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User


class Severity(models.TextChoices):
    """How bad a vulnerability is, from the lightest to the worst (CVSS 3.1, section 5). Malicious is worse than any."""

    UNKNOWN = "unknown", "Unknown"
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"
    MALICIOUS = "malicious", "Malicious package"


class AdvisoryImport(models.Model):
    """One replacement of all advisories. The current one is what everything is matched with."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    newest_modified = models.DateTimeField()
    record_count = models.IntegerField()
    is_current = models.BooleanField(default=True)
    # When every package that a kept version requires had been matched with it.
    matched_at = models.DateTimeField(null=True)
    # What the server that it was fetched from calls this file, to be asked whether there is a newer one.
    etag = models.CharField(max_length=255, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="one_current_import")
        ]

    def __str__(self) -> str:
        return f"{self.record_count:,} advisories of {self.newest_modified:%Y-%m-%d}"


class Advisory(models.Model):
    """One OSV record. `document` is the record as it came, so that all of them can be exported again."""

    identifier = models.CharField(max_length=64, unique=True)
    modified = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)
    aliases = models.JSONField(default=list)
    summary = models.TextField(blank=True)
    severity = models.CharField(max_length=16, choices=Severity.choices, default=Severity.UNKNOWN)
    score = models.FloatField(null=True)
    document = models.JSONField(default=dict)
    # SHA-256 of the record as it came and of what is computed from its neighbours; the same one is not written again.
    digest = models.CharField(max_length=64, blank=True, default="", db_default="")
    # When a file came without it. It stays for what was found by it, and is about nothing any more.
    gone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "advisories"

    def __str__(self) -> str:
        return self.identifier


class AffectedPackage(models.Model):
    """Which versions of a package an advisory is about: enumerated ones, ranges of events, or both."""

    advisory = models.ForeignKey(Advisory, on_delete=models.CASCADE, related_name="affected")
    # Normalised as PEP 503 has it.
    package = models.CharField(max_length=214)
    ranges = models.JSONField(default=list)
    versions = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["package"], name="affected_by_package")]

    def __str__(self) -> str:
        return f"{self.package} ({self.advisory})"
