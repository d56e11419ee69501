"""Versions: a number, a frozen tree of files and where they come from."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from blobs.models import Tree
from registry.models.models import RegisteredModel
from tracking.models import Dataset, LoggedModel, Run


class ModelVersion(models.Model):
    """Number 1, 2, 3 ... of a model. It is complete from its first moment on, and its files never change.

    A version without a tree is an external one: `source` says where its files are, Gatehouse holds none of them.
    """

    access_part_of = "model"
    access_owner = "uploader"

    model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.IntegerField()
    description = models.TextField(blank=True)
    tree = models.ForeignKey(Tree, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=2048, blank=True)
    source_run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="+")
    logged_model = models.ForeignKey(LoggedModel, null=True, on_delete=models.PROTECT, related_name="+")
    copied_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    run_link = models.CharField(max_length=2048, blank=True)
    git_commit = models.CharField(max_length=64, blank=True)
    datasets = models.ManyToManyField(Dataset, related_name="+")
    uploader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "version"
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="version_number_once")]
        indexes = [
            models.Index(fields=["-updated_at", "model", "-number"], name="version_by_update"),
            models.Index(fields=["model", "-updated_at", "-number"], name="version_of_model_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self.model.name} version {self.number}"


class VersionTag(models.Model):
    """A key with a value on a version."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="version_tag_once")]

    def __str__(self) -> str:
        return self.key
