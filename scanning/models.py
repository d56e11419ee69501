"""Scans: one engine's opinion of one tree, and its findings."""

from django.db import models
from django.utils import timezone

from blobs.models import Tree


class Verdict(models.TextChoices):
    """What is known about a tree. Only `clean` opens the scan gate by itself."""

    QUEUED = "queued", "Waiting for the scan"
    SCANNING = "scanning", "Scanning"
    CLEAN = "clean", "Clean"
    NEEDS_REVIEW = "needs-review", "Needs review"
    UNSAFE = "unsafe", "Unsafe"
    FAILED = "failed", "Scan failed"


OPEN_VERDICTS = (Verdict.QUEUED, Verdict.SCANNING)


class Scan(models.Model):
    """The work of one engine on one tree, from the request to the verdict. The same bytes are scanned once."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="+")
    engine = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.QUEUED)
    rules = models.CharField(max_length=64, blank=True)
    allow_list = models.CharField(max_length=128, blank=True)
    facts = models.JSONField(default=dict)
    attempts = models.IntegerField(default=0)
    requested_at = models.DateTimeField(default=timezone.now)
    # When a worker last took it or said that it is alive, or when it was last sent again.
    taken_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tree", "engine"], name="tree_scanned_once_per_engine")]
        indexes = [models.Index(fields=["verdict", "taken_at"], name="scan_by_verdict")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.engine})"

    @property
    def is_open(self) -> bool:
        """Whether the verdict is still to come."""
        return self.verdict in OPEN_VERDICTS


class Finding(models.Model):
    """One thing that the engine has to say about one file, or about the whole tree where `path` is empty."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="findings")
    path = models.CharField(max_length=1024, blank=True)
    scanner = models.CharField(max_length=64)
    severity = models.CharField(max_length=16)
    rule = models.CharField(max_length=64)
    message = models.TextField()
    advice = models.TextField(blank=True)
    position = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.message
