"""The directory of a zip file, read strictly: whatever two readers could understand differently is refused.

Format: PKWARE APPNOTE 6.3, sections 4.3 and 4.4.
"""

import struct
from dataclasses import dataclass

from scanning.engine.sources import Source, Truncated

LOCAL = b"PK\x03\x04"
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
END64 = b"PK\x06\x06"
LOCATOR64 = b"PK\x06\x07"
DESCRIPTOR = b"PK\x07\x08"
END_SIZE = 22
LARGEST_COMMENT = 65_535
LARGEST_DIRECTORY = 32 << 20
STORED, DEFLATED, BZIPPED = 0, 8, 12
ENCRYPTED, DESCRIBED_LATER = 0x01, 0x08
# Also how hard the data was compressed, and that names are UTF-8; patches and hidden headers are beyond.
KNOWN_FLAGS = 0x080F
# An extra field in which some readers find another name or comment.
OTHER_NAMES = (0x7075, 0x6375)
PLAIN_TYPES = (0, 0o040000, 0o100000)


class BadZip(Exception):
    """A sentence: what is wrong with the directory."""


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    flags: int
    method: int
    packed: int
    size: int
    header: int
    attributes: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")

    @property
    def is_link(self) -> bool:
        """Whether a Unix system would make something else of it than a file or a folder."""
        return (self.attributes >> 16) & 0o170000 not in PLAIN_TYPES


def find_end(source: Source) -> int | None:
    """The offset of the end record, wherever readers would find it; None when this is no zip file."""
    start = max(0, source.size - END_SIZE - LARGEST_COMMENT)
    tail = source.read(start, source.size - start)
    at = tail.rfind(END)
    while at >= 0:
        if len(tail) - at >= END_SIZE:
            return start + at
        at = tail.rfind(END, 0, at)
    return None


def members(source: Source, end: int) -> list[Member]:
    """The members in the order of their bytes. BadZip unless the file is nothing but its members and its directory."""
    try:
        count, size, offset, directory_end = _end(source, end)
        if size > LARGEST_DIRECTORY:
            raise BadZip("The directory of the zip file is larger than the gate reads.")
        if offset + size != directory_end:
            raise BadZip("There is something between the directory of the zip file and its end.")
        found = _central(source.exactly(offset, size), count)
    except (Truncated, struct.error):
        raise BadZip("The directory of the zip file is damaged.") from None
    found.sort(key=lambda member: member.header)
    names = [member.name.rstrip("/").casefold() for member in found]
    if len(set(names)) != len(names):
        raise BadZip("Two members of the zip file have the same name.")
    at = 0
    for member in found:
        if member.header != at:
            raise BadZip("There are bytes in the zip file that belong to no member, or members overlap.")
        at = _after(source, member)
    if at != offset:
        raise BadZip("There are bytes in the zip file that belong to no member, or members overlap.")
    return found


def _end(source: Source, end: int) -> tuple[int, int, int, int]:
    """Count of members, size and offset of the directory, and where the end records begin."""
    record = struct.unpack("<4s4H2LH", source.exactly(end, END_SIZE))
    _, disk, first_disk, here, count, size, offset, comment = record
    if disk or first_disk or here != count:
        raise BadZip("The zip file is one part of several.")
    if comment or end + END_SIZE != source.size:
        raise BadZip("The zip file has a comment or something else behind its end.")
    if end < 20 or source.read(end - 20, 4) != LOCATOR64:
        return count, size, offset, end
    _, disk, end64, disks = struct.unpack("<4sLQL", source.exactly(end - 20, 20))
    fields = struct.unpack("<4sQ2H2L4Q", source.exactly(end64, 56))
    if disk or disks != 1 or fields[0] != END64 or fields[1] != 44 or end64 + 56 != end - 20:
        raise BadZip("The large-file records of the zip file are unusual.")
    for small, large, most in (
        (count, fields[7], 0xFFFF),
        (size, fields[8], 0xFFFFFFFF),
        (offset, fields[9], 0xFFFFFFFF),
    ):
        if small not in (large, most):
            raise BadZip("The large-file records of the zip file contradict the small ones.")
    return fields[7], fields[8], fields[9], end64


def _central(directory: bytes, count: int) -> list[Member]:
    found: list[Member] = []
    at = 0
    while at < len(directory):
        record = struct.unpack_from("<4s6H3L5H2L", directory, at)
        (
            signature,
            _,
            _,
            flags,
            method,
            _,
            _,
            _,
            packed,
            size,
            name_length,
            extra_length,
            comment,
            disk,
            _,
            attributes,
            header,
        ) = record
        if signature != CENTRAL or disk or comment:
            raise BadZip("An entry in the directory of the zip file is unusual.")
        at += 46
        name = directory[at : at + name_length]
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length
        if at > len(directory):
            raise BadZip("The directory of the zip file is damaged.")
        size, packed, header = _large(extra, [size, packed, header])
        found.append(Member(_name(name, flags), flags, method, packed, size, header, attributes))
    if len(found) != count:
        raise BadZip("The directory of the zip file holds another number of members than it says.")
    return found


def _name(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8" if flags & 0x800 else "cp437")
    except UnicodeDecodeError:
        raise BadZip("The name of a member is not text.") from None


def _large(extra: bytes, values: list[int]) -> list[int]:
    """The values, with those that did not fit into 32 bits taken from the large-file field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind in OTHER_NAMES:
            raise BadZip("A member of the zip file has a second name.")
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            for index, value in enumerate(values):
                if value == 0xFFFFFFFF and len(field) >= 8:
                    values[index], field = int.from_bytes(field[:8], "little"), field[8:]
        at += 4 + length
    return values


def data_offset(source: Source, member: Member) -> int:
    """Where the bytes of a member begin. BadZip when its own header differs from the directory."""
    try:
        record = struct.unpack("<4s5H3L2H", source.exactly(member.header, 30))
        signature, _, flags, method, _, _, _, packed, size, name_length, extra_length = record
        name = source.exactly(member.header + 30, name_length)
        extra = source.exactly(member.header + 30 + name_length, extra_length)
    except Truncated:
        raise BadZip("A member of the zip file is not where the directory says.") from None
    size, packed = _large(extra, [size, packed])
    start = member.header + 30 + int(name_length) + int(extra_length)
    same_sizes = (packed, size) == (member.packed, member.size) or (
        flags & DESCRIBED_LATER and (packed, size) == (0, 0)
    )
    if (
        signature != LOCAL
        or flags != member.flags
        or method != member.method
        or not same_sizes
        or _name(name, flags) != member.name
    ):
        raise BadZip(f"The member {member.name!r} of the zip file describes itself differently from the directory.")
    return start


def _after(source: Source, member: Member) -> int:
    """The offset behind a member's bytes and the record that may follow them."""
    end = data_offset(source, member) + member.packed
    if not member.flags & DESCRIBED_LATER:
        return end
    tail = source.read(end, 24)
    start = 8 if tail[:4] == DESCRIPTOR else 4
    for width, form in ((4, "<LL"), (8, "<QQ")):
        values = tail[start : start + 2 * width]
        follows = source.read(end + start + 2 * width, 4)
        if (
            len(values) == 2 * width
            and struct.unpack(form, values) == (member.packed, member.size)
            and follows in (LOCAL, CENTRAL)
        ):
            return end + start + 2 * width
    raise BadZip(f"The record behind the member {member.name!r} of the zip file is damaged.")
