"""Blobs in a folder of this machine. Safe against a crash at any moment, and against links planted in the folder."""

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISREG
from time import time
from typing import BinaryIO

from blobs.layout import BLOBS, INCOMING, blob_digest, blob_path, checked, incoming_path
from blobs.stores.base import Incoming, Store
from lib import digests
from lib.errors import NotFound, TooLarge, Unavailable

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
# Up to here the disk takes longer to say that it is done than to take the bytes.
_SMALL = 1024 * 1024
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class LocalStore(Store):
    """Blobs below `root`, which is made on the first upload."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self) -> Incoming:
        with _space():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _LocalIncoming(self.root)

    def open(self, sha256: str, *, start: int = 0, length: int | None = None) -> BinaryIO:
        with _known(), _folder_of(self.root, blob_path(sha256)) as (folder, name):
            descriptor = os.open(name, _READ, dir_fd=folder)
        os.lseek(descriptor, start, os.SEEK_SET)
        if length is None:
            return os.fdopen(descriptor, "rb")
        return io.BufferedReader(_Slice(descriptor, length))

    def exists(self, sha256: str) -> bool:
        try:
            self._stat(sha256)
        except NotFound:
            return False
        return True

    def size(self, sha256: str) -> int:
        return self._stat(sha256).st_size

    def delete(self, sha256: str) -> None:
        with suppress(NotFound), _known(), _folder_of(self.root, blob_path(sha256)) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def stored(self, after: str | None = None) -> Iterator[tuple[str, datetime]]:
        last = checked(after) if after else ""
        for outer in _folders(self.root / BLOBS):
            if outer < last[:2]:
                continue
            for inner in _folders(self.root / BLOBS / outer):
                if outer + inner < last[:4]:
                    continue
                for name, modified in _files(self.root / BLOBS / outer / inner):
                    if name > last and blob_digest(f"{BLOBS}/{outer}/{inner}/{name}"):
                        yield name, datetime.fromtimestamp(modified, tz=UTC)

    def sweep_incoming(self, *, older_than: timedelta) -> int:
        swept = 0
        oldest = time() - older_than.total_seconds()
        for name, modified in _files(self.root / INCOMING):
            if modified < oldest:
                (self.root / INCOMING / name).unlink(missing_ok=True)
                swept += 1
        return swept

    def local_path(self, sha256: str) -> Path | None:
        self._stat(sha256)
        return self.root / blob_path(sha256)

    def url(self, sha256: str, *, filename: str, content_type: str, expires: timedelta) -> str | None:
        checked(sha256)
        return None

    def drop_parts(self, name: str, mark: str) -> None:
        """Parts never come here."""

    def _stat(self, sha256: str) -> os.stat_result:
        with _known(), _folder_of(self.root, blob_path(sha256)) as (folder, name):
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not S_ISREG(found.st_mode):
            raise NotFound("There is no such file.")
        return found


class _LocalIncoming(Incoming):
    """A file beside its final place, on the same file system, so that a rename publishes it."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root
        self._path = incoming_path(self.name)
        with _folder_of(root, self._path, create=True) as (folder, name):
            self._file = os.fdopen(os.open(name, _CREATE, 0o600, dir_fd=folder), "wb")

    def _keep(self, piece: bytes) -> None:
        with _space():
            self._file.write(piece)

    def _seal(self) -> None:
        with _space():
            self._file.flush()
            if self.size > _SMALL:
                os.fsync(self._file.fileno())

    def _land(self, sha256: str) -> None:
        """Give the bytes their name and bring both to the disk with one flush, which costs more than all the rest.

        A small file is renamed before it is synced: ext4, XFS and Btrfs sync the name along with the file. Should the
        power fail in between, there is no row yet, and the next upload of these bytes mends what stands there. Bytes
        that are there and whole may have a row, so they stay, are synced if their writer is not done, and become young.
        """
        with (
            _space(),
            self._file,
            _folder_of(self._root, self._path) as (incoming, name),
            _folder_of(self._root, blob_path(sha256), create=True) as (folder, final),
        ):
            if _sync_same(folder, final, self.size, sha256):
                os.unlink(name, dir_fd=incoming)
                return
            os.rename(name, final, src_dir_fd=incoming, dst_dir_fd=folder)
            os.fsync(self._file.fileno())

    def _discard(self) -> None:
        # Closing writes what is still buffered, which fails again on a full disk.
        with suppress(OSError):
            self._file.close()
        with suppress(OSError), _folder_of(self._root, self._path) as (folder, name):
            os.unlink(name, dir_fd=folder)


class _Slice(io.RawIOBase):
    """An open file from where it stands, for so many bytes and no more."""

    def __init__(self, descriptor: int, length: int) -> None:
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        return count

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def _folder_of(root: Path, path: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
    """The open folder of `path` and the last name in it, step by step, so that no link below the root is followed."""
    *parts, name = path.split("/")
    folder = os.open(root, _FOLDER)
    try:
        for part in parts:
            if create:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=folder)
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        yield folder, name
    finally:
        os.close(folder)


def _sync_same(folder: int, name: str, size: int, sha256: str) -> bool:
    """Whether these bytes are there; if so, they are on the disk and young now."""
    try:
        descriptor = os.open(name, _READ, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return False
        raise
    try:
        found = os.fstat(descriptor)
        if not S_ISREG(found.st_mode) or found.st_size != size:
            return False
        # A larger one was on the disk before it got its name.
        if size <= _SMALL and digests.of_bytes(os.pread(descriptor, size, 0)) != sha256:
            return False
        os.utime(descriptor)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return True


def _folders(folder: Path) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    return []


def _files(folder: Path) -> Iterator[tuple[str, float]]:
    """The regular files of `folder` in order, each with its time of change."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            # Another process may publish or remove it between the listing and this look.
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False):
                    yield entry.name, entry.stat(follow_symlinks=False).st_mtime


@contextmanager
def _known() -> Iterator[None]:
    """NotFound for a missing file, and for a link where a file or folder should be."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise NotFound("There is no such file.") from error
        raise


@contextmanager
def _space() -> Iterator[None]:
    """Unavailable for a full disk, TooLarge for a file that is longer than the disk or the process may have."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Unavailable("The disk that holds the files is full.") from error
        if error.errno == errno.EFBIG:
            raise TooLarge("The disk takes no file of this length.") from error
        raise
