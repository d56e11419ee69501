"""Signatures that came with or after a version, and whom a registry trusts to sign."""

from django.db import models
from django.utils import timezone

from accounts.models import Registry, User
from registry.models import ModelVersion


class TrustAnchor(models.Model):
    """A public key, or a certificate of an authority, whose signatures count in this registry while it is valid."""

    class Kind(models.TextChoices):
        """What `pem` holds."""

        KEY = "key", "Public key"
        CERTIFICATE = "certificate", "Certificate authority"

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    pem = models.TextField()
    # SHA-256 of the DER form: of the public key's SubjectPublicKeyInfo, or of the certificate.
    fingerprint = models.CharField(max_length=64)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revocation_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registry", "fingerprint"], name="anchor_once"),
            models.UniqueConstraint(fields=["registry", "name"], name="anchor_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Signature(models.Model):
    """An envelope that speaks about the files of a version. What it is worth is computed when asked, never stored.

    `document` is the bundle or envelope as it came. It belongs to a version, not to its tree: others who hold the same
    files elsewhere neither see who added it nor take it away.
    """

    access_part_of = "version"

    class Form(models.TextChoices):
        """How the envelope is packed."""

        BUNDLE = "bundle", "Sigstore bundle (OpenSSF model signing)"
        ENVELOPE = "envelope", "DSSE envelope (in-toto)"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=16, choices=Form.choices)
    document = models.TextField()
    digest = models.CharField(max_length=64)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "digest"], name="signature_once")]

    def __str__(self) -> str:
        return f"{self.get_form_display()} {self.digest[:12]}"
