"""Reading folders, trees and bytes."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar

from django.db.models import BigIntegerField, CharField, QuerySet, Value
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from accounts.models import User
from blobs.models import Blob, File, Folder, FolderFile, PartUpload
from blobs.stores import store
from lib import paths
from lib.errors import NotFound
from lib.statements import Blank, Statement

# No link to a part of an upload lasts longer.
LINKS_LAST = timedelta(hours=24)
FileRow = TypeVar("FileRow", bound=File)
_in_folder = Statement(
    lambda: FolderFile.objects.select_related("blob").filter(
        folder=Blank("folder", BigIntegerField()), path=Blank("path", CharField())
    )
)


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


def file_in_folder(folder_id: int, path: str) -> FolderFile | None:
    """The file at `path` in this folder, with its blob."""
    return _in_folder.first(folder=folder_id, path=path)


def read(blob: Blob, start: int = 0, length: int | None = None) -> BinaryIO:
    """The bytes of a blob, or a range of them, as a stream."""
    return store().open(blob.sha256, start=start, length=length)


def local_path(blob: Blob) -> Path | None:
    """The file that holds these bytes on this machine; None when the store is elsewhere."""
    return store().local_path(blob.sha256)


def link(blob: Blob, *, filename: str, content_type: str) -> str | None:
    """A link to the bytes that needs no account and soon ends; None when the store gives none. Ask for rights before.

    It lasts long enough to begin the last range of a large file.
    """
    expires = min(timedelta(minutes=5) + timedelta(seconds=blob.size // 20_000_000), timedelta(hours=1))
    return store().url(blob.sha256, filename=filename, content_type=content_type, expires=expires)


def find_parts(folder: Folder, path: str, name: str, *, actor: User) -> PartUpload:
    """The upload in parts that this actor began to this path. Raises NotFound."""
    upload = PartUpload.objects.filter(folder=folder, path=path, name=name, started_by=actor.pk).first()
    if upload is None:
        raise NotFound("There is no such upload.")
    return upload


def part_links(upload: PartUpload) -> list[str]:
    """Where the client sends each part, first to last. All parts are asked for at once, so many of them last longer."""
    expires = min(timedelta(hours=1) + timedelta(seconds=4 * upload.part_count), LINKS_LAST)
    numbers = range(1, upload.part_count + 1)
    return [store().part_url(upload.name, upload.mark, number, expires=expires) for number in numbers]


def is_public() -> bool:
    """Whether clients should send and fetch large files at the object store themselves."""
    return store().is_public
