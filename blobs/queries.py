"""Reading folders, trees and bytes."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from django.db.models import QuerySet, Value
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from blobs.models import Blob, File
from blobs.stores import store
from lib import paths
from lib.errors import NotFound

FileRow = TypeVar("FileRow", bound=File)


@dataclass(frozen=True)
class Entry:
    """One line of a folder's listing; a folder has no size."""

    name: str
    is_folder: bool
    size: int | None


def below(files: QuerySet[FileRow], path: str) -> QuerySet[FileRow]:
    """The files inside the folder `path`, at any depth; the empty path means all."""
    if not path:
        return files
    # Not LIKE, which forgets about case on SQLite, and not a range, which depends on the locale on PostgreSQL.
    return files.filter(Exact(Left("path", len(path) + 1), Value(f"{path}/")))


def list_level(files: QuerySet[FileRow], path: str) -> list[Entry]:
    """What lies directly in the folder `path`, by name. Nothing for a folder that is not there."""
    start = len(path) + 1 if path else 0
    sizes: dict[str, int | None] = {}
    for full, size in below(files, path).values_list("path", "blob__size"):
        name, slash, _ = full[start:].partition("/")
        sizes[name] = None if slash else size
    return [Entry(name, size is None, size) for name, size in sorted(sizes.items())]


def find_file(files: QuerySet[FileRow], path: str) -> FileRow:
    """The file at `path` with its blob. Raises NotFound, and Invalid for what can be no file's path."""
    paths.clean(path)
    file = files.select_related("blob").filter(path=path).first()
    if file is None:
        raise NotFound(f"There is no file {path}.")
    return file


def read(blob: Blob, start: int = 0, length: int | None = None) -> BinaryIO:
    """The bytes of a blob, or a range of them, as a stream."""
    return store().open(blob.sha256, start=start, length=length)


def local_path(blob: Blob) -> Path | None:
    """The file that holds these bytes on this machine; None when the store is elsewhere."""
    return store().local_path(blob.sha256)
