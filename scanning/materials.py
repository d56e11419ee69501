"""The files of a tree as the sandbox reads them: from a local store as they lie there, from a remote one by range.

Nothing is copied: a scan of a large file costs the ranges that its readers look at.
"""

from pathlib import Path

from blobs.models import Blob, Tree
from blobs.queries import local_path, read
from lib.errors import NotFound
from scanning.engine.sources import Changed
from scanning.sandbox import ScanFile

# One question is answered with so much of what follows; the more is read in order, the more at a time.
LEAST_AHEAD = 1 << 16
MOST_AHEAD = 8 << 20


def files_of(tree: Tree) -> list[ScanFile]:
    """What to scan, by its path in the tree."""
    files = tree.files.select_related("blob").order_by("path")
    return [ScanFile(file.path, _source(file.blob), file.blob.size) for file in files]


class RemoteContent:
    """A blob in a store that answers to ranges, with one window of it in memory."""

    def __init__(self, blob: Blob) -> None:
        self.blob = blob
        self._start, self._window, self._ahead = 0, b"", LEAST_AHEAD

    def read(self, start: int, length: int) -> bytes:
        """A range. Raises Changed for a blob that is gone, and Unavailable if the store does not answer."""
        if not self._start <= start <= start + length <= self._start + len(self._window):
            self._look_at(start, length)
        at = start - self._start
        return self._window[at : at + length]

    def close(self) -> None:
        """Forget the window."""
        self._start, self._window, self._ahead = 0, b"", LEAST_AHEAD

    def _look_at(self, start: int, length: int) -> None:
        end = self._start + len(self._window)
        kept = b""
        if self._window and self._start <= start <= end:
            # What begins in the window goes on behind it: only that is fetched, and more of it than the last time.
            kept = self._window[start - self._start :]
            self._ahead = min(self._ahead * 2, MOST_AHEAD)
        else:
            self._ahead = LEAST_AHEAD
        wanted = max(length, self._ahead) - len(kept)
        try:
            with read(self.blob, start + len(kept), wanted) as body:
                self._window = kept + body.read(wanted)
        except NotFound:
            raise Changed("The file is not in the store.") from None
        self._start = start


def _source(blob: Blob) -> Path | RemoteContent:
    try:
        return local_path(blob) or RemoteContent(blob)
    except NotFound:
        # The engine says so of this file, and goes on to the others.
        return RemoteContent(blob)
