"""SHA-256 digests: their spelling and the digest of a list of files."""

import hashlib
import re
from collections.abc import Iterable

_HEX = re.compile(r"[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Whether `text` is a SHA-256 digest in lower-case hexadecimal."""
    return _HEX.fullmatch(text) is not None


def of_bytes(data: bytes) -> str:
    """The SHA-256 of `data` in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def of_files(files: Iterable[tuple[str, str, int]]) -> str:
    """The digest of a tree of (path, sha256, size): SHA-256 over one line a file, sorted by the bytes of its path.

    A line is the digest, the size in decimal and the path in UTF-8, parted by single spaces and ended by a NUL byte,
    which no path can hold; so two different trees never have the same text.
    """
    digest = hashlib.sha256()
    for path, sha256, size in sorted(files, key=lambda file: file[0].encode()):
        digest.update(f"{sha256} {size} {path}\0".encode())
    return digest.hexdigest()
