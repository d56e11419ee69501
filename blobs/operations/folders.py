"""Folders: putting files into them and taking them out."""

from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, CharField, IntegerField, Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from accounts.models import User
from blobs.models import Blob, Folder, FolderFile
from blobs.operations.uploads import enter_blob
from blobs.queries import below
from blobs.stores import Received
from lib import paths
from lib.errors import Invalid
from lib.inserts import Insert
from lib.statements import Blank, Statement

_there_now = Insert(FolderFile, "folder", "path", "blob", once_per=["folder_id", "path"], replacing=["blob_id"])


def create_folder(*, actor: User) -> Folder:
    """An empty folder for whoever will own it."""
    return Folder.objects.create()


@transaction.atomic
def put_file(folder: Folder, path: str, blob: Blob, *, actor: User) -> FolderFile:
    """Store `blob` under `path`, replacing what was there. Raises Invalid if a folder or a file is in the way."""
    return _put(folder.pk, path, blob)


def keep_file(folder_id: int, path: str, received: Received, *, actor: User) -> FolderFile:
    """The same with bytes that have no row yet, in a transaction of the caller."""
    return _put(folder_id, path, enter_blob(received, actor=actor))


@transaction.atomic
def remove(folder: Folder, path: str, *, actor: User) -> int:
    """Take out a file, or a folder with all that is below it; the empty path means everything. How many files went."""
    path = paths.clean_folder(path)
    files = folder.files.all()
    count, _ = below(files, path).delete()
    if path:
        count += files.filter(path=path).delete()[0]
    return count


def _put(folder_id: int, path: str, blob: Blob) -> FolderFile:
    paths.clean(path)
    parts = path.split("/")
    above = {f"above{depth}": "/".join(parts[:depth]) for depth in range(1, len(parts))}
    if _in_the_way(len(above)).first(folder=folder_id, start=f"{path}/", length=len(path) + 1, **above):
        raise Invalid("path", f"Invalid path: {path} is both a file and a folder.")
    [(pk,)] = _there_now.rows([(folder_id, path, blob.pk)], returning=["id"])
    return FolderFile(pk=pk, folder_id=folder_id, path=path, blob=blob)


@cache
def _in_the_way(depth: int) -> Statement[Any]:
    """A file where a path of this depth needs a folder, or below what is to be a file."""
    start = Blank("start", CharField())
    condition = Q(Exact(Left("path", Blank("length", IntegerField())), start))
    if depth:
        condition |= Q(path__in=[Blank(f"above{number}", CharField()) for number in range(1, depth + 1)])
    rows = FolderFile.objects.filter(condition, folder=Blank("folder", BigIntegerField()))
    return Statement(lambda: rows.values_list("pk", named=True)[:1])
