"""Blobs, and the two ways to give them names: a tree that never changes and a folder that does."""

from django.db import models
from django.utils import timezone


class Blob(models.Model):
    """Some bytes in the store. A row stands for bytes that are complete and safely stored."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    # When somebody last wanted these bytes; the sweeper leaves them alone for a day after that.
    wanted_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sha256:{self.sha256}"


class Tree(models.Model):
    """A frozen list of (path, blob). Its digest names the content of a version."""

    digest = models.CharField(max_length=64, unique=True)
    file_count = models.IntegerField()
    size = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"tree:{self.digest}"


class File(models.Model):
    """A path with its bytes: what trees and folders are lists of."""

    path = models.CharField(max_length=1024)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.path


class TreeFile(File):
    """One file of a tree."""

    tree = models.ForeignKey(Tree, on_delete=models.CASCADE, related_name="files")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tree", "path"], name="tree_path_once")]


class Folder(models.Model):
    """A mutable set of files that a run, a logged model or an upload owns."""

    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"folder {self.pk}"


class FolderFile(File):
    """One file of a folder; storing the same path again replaces it."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="files")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "path"], name="folder_path_once")]
