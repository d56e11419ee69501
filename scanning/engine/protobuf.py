"""Protocol buffers on the wire, read strictly against a table of messages. What a message means is for its reader.

Format: developers.google.com/protocol-buffers, "Encoding". A table maps a message's name to its fields, and a field's
number to "[repeated] type", where a type that is no scalar is the name of another message.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from scanning.engine import lists
from scanning.engine.context import Context, LimitReached
from scanning.engine.probes import report_hidden_pickle
from scanning.engine.sources import PIECE, Slice, Source

DEEPEST = 100
LONGEST_TEXT = 1 << 16
# How many fields of a message are looked at to tell its kind.
MOST_FIELDS_BEFORE = 4_096
# A field costs about as much as a few operations of a pickle.
COST = 3
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIDTHS = {FIXED64: 8, FIXED32: 4}
WIRES = {
    "double": FIXED64, "fixed64": FIXED64, "sfixed64": FIXED64, "float": FIXED32, "fixed32": FIXED32,
    "sfixed32": FIXED32, "string": BYTES, "bytes": BYTES,
    **dict.fromkeys(("int64", "uint64", "int32", "bool", "uint32", "enum", "sint32", "sint64"), VARINT),
}  # fmt: skip
CONTINUED = bytes(range(0x80, 0x100))


class Malformed(Exception):
    """A sentence: the bytes are not what a writer of this format makes."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a table says of one field."""

    wire: int
    is_repeated: bool
    message: str

    @property
    def can_be_packed(self) -> bool:
        return self.is_repeated and self.wire != BYTES


Table = Mapping[str, Mapping[int, Field]]


@cache
def table(name: str) -> Table:
    """The messages of a list, ready to read with."""
    messages: dict[str, dict[int, Field]] = {}
    for message, fields in lists.load(name)["messages"].items():
        messages[message] = {}
        for number, described in fields.items():
            kind = described.removeprefix("repeated ")
            inner = "" if kind in WIRES else kind
            messages[message][int(number)] = Field(WIRES.get(kind, BYTES), kind != described, inner)
    return messages


@dataclass(slots=True)
class Message:
    """One message: its numbers by field, and where the parts of it lie that have a length. Later ones stand last."""

    walker: "Walker"
    kind: str
    start: int
    end: int
    numbers: dict[int, "array[int]"] = field(default_factory=dict)
    places: dict[int, "array[int]"] = field(default_factory=dict)

    def has(self, number: int) -> bool:
        return number in self.numbers or number in self.places

    def number(self, number: int) -> int:
        """The value of a field that is a number, as a loader would take it: the last one, or zero."""
        values = self.numbers.get(number)
        return values[-1] if values else 0

    def spans(self, number: int) -> list[tuple[int, int]]:
        """Where the parts of this field begin and end."""
        places = self.places.get(number, ())
        return list(zip(places[::2], places[1::2], strict=True))

    def texts(self, number: int) -> list[str]:
        """Every text of this field; Malformed when one is too long or is no text."""
        return [self.walker.text(start, end) for start, end in self.spans(number)]

    def text(self, number: int) -> str:
        """The last text of this field, or an empty one."""
        places = self.places.get(number)
        return self.walker.text(places[-2], places[-1]) if places else ""

    def parts(self, number: int) -> Iterator["Message"]:
        """The messages in this field."""
        inner = self.walker.table[self.kind][number].message
        for start, end in self.spans(number):
            yield self.walker.message(inner, start, end)

    def signed(self, number: int) -> list[int]:
        """Every number of a repeated field of signed numbers, packed or not."""
        values = list(self.numbers.get(number, ()))
        for start, end in self.spans(number):
            at = start
            while at < end:
                value, at = self.walker.varint(at, end)
                values.append(value)
                if len(values) > LONGEST_TEXT:
                    raise Malformed("A list of numbers is longer than the gate reads.")
        return [value - (1 << 64) if value >> 63 else value for value in values]

    def count(self, number: int) -> int:
        """How many numbers a repeated field holds; their values are not looked at."""
        wire = self.walker.table[self.kind][number].wire
        found = len(self.numbers.get(number, ()))
        for start, end in self.spans(number):
            if wire == VARINT:
                found += sum(len(piece.translate(None, CONTINUED)) for piece in self.walker.source.pieces(start, end))
            elif (end - start) % WIDTHS[wire]:
                raise Malformed("A list of numbers ends in the middle of one.")
            else:
                found += (end - start) // WIDTHS[wire]
        return found


Visitor = Callable[[Message], None]


class Walker:
    """Reads the messages of one source; what a table does not know is reported and passed over.

    `rule` is the one under which damage is reported.
    """

    def __init__(self, source: Source, messages: Table, context: Context, rule: str = "protobuf.malformed") -> None:
        self.source = source
        self.table = messages
        self.context = context
        self.rule = rule
        self._buffer = b""
        self._base = 0

    def walk(self, kind: str, start: int, end: int, visitors: Mapping[str, Visitor], depth: int = 0) -> None:
        """Read a message and everything in it, each before its parts. A visitor sees every message of its kind.

        Damage is reported, and does not keep from reading the rest: one bad part must not hide a worse one.
        """
        if depth > DEEPEST:
            self.context.found(self.rule, f"The messages are nested more than {DEEPEST} deep.", start)
            return
        try:
            message = self.message(kind, start, end)
        except Malformed as problem:
            self.context.found(self.rule, str(problem), start)
            return
        visitor = visitors.get(kind)
        if visitor is not None:
            try:
                visitor(message)
            except Malformed as problem:
                self.context.found(self.rule, str(problem), start)
        fields = self.table[kind]
        # By number, whatever the order on the wire: what a part belongs to has been seen before it.
        for number, places in sorted(message.places.items()):
            inner = fields[number].message
            if inner:
                for index in range(0, len(places), 2):
                    self.walk(inner, places[index], places[index + 1], visitors, depth + 1)

    def message(self, kind: str, start: int, end: int) -> Message:
        """One message without its parts. Malformed when it does not end where it should."""
        fields = self.table[kind]
        message = Message(self, kind, start, end)
        budget = self.context.budget
        at = start
        while at < end:
            budget.opcodes -= COST
            if budget.opcodes < 0:
                raise LimitReached("engine.budget", "The graph has more parts than the gate reads.")
            # Nearly every field and length fits into one byte.
            index = at - self._base
            if 0 <= index < len(self._buffer) and self._buffer[index] < 0x80:
                key, at = self._buffer[index], at + 1
            else:
                key, at = self.varint(at, end)
            described = fields.get(key >> 3)
            wire = key & 7
            if described is None or not (wire == described.wire or (wire == BYTES and described.can_be_packed)):
                at = self._pass_over(key, at, end, kind)
                continue
            if wire in WIDTHS:
                value, at = self._fixed(at, end, WIDTHS[wire])
            else:
                index = at - self._base
                if 0 <= index < len(self._buffer) and at < end and self._buffer[index] < 0x80:
                    value, at = self._buffer[index], at + 1
                else:
                    value, at = self.varint(at, end)
            if wire != BYTES:
                self._note(message.numbers, key >> 3, described, value)
            elif value > end - at:
                raise Malformed("A part of a message is longer than the message.")
            else:
                self._note(message.places, key >> 3, described, at, at + value)
                at += value
        return message

    def _fixed(self, at: int, end: int, width: int) -> tuple[int, int]:
        if width > end - at:
            raise Malformed("A message ends in the middle of a number.")
        return int.from_bytes(self._bytes(at, width), "little"), at + width

    def varint(self, at: int, end: int) -> tuple[int, int]:
        """The number at an offset, and where it ends."""
        index = at - self._base
        if index < 0 or index + 10 > len(self._buffer):
            self._base, index = at, 0
            self._buffer = self.source.read(at, PIECE)
        value = shift = 0
        for byte in self._buffer[index : index + min(10, end - at)]:
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, at
            shift += 7
        raise Malformed("A number in a message does not end.")

    def text(self, start: int, end: int) -> str:
        """A short text; Malformed when it is too long or not UTF-8."""
        if end - start > LONGEST_TEXT:
            raise Malformed("A name is longer than the gate reads.")
        try:
            return self._bytes(start, end - start).decode()
        except UnicodeDecodeError:
            raise Malformed("A name is not text.") from None

    def probe(self, start: int, end: int, name: str) -> None:
        """Report a part that an unpickler would act upon. A look at its beginning, however large it is."""
        if end - start > 2:
            report_hidden_pickle(Slice(self.source, start, end - start), self.context.inside(name or "tensor"))

    def _bytes(self, at: int, length: int) -> bytes:
        index = at - self._base
        if index >= 0 and index + length <= len(self._buffer):
            return self._buffer[index : index + length]
        return self.source.exactly(at, length)

    def _pass_over(self, key: int, at: int, end: int, kind: str) -> int:
        """The offset behind a field that the table does not know."""
        wire, number = key & 7, key >> 3
        if not number or wire not in (VARINT, FIXED64, BYTES, FIXED32):
            raise Malformed("The bytes are not a message, or use groups.")
        name = kind.rpartition(".")[2]
        self.context.found("protobuf.unknown-field", f"A {name} has the field {number}, which the format has not.", at)
        size = WIDTHS.get(wire, 0)
        if not size:
            size, at = self.varint(at, end)
            size = size if wire == BYTES else 0
        if size > end - at:
            raise Malformed("A part of a message is longer than the message.")
        return at + size

    def _note(self, values: dict[int, "array[int]"], number: int, described: Field, *noted: int) -> None:
        known = values.get(number)
        if known is None:
            values[number] = array("Q", noted)
            return
        if not described.is_repeated:
            self.context.found(
                "protobuf.repeated-field", f"The field {number} stands twice where it may stand once.", noted[0]
            )
        known.extend(noted)


def begins_with(source: Source, wanted: Mapping[int, int], known: Mapping[int, Field]) -> bool:
    """Whether the bytes can be read as a message up to fields of these numbers and lengths of at least these values.

    For telling formats apart: lenient about fields that nobody knows, strict about all that is known.
    """
    walker = Walker(source, {}, Context("", lambda _source, _context: None))
    missing = dict(wanted)
    at = 0
    try:
        for _ in range(MOST_FIELDS_BEFORE):
            if at >= source.size:
                break
            key, at = walker.varint(at, source.size)
            described = known.get(key >> 3)
            wire = key & 7
            if key >> 3 == 0 or wire not in (VARINT, FIXED64, BYTES, FIXED32) or key >> 3 >= 1 << 29:
                return False
            if described is not None and wire != described.wire and not described.can_be_packed:
                return False
            size = WIDTHS.get(wire, 0)
            if not size:
                size, at = walker.varint(at, source.size)
                size = size if wire == BYTES else 0
            if size > source.size - at:
                return False
            if key >> 3 in missing and size >= missing[key >> 3]:
                del missing[key >> 3]
            at += size
            if not missing:
                return True
    except Malformed:
        return False
    return False
