"""The audit log: append-only rows. Names are kept as text, so a line still reads after its actor or subject is gone."""

from typing import Any, NoReturn

from django.db import models
from django.utils import timezone


class Event(models.Model):
    """One line: who did what to which thing, when, from where and why."""

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=64)
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=256)
    token_prefix = models.CharField(max_length=16, blank=True)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=32, blank=True)
    registry_id = models.BigIntegerField(null=True)
    subject_type = models.CharField(max_length=32)
    subject_id = models.BigIntegerField()
    subject_name = models.CharField(max_length=512)
    reason = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="event_by_subject"),
            models.Index(fields=["registry_id", "-id"], name="event_by_registry"),
            models.Index(fields=["actor_id", "-id"], name="event_by_actor"),
            models.Index(fields=["kind", "-id"], name="event_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.kind} {self.subject_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new line; a line that stands is never rewritten."""
        if self.pk is not None:
            raise TypeError("An event is never rewritten.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: the log only grows."""
        raise TypeError("An event is never deleted.")
