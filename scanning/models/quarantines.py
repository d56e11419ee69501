"""Quarantines: files that are kept from readers for another reason than their scan."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from blobs.models import Tree


class Quarantine(models.Model):
    """These files are unsafe for as long as it is open, whatever their scan says.

    `cause` names what keeps it open, so that the same cause opens one and lifts its own only.
    """

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=64)
    reason = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tree", "cause"], condition=Q(lifted_at=None), name="quarantined_once")
        ]

    def __str__(self) -> str:
        return f"{self.tree}: {self.reason}"
