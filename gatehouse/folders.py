"""The SHA-256 of every file of a folder, hidden ones too. Nothing outside the folder is ever read."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 20
# Stands for what has no digest, and equals none.
NO_DIGEST = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """What lies in a folder: digests by path, and the entries that no signature can cover (links, devices)."""

    files: dict[str, str]
    odd: tuple[str, ...]


def hashed(start: Path, *, without: frozenset[Path] = frozenset()) -> Folder:
    """Hash a folder, but for some files of it. Raises OSError for what cannot be read."""
    files: dict[str, str] = {}
    odd: list[str] = []
    for entry in sorted(_entries(start)):
        if plain(entry) in without:
            continue
        name = entry.relative_to(start).as_posix()
        files[name] = _digest(entry)
        if files[name] == NO_DIGEST:
            odd.append(name)
    return Folder(files, tuple(odd))


def plain(path: Path) -> Path:
    """The path from the root on, without dots; links stay what they are."""
    return Path(os.path.abspath(path))  # resolve() would follow links


def _entries(start: Path) -> Iterator[Path]:
    def refuse(problem: OSError) -> None:
        raise problem

    for folder, folders, names in os.walk(start, onerror=refuse, followlinks=False):
        yield from (Path(folder, name) for name in names)
        yield from (Path(folder, name) for name in folders if Path(folder, name).is_symlink())


def _digest(entry: Path) -> str:
    if not stat.S_ISREG(entry.lstat().st_mode):
        return NO_DIGEST
    descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        total = hashlib.sha256()
        while piece := stream.read(_PIECE):
            total.update(piece)
    return total.hexdigest()
