"""Compressed streams.

Gzip, zlib, bz2, xz and lzma, inflated piece by piece and never kept as a whole when they are large.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from scanning.engine.context import Context, LimitReached
from scanning.engine.sources import PIECE, BytesSource, Inflated, Slice, Source

RATIO = 200
# Below this size a high ratio is what a table of zeros compresses to, and no danger.
RATIO_FROM = 16 << 20
STREAM_BYTES = 2 << 30
KEPT_BYTES = 32 << 20
LZMA_MEMORY = 256 << 20
STREAMS = 10_000


class Decompressor(Protocol):
    """What bz2 and lzma offer, and `Zlib` for the others."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class Zlib:
    """zlib's decompressor with the face of the others. `window` is zlib's wbits."""

    def __init__(self, window: int) -> None:
        self._stream = zlib.decompressobj(window)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max(0, max_length))


class Damaged(Exception):
    """The compressed bytes are not valid to their end."""


@dataclass(frozen=True, slots=True)
class Compression:
    """A way to compress. `continues` says which bytes may begin another stream behind the first."""

    name: str
    make: Callable[[], Decompressor]
    continues: bytes | None = None


GZIP = Compression("gzip", lambda: Zlib(31), b"\x1f\x8b")
ZLIB = Compression("zlib", lambda: Zlib(15))
DEFLATE = Compression("deflate", lambda: Zlib(-15))
BZ2 = Compression("bz2", bz2.BZ2Decompressor, b"BZh")
XZ = Compression("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY), b"\xfd7zXZ\x00")
LZMA = Compression("lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=LZMA_MEMORY))


def inflate(source: Source, compression: Compression) -> Iterator[bytes]:
    """The inflated bytes in pieces; Damaged when they do not end well or when something else follows them."""
    at = 0
    for _ in range(STREAMS):
        stream = compression.make()
        while not stream.eof:
            data = b""
            if stream.needs_input:
                data = source.read(at, PIECE)
                at += len(data)
            try:
                piece = stream.decompress(data, PIECE)
            except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as problem:
                raise Damaged(f"The compressed data is damaged: {problem}.") from None
            if piece:
                yield piece
            elif not data and not stream.eof:
                raise Damaged("The compressed data ends too early.")
        at -= len(stream.unused_data)
        if at >= source.size:
            return
        if compression.continues is None or not source.read(at, 8).startswith(compression.continues):
            raise Damaged(f"{source.size - at:,} bytes follow the compressed data that are not part of it.")
    raise Damaged(f"The file holds more than {STREAMS:,} compressed streams.")


def open_inflated(source: Source, compression: Compression, context: Context, most: int = STREAM_BYTES) -> Source:
    """The inflated bytes as a source. LimitReached when there are too many, Damaged when they are not valid."""
    pieces: list[bytes] = []
    size = 0
    keep = min(KEPT_BYTES, context.budget.kept)
    for piece in inflate(source, compression):
        size += len(piece)
        context.budget.take_inflated(len(piece))
        if size > most:
            raise LimitReached("archive.bomb", f"The data unpacks to more than {most >> 20:,} MB.")
        if size > RATIO_FROM and size > RATIO * source.size:
            raise LimitReached("archive.bomb", f"The data unpacks to more than {RATIO} times its size.")
        if size <= keep:
            pieces.append(piece)
        else:
            pieces.clear()
    if size <= keep:
        context.budget.kept -= size
        return BytesSource(b"".join(pieces))
    return Inflated(size, lambda: inflate(source, compression))


def is_zlib(head: bytes) -> bool:
    """Whether two bytes are a zlib header without a preset dictionary (RFC 1950)."""
    return len(head) >= 2 and head[0] == 0x78 and not head[1] & 0x20 and int.from_bytes(head[:2], "big") % 31 == 0


def yields_nothing(source: Source, compression: Compression) -> bool:
    """Whether the very beginning is no valid stream, so that nobody gets a byte out of it, however he reads."""
    stream = compression.make()
    for byte in source.read(0, 16):
        try:
            if stream.decompress(bytes([byte])):
                return False
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
            return True
    return False


def open_damaged(source: Source, compression: Compression, context: Context) -> Source | None:
    """What could be inflated from the beginning, up to KEPT_BYTES: a loader acts on it before it meets the damage."""
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in inflate(source, compression):
            pieces.append(piece)
            size += len(piece)
            context.budget.take_inflated(len(piece))
            if size > KEPT_BYTES:
                break
    except Damaged:
        pass
    data = b"".join(pieces)
    return Slice(BytesSource(data), 0, min(len(data), KEPT_BYTES)) if data else None
