"""What the files of a version require, and which of it is known to be vulnerable."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from blobs.models import Tree
from registry.models import ModelVersion
from supply.models.advisories import Advisory, AdvisoryImport


class Package(models.Model):
    """One released version of a package of PyPI that some version of a model requires. Matched once for all of them.

    The empty version stands for whatever would be installed: only advisories about every release match it.
    """

    # Normalised as PEP 503 has it; the version as it was written.
    name = models.CharField(max_length=214)
    version = models.CharField(max_length=128)
    matched_with = models.ForeignKey(AdvisoryImport, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="package_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Dependency(models.Model):
    """One line of one file of a tree that asks for a package. Without `package` no advisory here can be about it."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=1024)
    ecosystem = models.CharField(max_length=16, default="pypi")
    name = models.CharField(max_length=214)
    specifier = models.CharField(max_length=512, blank=True)
    package = models.ForeignKey(Package, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(
                fields=["tree", "path", "ecosystem", "name", "specifier"], name="dependency_named_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}{self.specifier}"


class Vulnerability(models.Model):
    """An advisory that is about a package, for as long as the advisories say so."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="vulnerabilities")
    advisory = models.ForeignKey(Advisory, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "vulnerabilities"
        constraints = [
            models.UniqueConstraint(
                fields=["package", "advisory"], condition=Q(closed_at=None), name="vulnerability_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.advisory} in {self.package}"

    @property
    def key(self) -> str:
        """What a waiver names it by."""
        return f"{self.advisory.identifier} {self.package.name} {self.package.version}"


class Exposure(models.Model):
    """A live version requires something that an advisory is about: noted once, however many of its packages it is in.

    What the log and the owners of the version are told hangs on these rows, so they are told once.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    advisory = models.ForeignKey(Advisory, on_delete=models.CASCADE, related_name="+")
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    # Whether the mails of its beginning and of its end are still to be sent.
    tells_opening = models.BooleanField(default=True)
    tells_closing = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "advisory"], condition=Q(closed_at=None), name="exposure_open_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(tells_opening=True) | Q(tells_closing=True), name="exposure_to_tell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.advisory} in {self.package}"
