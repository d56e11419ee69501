"""Releases of the engine: one row for each state of engine, rules and allow list that has scanned here."""

from django.db import models
from django.utils import timezone


class EngineRelease(models.Model):
    """From its first moment on everything that is still kept is scanned again, what is live first."""

    class Phase(models.IntegerChoices):
        """What is being scanned again now."""

        LIVE = 0, "what is live"
        REST = 1, "the rest"
        ASKED = 2, "nothing more"

    engine = models.CharField(max_length=64, unique=True)
    began_at = models.DateTimeField(default=timezone.now)
    # When every version that is kept had a verdict of this release.
    finished_at = models.DateTimeField(null=True)
    # How far it has asked: the phase, and the key of the last tree in it. Trees that come later ask for themselves.
    phase = models.SmallIntegerField(choices=Phase.choices, default=Phase.LIVE, db_default=0)
    reached = models.BigIntegerField(default=0, db_default=0)
    # How many trees it was about when it began, and how many scans it has asked for.
    trees = models.IntegerField(default=0, db_default=0)
    asked = models.IntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.engine
