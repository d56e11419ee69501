"""Bytes that can be read anywhere without being held.

A file, a part of one, an inflated stream. And a cursor over them.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

PIECE = 1 << 18
KEPT_PIECES = 4


class Truncated(Exception):
    """The bytes end before the thing that is being read does."""


class Changed(Exception):
    """A sentence: the file is not there, or not the one that was recorded."""


class Source(ABC):
    """A known number of bytes, readable at any offset. Reading past the end gives fewer bytes."""

    size: int

    @abstractmethod
    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""

    def exactly(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`, or Truncated."""
        if offset + length > self.size:
            raise Truncated
        piece = self.read(offset, length)
        if len(piece) != length:
            raise Truncated
        return piece

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """All bytes between two offsets, in pieces."""
        end = self.size if end is None else end
        while start < end:
            piece = self.exactly(start, min(PIECE, end - start))
            start += len(piece)
            yield piece


class FileSource(Source):
    """An open regular file, read by position; nothing is mapped, so its size costs no address space."""

    def __init__(self, descriptor: int, size: int) -> None:
        self.descriptor = descriptor
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        if not 0 <= offset < self.size:
            return b""
        return os.pread(self.descriptor, max(0, min(length, self.size - offset)), offset)


class BytesSource(Source):
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        return self.data[offset : offset + max(0, length)] if offset >= 0 else b""


class Slice(Source):
    """A part of another source."""

    def __init__(self, whole: Source, start: int, size: int) -> None:
        self.whole = whole
        self.start = start
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        if not 0 <= offset < self.size:
            return b""
        return self.whole.read(self.start + offset, max(0, min(length, self.size - offset)))


class Inflated(Source):
    """A stream of known length that can only be made from its beginning: reading backwards starts it again."""

    def __init__(self, size: int, start: Callable[[], Iterator[bytes]]) -> None:
        self.size = size
        self._start = start
        self._restart()

    def _restart(self) -> None:
        self._stream = self._start()
        self._first = 0
        self._kept: list[bytes] = []
        self._end = 0

    def read(self, offset: int, length: int) -> bytes:
        if not 0 <= offset < self.size:
            return b""
        if offset < self._first:
            self._restart()
        wanted = min(offset + length, self.size)
        while self._end < wanted:
            piece = next(self._stream, b"")
            if not piece:
                break
            self._kept.append(piece)
            self._end += len(piece)
            while len(self._kept) > KEPT_PIECES and self._first + len(self._kept[0]) <= offset:
                self._first += len(self._kept.pop(0))
        window = b"".join(self._kept)
        return window[offset - self._first : wanted - self._first]


class Cursor:
    """Reads a source from one offset to its end, as an unpickler does."""

    def __init__(self, source: Source, offset: int = 0) -> None:
        self.source = source
        self._base = offset
        self._buffer = b""
        self._at = 0

    def tell(self) -> int:
        return self._base + self._at

    @property
    def left(self) -> int:
        return self.source.size - self.tell()

    def _fill(self, length: int) -> None:
        self._base += self._at
        self._at = 0
        self._buffer = self.source.read(self._base, max(length, PIECE))

    def read(self, length: int) -> bytes:
        """Exactly `length` bytes, or Truncated; refuses before allocating."""
        end = self._at + length
        if end > len(self._buffer):
            if length > self.left:
                raise Truncated
            self._fill(length)
            end = length
            if end > len(self._buffer):
                raise Truncated
        piece = self._buffer[self._at : end]
        self._at = end
        return piece

    def byte(self) -> int:
        """The next byte as a number, or Truncated."""
        at = self._at
        if at < len(self._buffer):
            self._at = at + 1
            return self._buffer[at]
        return self.read(1)[0]

    def peek(self, length: int) -> bytes:
        """Up to `length` bytes without moving."""
        if self._at + length > len(self._buffer):
            self._fill(length)
        return self._buffer[self._at : self._at + length]

    def skip(self, length: int) -> None:
        """Move on without looking, or Truncated."""
        if length < 0 or length > self.left:
            raise Truncated
        if self._at + length <= len(self._buffer):
            self._at += length
        else:
            self._base += self._at + length
            self._at = 0
            self._buffer = b""

    def line(self, limit: int = 1 << 16) -> bytes:
        """The bytes up to the next line feed, without it; Truncated when there is none within `limit`."""
        end = self._buffer.find(b"\n", self._at)
        if end < 0:
            self._fill(limit)
            end = self._buffer.find(b"\n", 0)
            if end < 0:
                raise Truncated
        piece = self._buffer[self._at : end]
        self._at = end + 1
        return piece
