"""HDF5's types and shapes: how large an element is, and where in it references to texts lie.

Format: HDF5 File Format Specification 3.0, IV.A.2.b and IV.A.2.d.
"""

from dataclasses import dataclass, field

from scanning.engine.hdf5_bytes import Malformed, Reader, Unread

DEEPEST = 16
MOST_MEMBERS = 4_096
MOST_ELEMENTS = 1 << 60
FIXED, FLOAT, TIME, STRING, BITS, OPAQUE, COMPOUND, REFERENCE, ENUM, VARIABLE, ARRAY, COMPLEX = range(12)
# Bytes that follow the size of a plain type.
PROPERTIES = {FIXED: 4, FLOAT: 12, TIME: 2, STRING: 0, BITS: 4}
# A text of variable length is kept as a length, an address and a number.
REFERENCE_SIZE = 16


@dataclass(slots=True)
class Type:
    """Size of an element, offsets in it of what is kept elsewhere with the sizes of its pieces, and what it is not.

    `unusual` says what about it needs a look.
    """

    kind: int
    size: int
    variable: list[tuple[int, int]] = field(default_factory=list)
    unusual: str = ""
    is_text: bool = False


def read_type(reader: Reader, depth: int = 0) -> Type:
    """The type that begins here."""
    if depth > DEEPEST:
        raise Malformed("A type is nested too deep.")
    first = reader.number(1)
    kind, version = first & 0x0F, first >> 4
    bits, size = reader.number(3), reader.number(4)
    if not 1 <= version <= 5:
        raise Unread("A type has a version that the gate does not know.")
    made = Type(kind, size)
    if kind in PROPERTIES:
        reader.take(PROPERTIES[kind])
        made.is_text = kind == STRING
    elif kind == OPAQUE:
        reader.take(-(-(bits & 0xFF) // 8) * 8)
    elif kind == COMPOUND:
        _read_members(reader, made, bits & 0xFFFF, version, depth)
    elif kind == REFERENCE:
        made.unusual = "The file holds references to parts of itself."
        if version >= 4:
            raise Unread("The file holds references of a kind that the gate does not read.")
    elif kind == ENUM:
        base = read_type(reader, depth + 1)
        for _ in range(bits & 0xFFFF):
            reader.name(padded=version < 3)
        reader.take((bits & 0xFFFF) * base.size)
    elif kind == VARIABLE:
        base = read_type(reader, depth + 1)
        if base.variable or size != REFERENCE_SIZE or bits & 0x0F > 1:
            raise Unread("The file holds lists of lists, which the gate does not read.")
        made.variable = [(0, base.size)]
        made.unusual = base.unusual
        made.is_text = bits & 0x0F == 1
    elif kind == ARRAY:
        _read_array(reader, made, version, depth)
    elif kind == COMPLEX:
        read_type(reader, depth + 1)
    else:
        raise Unread("A type is of a kind that the gate does not know.")
    return made


def _read_members(reader: Reader, made: Type, count: int, version: int, depth: int) -> None:
    if count > MOST_MEMBERS:
        raise Unread("A type has more members than the gate reads.")
    width = 4 if version < 3 else max(1, -(-made.size.bit_length() // 8))
    for _ in range(count):
        reader.name(padded=version < 3)
        offset = reader.number(width)
        length = 1
        if version == 1:
            dimensions = reader.number(1)
            reader.take(11)
            for extent in [reader.number(4) for _ in range(4)][:dimensions]:
                length *= extent
        member = read_type(reader, depth + 1)
        if offset + member.size * length > made.size:
            raise Malformed("A member of a type lies outside of it.")
        _include(made, member, offset, length)


def _read_array(reader: Reader, made: Type, version: int, depth: int) -> None:
    rank = reader.number(1)
    if version < 3:
        reader.take(3)
    length = 1
    for _ in range(rank):
        length *= reader.number(4)
    if version < 3:
        reader.take(4 * rank)
    base = read_type(reader, depth + 1)
    if base.size * length != made.size:
        raise Malformed("An array in a type has another size than it says.")
    _include(made, base, 0, length)


def _include(made: Type, inner: Type, offset: int, length: int) -> None:
    made.unusual = made.unusual or inner.unusual
    if inner.variable and length * len(inner.variable) + len(made.variable) > MOST_MEMBERS:
        raise Unread("A type has more members than the gate reads.")
    for index in range(length if inner.variable else 0):
        made.variable += [(offset + index * inner.size + place, size) for place, size in inner.variable]


def read_space(reader: Reader) -> int:
    """The number of elements of the shape that begins here."""
    version, rank, flags = reader.number(1), reader.number(1), reader.number(1)
    if rank > 32 or flags & ~3:
        raise Malformed("A shape is unusual.")
    if version == 1:
        reader.take(5)
        is_null = False
    elif version == 2:
        is_null = reader.number(1) == 2
    else:
        raise Unread("A shape has a version that the gate does not know.")
    count = 1
    for _ in range(rank):
        count *= reader.number(8)
    reader.take(8 * rank * ((flags & 1) + (flags >> 1)))
    if count > MOST_ELEMENTS:
        raise Malformed("A shape is larger than any file.")
    return 0 if is_null else count
