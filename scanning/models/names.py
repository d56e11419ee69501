"""Names that a registry adds to the allow list."""

from django.db import models
from django.utils import timezone

from accounts.models import Registry, User


class AllowedName(models.Model):
    """One exact name of another library that model files of this registry may hold; never a package or a prefix."""

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    module = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    reason = models.TextField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registry", "module", "name"], name="name_allowed_once")]

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"
