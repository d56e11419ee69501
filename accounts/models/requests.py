"""Access requests: somebody who sees a thing asks its maintainers for a role on it until a date."""

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone

from accounts.models.people import User
from accounts.rights import ROLE_LABELS


class AccessRequest(models.Model):
    """One person's wish for one role on one registry, model or experiment, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    # The things stand on floors above this one, and no list of a hot path reads these rows.
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.BigIntegerField()
    thing = GenericForeignKey("content_type", "object_id")

    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=20, choices=ROLE_LABELS)
    reason = models.TextField()
    ends_at = models.DateTimeField("the role ends", null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["content_type", "object_id", "-id"], name="request_by_thing")]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by", "content_type", "object_id"],
                condition=models.Q(state="open"),
                name="one_open_request",
            )
        ]

    def __str__(self) -> str:
        return f"{self.asked_by} asks for {self.role.replace('_', ' ')}"
