"""HDF5's arrays and attributes: their types, shapes and filters, and where their elements lie.

Format: HDF5 File Format Specification 3.0, IV.A.2. Numbers are never read; texts are, as programs act upon some.
"""

from collections.abc import Iterator, Sequence
from math import prod

from scanning.engine import keras_configs
from scanning.engine.hdf5_bytes import UNDEFINED, File, Malformed, Reader, Unread
from scanning.engine.hdf5_headers import Message
from scanning.engine.hdf5_trees import Chunk, GlobalHeaps, read_chunks
from scanning.engine.hdf5_types import REFERENCE_SIZE, Type, read_space, read_type
from scanning.engine.probes import report_hidden_pickle
from scanning.engine.sources import BytesSource

SPACE, TYPE, OLD_FILL, FILL, LAYOUT, FILTERS, ATTRIBUTE = 0x01, 0x03, 0x04, 0x05, 0x08, 0x0B, 0x0C
KINDS = frozenset({SPACE, TYPE, OLD_FILL, FILL, LAYOUT, FILTERS, ATTRIBUTE, 0x07})
COMPACT, CONTIGUOUS, CHUNKED, VIRTUAL = range(4)
SINGLE, IMPLICIT, FIXED_ARRAY = 1, 2, 3
# Filters that the library itself or h5py brings along; any other is looked for among programs on the disk.
FILTERS_KNOWN = frozenset({1, 2, 3, 4, 5, 6, 32_000})
LARGEST_TEXTS = 16 << 20
MOST_TEXTS = 1_000_000
MOST_PROBES = 1_000


class Arrays:
    """Reads arrays and attributes."""

    def __init__(self, file: File, heaps: GlobalHeaps) -> None:
        self.file = file
        self.heaps = heaps
        self.node_rank = 32
        self.probes = 0

    def read(self, messages: Sequence[Message], name: str) -> None:
        """Judge the array that the messages of an object describe, if it is one."""
        by_kind = {message.kind: message for message in messages}
        if LAYOUT not in by_kind:
            return
        if TYPE not in by_kind or SPACE not in by_kind:
            raise Malformed("An array has no type or no shape.")
        reader = Reader(by_kind[TYPE].data)
        kind = read_type(reader)
        self._note_unusual(kind, name)
        count = read_space(Reader(by_kind[SPACE].data))
        filters = self._read_filters(by_kind[FILTERS], name) if FILTERS in by_kind else False
        has_files = 0x07 in by_kind
        self._read_layout(by_kind[LAYOUT], kind, count, name, is_filtered=filters, has_files=has_files)

    def _note_unusual(self, kind: Type, name: str) -> None:
        if kind.unusual:
            self.file.context.found("hdf5.unusual", kind.unusual, subject=name)

    # ---- Attributes

    def read_attribute(self, message: Message) -> None:
        """Judge one attribute: its size, and what its texts may mean to a program."""
        reader = Reader(message.data)
        version, flags = reader.number(1), reader.number(1)
        if version not in (1, 2, 3) or (version > 1 and flags):
            raise Unread("An attribute has a version that the gate does not know, or a type that is kept elsewhere.")
        sizes = [reader.number(2) for _ in range(3)]
        if version == 3:
            reader.take(1)
        parts = [reader.take(-(-size // 8) * 8 if version == 1 else size) for size in sizes]
        name = parts[0].partition(b"\0")[0].decode("utf-8", "replace")
        kind = read_type(Reader(parts[1]))
        count = read_space(Reader(parts[2]))
        self._note_unusual(kind, name)
        data = reader.rest()
        size = kind.size * count
        if size > len(data) or data[size:].strip(b"\0") or len(data) - size > 8:
            raise Malformed("An attribute has another size than its shape says.")
        start = message.at + len(message.data) - len(data)
        for text in self._texts(kind, data[:size], count, start):
            self._judge_text(name, text)

    def _texts(self, kind: Type, data: bytes, count: int, start: int) -> Iterator[bytes]:
        """Values of any length, and those that lie in the elements themselves."""
        if not kind.variable:
            report_hidden_pickle(BytesSource(data), self.file.context)
            if kind.is_text:
                yield from (data[at : at + kind.size].rstrip(b"\0") for at in range(0, len(data), kind.size))
            return
        for at, size in self._places(kind, data, count):
            if size > LARGEST_TEXTS:
                raise Unread("A text in the file is larger than the gate reads.")
            report_hidden_pickle(self.file.part(at, size), self.file.context)
            yield self.file.read(at, size)

    def _places(self, kind: Type, data: bytes, count: int) -> Iterator[tuple[int, int]]:
        """Where the values of any length lie that elements refer to, with their sizes."""
        if count * len(kind.variable) > MOST_TEXTS:
            raise Unread("The file holds more texts than the gate reads.")
        for element in range(count):
            for offset, width in kind.variable:
                self.file.pay()
                reader = Reader(data[element * kind.size + offset :][:REFERENCE_SIZE])
                length, address, number = reader.number(4), reader.number(8), reader.number(4)
                if address not in (0, UNDEFINED):
                    # An empty text has a place of its own as well.
                    yield self.heaps.value(address, number, length * width)
                elif length:
                    raise Malformed("A text is not where the file says.")

    def _judge_text(self, name: str, text: bytes) -> None:
        if name in keras_configs.ATTRIBUTES:
            keras_configs.read_config(text, self.file.context)

    # ---- Filters

    def _read_filters(self, message: Message, name: str) -> bool:
        reader = Reader(message.data)
        version, count = reader.number(1), reader.number(1)
        if version not in (1, 2) or count > 32:
            raise Unread("The filters of an array have a version that the gate does not know.")
        reader.take(6 if version == 1 else 0)
        for _ in range(count):
            number = reader.number(2)
            length = reader.number(2) if version == 1 or number >= 256 else 0
            reader.take(2)
            values = reader.number(2)
            reader.take(-(-length // 8) * 8 if version == 1 else length)
            reader.take(4 * values + (4 if version == 1 and values % 2 else 0))
            if number not in FILTERS_KNOWN:
                self.file.context.found(
                    "hdf5.unusual",
                    f"An array is packed with the filter {number}, which loads a program of its own.",
                    message.at,
                    subject=str(number),
                )
        return count > 0

    # ---- Where elements lie

    def _read_layout(
        self, message: Message, kind: Type, count: int, name: str, *, is_filtered: bool, has_files: bool
    ) -> None:
        reader = Reader(message.data)
        version, layout = reader.number(1), reader.number(1)
        if version not in (3, 4, 5):
            raise Unread("An array is laid out in a way that the gate does not read.")
        size = kind.size * count
        if layout == COMPACT:
            start = message.at + 4
            stored = reader.number(2)
            self._read_elements(kind, count, start, reader.take(stored), stored)
        elif layout == CONTIGUOUS:
            start, stored = reader.number(8), reader.number(8)
            if start == UNDEFINED or has_files:
                return
            if stored != size:
                raise Malformed("An array has another size than its shape says.")
            self.file.claim(start, stored)
            self._probe(start, stored)
            if kind.variable:
                self._read_elements(kind, count, start, self.file.read(start, stored), stored)
        elif layout == CHUNKED:
            self._read_chunked(reader, version, kind, count, is_filtered=is_filtered)
        elif layout == VIRTUAL:
            self.file.context.found(
                "hdf5.external", "An array is put together from other files.", message.at, subject=name
            )
        else:
            raise Unread("An array is laid out in a way that the gate does not read.")

    def _read_elements(self, kind: Type, count: int, start: int, data: bytes, stored: int) -> None:
        if stored != kind.size * count:
            raise Malformed("An array has another size than its shape says.")
        for _ in self._texts(kind, data, count, start):
            continue

    def _probe(self, start: int, size: int) -> None:
        self.probes += 1
        if size and self.probes <= MOST_PROBES:
            report_hidden_pickle(self.file.part(start, size), self.file.context)

    def _read_chunked(self, reader: Reader, version: int, kind: Type, count: int, *, is_filtered: bool) -> None:
        if version == 3:
            rank, address = reader.number(1), reader.number(8)
            extents = [reader.number(4) for _ in range(rank)]
            chunks = read_chunks(self.file, address, rank, self.node_rank) if address != UNDEFINED else iter(())
        else:
            flags, rank, width = reader.number(1), reader.number(1), reader.number(1)
            extents = [reader.number(width) for _ in range(rank)]
            chunks = self._new_chunks(reader, flags, prod(extents), count * kind.size, version, is_filtered=is_filtered)
        if not extents or extents[-1] != kind.size:
            raise Malformed("The pieces of an array hold elements of another size.")
        whole = prod(extents)
        for chunk in chunks:
            if not is_filtered and chunk.size != whole:
                raise Malformed("A piece of an array has another size than it should.")
            self.file.claim(chunk.address, chunk.size)
            self._probe(chunk.address, chunk.size)
            if kind.variable:
                if is_filtered:
                    raise Unread("The file holds texts in packed pieces, which the gate does not read.")
                data = self.file.read(chunk.address, chunk.size)
                self._read_elements(kind, whole // kind.size, chunk.address, data, chunk.size)

    def _new_chunks(
        self, reader: Reader, flags: int, whole: int, total: int, version: int, *, is_filtered: bool
    ) -> Iterator[Chunk]:
        index = reader.number(1)
        if index == SINGLE:
            size = whole
            if flags & 0x02:
                size = reader.number(8)
                reader.take(4)
            address = reader.number(8)
            if address != UNDEFINED:
                yield Chunk(address, size, is_filtered)
        else:
            raise Unread("An array in pieces lists them in a way that the gate does not read.")
