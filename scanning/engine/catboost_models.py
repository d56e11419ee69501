"""CatBoost's binary models (.cbm): a FlatBuffer of a stated size, and tables of categories behind it.

Format: catboost/libs/model/flatbuffers/model.fbs. Its strings and lists are checked for their places, not for their
meaning.
"""

import struct

from scanning.engine.context import Context
from scanning.engine.shapes import Misshapen
from scanning.engine.sources import Cursor, Source

HEADER = 8
LARGEST_LIST = 1 << 16
FORMATS = frozenset({b"FlabuffersModel_v1"})
# The parts that may follow: only tables of categories are read.
TABLES = "static_provider_v1"
FORMAT, TREES, INFORMATION, PARTS = range(4)


class FlatBuffer:
    """The outer tables of a FlatBuffer, every offset checked before it is followed."""

    def __init__(self, source: Source, start: int, size: int) -> None:
        self.source = source
        self.start = start
        self.size = size

    def number(self, at: int, form: str) -> int:
        width = struct.calcsize(form)
        if not 0 <= at <= self.size - width:
            raise Misshapen("The model refers to a place outside of itself.")
        return int(struct.unpack(form, self.source.exactly(self.start + at, width))[0])

    def target(self, at: int) -> int:
        """Where the offset at a place leads, always forward."""
        found = at + self.number(at, "<I")
        if found <= at:
            raise Misshapen("The model refers to itself.")
        return found

    def fields(self, table: int) -> list[int]:
        """Places of a table's fields in order; 0 for those that are not there."""
        layout = table - self.number(table, "<i")
        length = self.number(layout, "<H")
        if length < 4 or length % 2 or length > 512:
            raise Misshapen("A table of the model has no layout.")
        offsets = [self.number(layout + 4 + 2 * index, "<H") for index in range((length - 4) // 2)]
        return [table + offset if offset else 0 for offset in offsets]

    def text(self, at: int) -> bytes:
        place = self.target(at)
        length = self.number(place, "<I")
        if length > self.size - place - 4:
            raise Misshapen("A text of the model is longer than the model.")
        return self.source.exactly(self.start + place + 4, min(length, 256))

    def vector(self, at: int, most: int = LARGEST_LIST) -> list[int]:
        place = self.target(at)
        count = self.number(place, "<I")
        if count > most or place + 4 + 4 * count > self.size:
            raise Misshapen("A list of the model is longer than the model.")
        return [place + 4 + 4 * index for index in range(count)]


def read_catboost(source: Source, context: Context) -> None:
    """Misshapen or Truncated unless the file is one model and what the model says follows it."""
    size = int.from_bytes(source.exactly(4, 4), "little")
    if HEADER + size > source.size:
        raise Misshapen("The model is shorter than it says.")
    core = FlatBuffer(source, HEADER, size)
    fields = [*core.fields(core.target(0)), 0, 0, 0, 0]
    if not fields[FORMAT] or core.text(fields[FORMAT]) not in FORMATS or not fields[TREES]:
        raise Misshapen("The model has an unknown format.")
    core.fields(core.target(fields[TREES]))
    for entry in core.vector(fields[INFORMATION]) if fields[INFORMATION] else []:
        pair = core.fields(core.target(entry))
        if len(pair) != 2 or not all(pair):
            raise Misshapen("The description of the model is not one.")
        for place in pair:
            core.text(place)
    parts = [core.text(entry).decode("latin-1") for entry in core.vector(fields[PARTS])] if fields[PARTS] else []
    cursor = Cursor(source, HEADER + size)
    for part in parts:
        if part != TABLES:
            context.found("booster.unread", f"The model has a part ({part}) that the gate does not read.")
            return
        _pass_tables(source, cursor)
    if cursor.left:
        raise Misshapen("Something follows the end of the model.")


def _pass_tables(source: Source, cursor: Cursor) -> None:
    """A count of tables, and each with its size in front."""
    count = int.from_bytes(cursor.read(4), "little")
    if count > LARGEST_LIST:
        raise Misshapen("The model has more tables of categories than the gate reads.")
    for _ in range(count):
        size = int.from_bytes(cursor.read(4), "little")
        at = cursor.tell()
        cursor.skip(size)
        table = FlatBuffer(source, at, size)
        table.fields(table.target(0))
