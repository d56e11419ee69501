"""Blobs, the two ways to give them names (a tree that never changes and a folder that does), and uploads in parts."""

from django.conf import settings
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


class PartUpload(models.Model):
    """A file on its way into a folder whose parts a client sends to the object store itself.

    It is open, then somebody joins the parts, then it is done and kept for a while, for a client that lost the answer.
    """

    class State(models.TextChoices):
        """What has happened so far."""

        OPEN = "open"
        JOINING = "joining"
        DONE = "done"

    # Names it to the client and in the store; `mark` is the store's own name for it.
    name = models.CharField(max_length=32, unique=True)
    mark = models.CharField(max_length=1024)
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=1024)
    part_count = models.IntegerField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    # When whoever joins the parts was last seen at it; one who is not seen for a while is taken for dead.
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="part_upload_started")]

    def __str__(self) -> str:
        return f"upload {self.name}"
