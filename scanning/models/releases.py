"""Releases of the engine: one row for each state of engine, rules and allow list that has scanned here."""

from django.db import models
from django.utils import timezone


class EngineRelease(models.Model):
    """From its first moment on everything that is still kept is scanned again, what is live first."""

    engine = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField(default=timezone.now)
    # When every version that is kept had a verdict of this release.
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.engine
