"""Sign-ins that failed, kept for as long as they count towards a lock."""

from django.db import models
from django.utils import timezone


class FailedSignIn(models.Model):
    """One wrong password. The name is kept as a keyed digest, since people type passwords into the field for it."""

    name_digest = models.CharField(max_length=64)
    address = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["name_digest", "at"], name="failure_by_name"),
            models.Index(fields=["address", "at"], name="failure_by_address"),
            models.Index(fields=["at"], name="failure_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} from {self.address}"
