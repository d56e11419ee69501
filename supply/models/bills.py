"""Bills of materials that people brought along. Our own is made when somebody asks: see supply.bills."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from registry.models import ModelVersion


class SuppliedBill(models.Model):
    """A CycloneDX document about a version, as it came; the newest one counts."""

    access_part_of = "version"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    document = models.TextField()
    digest = models.CharField(max_length=64)
    supplied_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    supplied_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["version", "-id"], name="bill_of_version")]

    def __str__(self) -> str:
        return f"Bill of materials of {self.version}"
