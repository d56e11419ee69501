"""HDF5's object headers: the messages of a group or an array, over all pieces of the header.

Format: HDF5 File Format Specification 3.0, IV.A.1.
"""

from collections.abc import Iterator
from typing import NamedTuple

from scanning.engine.hdf5_bytes import File, Malformed, Reader, Unread

SIGNATURE, CONTINUED = b"OHDR", b"OCHK"
NIL, CONTINUATION = 0x00, 0x10
SHARED, UNKNOWN_MATTERS = 0x02, 0x88
MOST_MESSAGES = 100_000


class Message(NamedTuple):
    kind: int
    data: bytes
    at: int


def read_header(file: File, address: int) -> Iterator[Message]:
    """The messages of the header at an address, without those that only hold it together."""
    if file.read(address, 4) == SIGNATURE:
        blocks, is_old, with_order = _begin_new(file, address)
        expected = None
    else:
        blocks, expected = _begin_old(file, address)
        is_old, with_order = True, False
    count = 0
    while blocks:
        start, size = blocks.pop(0)
        for message, flags in _messages(file, start, size, is_old=is_old, with_order=with_order):
            file.pay()
            count += 1
            if count > MOST_MESSAGES:
                raise Unread("A header has more messages than the gate reads.")
            if message.kind == CONTINUATION:
                reader = Reader(message.data)
                blocks.append(_continue(file, reader.number(8), reader.number(8), is_old=is_old))
            elif message.kind == NIL:
                if message.data.strip(b"\0"):
                    file.context.found(
                        "hdf5.unaccounted", "There is something in an empty place of a header.", message.at
                    )
            elif flags & SHARED:
                raise Unread("An object takes a part of its description from somewhere else.")
            else:
                yield message
    if expected is not None and count != expected:
        raise Malformed("A header has another number of messages than it says.")


def _begin_old(file: File, address: int) -> tuple[list[tuple[int, int]], int]:
    reader = Reader(file.take(address, 16))
    version, _, count = reader.number(1), reader.number(1), reader.number(2)
    reader.number(4)
    size = reader.number(4)
    if version != 1 or reader.number(4):
        raise Malformed("An object of the file has no valid header.")
    file.claim(address + 16, size)
    return [(address + 16, size)], count


def _begin_new(file: File, address: int) -> tuple[list[tuple[int, int]], bool, bool]:
    reader = Reader(file.read(address, 6))
    reader.take(4)
    version, flags = reader.number(1), reader.number(1)
    if version != 2 or flags & 0xC0:
        raise Unread("An object of the file has a header that the gate does not know.")
    extra = (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(file.read(address + 6 + extra, width), "little")
    start = address + 6 + extra + width
    file.claim(address, start + size + 4 - address)
    return [(start, size)], False, bool(flags & 0x04)


def _continue(file: File, start: int, size: int, *, is_old: bool) -> tuple[int, int]:
    file.claim(start, size)
    if is_old:
        return start, size
    if size < 8 or file.read(start, 4) != CONTINUED:
        raise Malformed("A header does not go on where it says.")
    return start + 4, size - 8


def _messages(file: File, start: int, size: int, *, is_old: bool, with_order: bool) -> Iterator[tuple[Message, int]]:
    """Messages with their flags; whatever is too small for one must be zero."""
    data = file.read(start, size)
    prefix = 8 if is_old else 6 if with_order else 4
    at = 0
    while size - at >= prefix:
        if is_old:
            kind, length, flags = (int.from_bytes(data[at + a : at + b], "little") for a, b in ((0, 2), (2, 4), (4, 5)))
        else:
            kind, length, flags = data[at], int.from_bytes(data[at + 1 : at + 3], "little"), data[at + 3]
        at += prefix
        if length > size - at or (is_old and length % 8):
            raise Malformed("A message of a header is longer than the header.")
        yield Message(kind, data[at : at + length], start + at), flags
        at += length
    if data[at:].strip(b"\0"):
        raise Malformed("There is something behind the messages of a header.")
