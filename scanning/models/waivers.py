"""Waivers: findings about some files that a person takes upon themselves."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Registry, User
from blobs.models import Tree


class Waiver(models.Model):
    """In this registry these findings about these files do not count, because somebody says why; until it ends.

    `keys` are those of findings (`Finding.key`), of the vulnerabilities of what the files require, or of both.
    """

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="+")
    keys = models.JSONField(default=list)
    # The heaviest that any of them was when it was accepted: should a rule weigh more one day, this does not cover it.
    heaviest = models.CharField(max_length=16, default="needs-review", db_default="needs-review")
    reason = models.TextField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField(default=timezone.now)
    # None: until it is withdrawn. Only findings that need a look are accepted for good.
    ends_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # When people were told that it has ended.
    end_noted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tree", "registry"], condition=Q(withdrawn_at=None), name="waiver_of_tree"),
            models.Index(fields=["registry", "-id"], name="waiver_of_registry"),
            models.Index(fields=["ends_at"], condition=Q(withdrawn_at=None, end_noted_at=None), name="waiver_by_end"),
        ]

    def __str__(self) -> str:
        return f"{len(self.keys)} finding{'' if len(self.keys) == 1 else 's'} of {self.tree}"

    @property
    def is_in_force(self) -> bool:
        """Whether its findings do not count now."""
        return self.withdrawn_at is None and (self.ends_at is None or self.ends_at > timezone.now())
