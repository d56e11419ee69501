"""Scans: one engine's opinion of one tree, and its findings."""

import json

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from blobs.models import Tree
from lib import digests


class Verdict(models.TextChoices):
    """What is known about a tree. Only `clean` opens the scan gate by itself."""

    QUEUED = "queued", "Waiting for the scan"
    SCANNING = "scanning", "Scanning"
    CLEAN = "clean", "Clean"
    NEEDS_REVIEW = "needs-review", "Needs review"
    UNSAFE = "unsafe", "Unsafe"
    FAILED = "failed", "Scan failed"


OPEN_VERDICTS = (Verdict.QUEUED, Verdict.SCANNING)


class Priority(models.IntegerChoices):
    """What for a scan was asked: by somebody, or because the engine is another one now."""

    ASKED = 0, "asked for"
    LIVE = 10, "again, as it is live"
    REST = 20, "again"


class Scan(models.Model):
    """The work of one engine on one tree, from the request to the verdict. The same bytes are scanned once."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="+")
    engine = models.CharField(max_length=64)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.QUEUED)
    rules = models.CharField(max_length=64, blank=True)
    allow_list = models.CharField(max_length=128, blank=True)
    facts = models.JSONField(default=dict)
    # What the release before said of the same files; empty for those that none has looked at.
    previous_verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True, default="", db_default="")
    # Lower ones are carried out first.
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.ASKED, db_default=0)
    attempts = models.IntegerField(default=0)
    requested_at = models.DateTimeField(default=timezone.now)
    # When a worker last took it or said that it is alive, or when it was last sent again.
    taken_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tree", "engine"], name="tree_scanned_once_per_engine")]
        indexes = [
            models.Index(fields=["verdict", "taken_at"], name="scan_by_verdict"),
            models.Index(fields=["engine", "verdict"], name="scan_by_engine"),
            models.Index(fields=["engine", "-finished_at"], name="scan_by_end"),
            models.Index(fields=["priority", "id"], condition=Q(verdict="queued"), name="scan_by_priority"),
            models.Index(
                fields=["engine", "-id"],
                condition=~Q(previous_verdict="") & ~Q(previous_verdict=F("verdict")),
                name="scan_with_another_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} ({self.engine})"

    @property
    def is_open(self) -> bool:
        """Whether the verdict is still to come."""
        return self.verdict in OPEN_VERDICTS


def finding_key(path: str, rule: str, about: str) -> str:
    """Names the same remark about the same file in every scan of it, wherever in the file it stands."""
    return digests.of_bytes(json.dumps([path, rule, about]).encode())


class Finding(models.Model):
    """One thing that the engine has to say about one file, or about the whole tree where `path` is empty."""

    scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="findings")
    path = models.CharField(max_length=1024, blank=True)
    scanner = models.CharField(max_length=64)
    severity = models.CharField(max_length=16)
    rule = models.CharField(max_length=64)
    # What exactly it is about, for programs: a module-level name, an operator, an address; often empty.
    subject = models.CharField(max_length=512, blank=True, default="", db_default="")
    # Names the same remark about the same file in every scan, so that a waiver holds across them.
    key = models.CharField(max_length=64, default="", db_default="")
    message = models.TextField()
    advice = models.TextField(blank=True)
    position = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.message
