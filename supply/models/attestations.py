"""What Gatehouse itself vouches for, and the keys it signs with."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Registry, User
from registry.models import ModelVersion, Placement


class SigningKey(models.Model):
    """The key that a registry signs with, ECDSA on P-256. Retired ones stay, to verify what they signed."""

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    public_pem = models.TextField()
    # Encrypted with the installation's secret.
    private_sealed = models.TextField()
    fingerprint = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registry"], condition=Q(retired_at=None), name="one_key_signs")]

    def __str__(self) -> str:
        return self.fingerprint[:16]


class Attestation(models.Model):
    """A signed statement about a version, made when it was moved to where people load it from."""

    access_part_of = "version"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Where the version went: a stage, or an alias with its @.
    place = models.CharField(max_length=256)
    predicate_type = models.CharField(max_length=255)
    envelope = models.TextField()
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["placement", "predicate_type"], name="attested_once")]
        indexes = [models.Index(fields=["version", "-id"], name="attestation_of_version")]

    def __str__(self) -> str:
        return f"{self.predicate_type} of {self.version}"
