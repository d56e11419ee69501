"""Folders: putting files into them and taking them out."""

from django.db import transaction

from accounts.models import User
from blobs.models import Blob, Folder, FolderFile
from blobs.queries import below
from lib import paths
from lib.errors import Invalid


def create_folder(*, actor: User) -> Folder:
    """An empty folder for whoever will own it."""
    return Folder.objects.create()


@transaction.atomic
def put_file(folder: Folder, path: str, blob: Blob, *, actor: User) -> FolderFile:
    """Store `blob` under `path`, replacing what was there. Raises Invalid if a folder or a file is in the way."""
    paths.clean(path)
    parts = path.split("/")
    above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
    files = folder.files.all()
    if files.filter(path__in=above).exists() or below(files, path).exists():
        raise Invalid("path", f"Invalid path: {path} is both a file and a folder.")
    file = FolderFile(folder=folder, path=path, blob=blob)
    FolderFile.objects.bulk_create(
        [file], update_conflicts=True, unique_fields=["folder", "path"], update_fields=["blob"]
    )
    return file


@transaction.atomic
def remove(folder: Folder, path: str, *, actor: User) -> int:
    """Take out a file, or a folder with all that is below it; the empty path means everything. How many files went."""
    path = paths.clean_folder(path)
    files = folder.files.all()
    count, _ = below(files, path).delete()
    if path:
        count += files.filter(path=path).delete()[0]
    return count
