"""A small assembler of pickles: what the second half of the hostile corpus is put together with."""

from __future__ import annotations

import struct


class Raw(bytes):
    """Opcodes that leave one value on the stack."""

    def __add__(self, other: bytes) -> Raw:  # type: ignore[override]
        """Opcodes one after the other are opcodes, not a value of bytes."""
        return Raw(bytes(self) + other)


def enc(value: object) -> bytes:
    """The opcodes that push a value; a Raw is taken as it stands."""
    if isinstance(value, Raw):
        return bytes(value)
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        raw = value.encode()
        return b"X" + struct.pack("<I", len(raw)) + raw
    if isinstance(value, bytes):
        return b"B" + struct.pack("<I", len(value)) + value
    if isinstance(value, tuple):
        return b"(" + b"".join(map(enc, value)) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(map(enc, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(enc(key) + enc(item) for key, item in value.items()) + b"u"
    raise TypeError(type(value))


def name(module: str, attribute: str) -> Raw:
    """A global by name, the old way."""
    return Raw(f"c{module}\n{attribute}\n".encode())


def stacked(module: object, attribute: object) -> Raw:
    """A global by name, the names taken from the stack."""
    return Raw(enc(module) + enc(attribute) + b"\x93")


def call(function: Raw, *arguments: object) -> Raw:
    """A call by REDUCE."""
    return Raw(enc(function) + enc(tuple(arguments)) + b"R")


def new(kind: Raw, *arguments: object) -> Raw:
    """An instance by NEWOBJ."""
    return Raw(enc(kind) + enc(tuple(arguments)) + b"\x81")


def build(target: Raw, state: object) -> Raw:
    """A value given its state by BUILD."""
    return Raw(enc(target) + enc(state) + b"b")


def pickled(value: object, protocol: int = 4) -> bytes:
    """A whole pickle."""
    return bytes([0x80, protocol]) + enc(value) + b"."
