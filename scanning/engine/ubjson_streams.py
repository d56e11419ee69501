"""Universal Binary JSON, as XGBoost writes it, held to a shape. Typed lists of numbers are passed without being read.

Format: ubjson.org, draft 12, with big-endian lengths.
"""

import struct

from scanning.engine.shapes import LONGEST_TEXT, Misshapen, Walker
from scanning.engine.sources import Cursor, Source

SIZES = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8, b"d": 4, b"D": 8}
LENGTHS = {b"i": ">b", b"U": ">B", b"I": ">h", b"l": ">i", b"L": ">q"}
NO_SIZE = (b"T", b"F", b"Z")


class UbjsonStream:
    def __init__(self, source: Source, walker: Walker) -> None:
        self.source = source
        self.cursor = Cursor(source)
        self.walker = walker

    def read(self) -> None:
        """The whole document; Misshapen unless it is one value of the right shape and nothing else."""
        self.value(self.cursor.read(1))
        if self.cursor.left:
            raise Misshapen("Something follows the end of the model.")

    def length(self) -> int:
        kind = self.cursor.read(1)
        if kind not in LENGTHS:
            raise Misshapen("The model has a length that is no number.")
        (length,) = struct.unpack(LENGTHS[kind], self.cursor.read(SIZES[kind]))
        if length < 0:
            raise Misshapen("The model has a length that is below zero.")
        return int(length)

    def value(self, kind: bytes) -> None:
        if kind == b"{":
            self.object()
        elif kind == b"[":
            self.list()
        elif kind == b"S":
            self.walker.take_text()
            self.cursor.skip(self.length())
        elif kind == b"C":
            self.walker.take_text()
            self.cursor.skip(1)
        elif kind in SIZES or kind in NO_SIZE:
            self.walker.take_number()
            self.cursor.skip(SIZES.get(kind, 0))
        else:
            raise Misshapen("The model holds a kind of value that the gate does not know.")

    def object(self) -> None:
        self.walker.begin_object()
        while self.cursor.peek(1) != b"}":
            length = self.length()
            if length > LONGEST_TEXT:
                raise Misshapen("The model has a key that is longer than the gate reads.")
            try:
                self.walker.take_key(self.cursor.read(length).decode("utf-8"))
            except UnicodeDecodeError:
                raise Misshapen("The model has a key that is not text.") from None
            self.value(self.cursor.read(1))
        self.cursor.skip(1)
        self.walker.end_object()

    def list(self) -> None:
        self.walker.begin_list()
        kind = None
        if self.cursor.peek(1) == b"$":
            kind = self.cursor.read(2)[1:]
            if kind not in SIZES or self.cursor.peek(1) != b"#":
                raise Misshapen("The model has a list of a kind that the gate does not know.")
        if self.cursor.peek(1) == b"#":
            self.cursor.skip(1)
            self.counted(kind, self.length())
        else:
            while self.cursor.peek(1) != b"]":
                self.walker.next_element()
                self.value(self.cursor.read(1))
            self.cursor.skip(1)
            self.walker.end_list()

    def counted(self, kind: bytes | None, count: int) -> None:
        if kind is not None:
            if count:
                self.walker.take_number()
            self.cursor.skip(count * SIZES[kind])
            self.walker.end_list(count)
            return
        for _ in range(count):
            self.walker.next_element()
            self.value(self.cursor.read(1))
        self.walker.end_list(count if count == 0 else None)
