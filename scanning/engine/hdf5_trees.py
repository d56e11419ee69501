"""HDF5's trees and heaps: the names in a group, the pieces of an array, texts of any length.

Format: HDF5 File Format Specification 3.0, III.A, III.B, III.D and III.E.
"""

from collections.abc import Iterator
from typing import NamedTuple

from scanning.engine.hdf5_bytes import LARGEST_PART, UNDEFINED, File, Malformed, Reader, Unread
from scanning.engine.probes import report_hidden_pickle
from scanning.engine.sources import BytesSource

DEEPEST = 32
ENTRY = 40
NO_CACHE, GROUP_CACHED, SOFT_LINK = 0, 1, 2
GROUP_NODE, CHUNK_NODE = 0, 1
NODE_HEAD = 24


class Entry(NamedTuple):
    """What a group says of one of its members. `tree` and `heap` are what it remembers of a member that is a group."""

    name: bytes
    address: int
    target: bytes | None
    cached: tuple[int, int] | None


class Chunk(NamedTuple):
    address: int
    size: int
    is_filtered: bool


# ---- Groups


class LocalHeap:
    """The names of one group. Every byte of it is a name that is used, or free."""

    def __init__(self, file: File, address: int) -> None:
        reader = Reader(file.take(address, 32))
        if reader.take(4) != b"HEAP" or reader.number(4):
            raise Malformed("The names of a group are not where it says.")
        size, self.free, start = reader.number(8), reader.number(8), reader.number(8)
        self.file = file
        self.start = start
        self.data = file.take(start, size)
        self.used: set[tuple[int, int]] = set()

    def text(self, offset: int) -> bytes:
        end = self.data.find(b"\0", offset)
        if end < 0:
            raise Malformed("A name in a group does not end.")
        self.used.add((offset, -(-(end + 1) // 8) * 8))
        self.file.names.add(self.data[offset:end])
        return self.data[offset:end]

    def check(self) -> None:
        """Report bytes that are neither names nor free."""
        left = bytearray(self.data)
        for start, end in self.used:
            left[start:end] = bytes(min(end, len(left)) - start)
        at, steps = self.free, 0
        while at not in (1, UNDEFINED) and at + 16 <= len(left) and steps < len(left):
            left[at : at + 16] = bytes(16)
            at, steps = int.from_bytes(self.data[at : at + 8], "little"), steps + 16
        if left.strip(b"\0"):
            self.file.context.found(
                "hdf5.unaccounted", "There is something among the names of a group that is none of them.", self.start
            )


def read_group(file: File, tree: int, heap_address: int, ranks: tuple[int, int]) -> list[Entry]:
    """The members of a group of the old kind. `ranks` are the file's numbers of entries in leaves and in nodes."""
    heap = LocalHeap(file, heap_address)
    entries: list[Entry] = []
    size = NODE_HEAD + (2 * ranks[1] + 1) * 8 + 2 * ranks[1] * 8
    for address in _leaves(file, tree, size, ranks[1]):
        entries += _read_names(file, address, heap, ranks[0])
    heap.check()
    return entries


def _leaves(file: File, address: int, size: int, rank: int) -> Iterator[int]:
    """The addresses of the nodes of names, from left to right."""
    open_nodes = [(address, -1)]
    while open_nodes:
        at, level = open_nodes.pop()
        reader = Reader(file.take(at, size))
        found, count = _node_head(reader, GROUP_NODE, level)
        if count > 2 * rank:
            raise Malformed("A tree of names has more entries than fit in.")
        children = []
        reader.take(8)
        for _ in range(count):
            children.append(reader.number(8))
            reader.take(8)
        _check_unused(file, reader, at)
        if found:
            open_nodes += [(child, found - 1) for child in reversed(children)]
        else:
            yield from children


def _node_head(reader: Reader, kind: int, level: int) -> tuple[int, int]:
    """Level and number of entries of a node; the levels must go down one by one, so there are no loops."""
    if reader.take(4) != b"TREE" or reader.number(1) != kind:
        raise Malformed("A tree of the file is damaged.")
    found, count = reader.number(1), reader.number(2)
    reader.take(16)
    if found > DEEPEST or (level >= 0 and found != level):
        raise Malformed("A tree of the file has impossible levels.")
    return found, count


def _check_unused(file: File, reader: Reader, at: int) -> None:
    if reader.rest().strip(b"\0"):
        file.context.found("hdf5.unaccounted", "There is something in the unused part of a tree.", at)


def _read_names(file: File, address: int, heap: LocalHeap, rank: int) -> Iterator[Entry]:
    reader = Reader(file.take(address, 8 + 2 * rank * ENTRY))
    if reader.take(4) != b"SNOD" or reader.number(1) != 1:
        raise Malformed("A node of names is damaged.")
    reader.take(1)
    count = reader.number(2)
    if count > 2 * rank:
        raise Malformed("A node of names has more entries than fit in.")
    for _ in range(count):
        yield read_entry(reader, heap)
    _check_unused(file, reader, address)


def read_entry(reader: Reader, heap: LocalHeap | None) -> Entry:
    """One member of a group; without a heap, the file's root, which has no name."""
    offset, address, cache = reader.number(8), reader.number(8), reader.number(4)
    reader.take(4)
    scratch = Reader(reader.take(16))
    name = heap.text(offset) if heap else b""
    if cache == NO_CACHE:
        return Entry(name, address, None, None)
    if cache == GROUP_CACHED:
        return Entry(name, address, None, (scratch.number(8), scratch.number(8)))
    if cache == SOFT_LINK and heap:
        return Entry(name, UNDEFINED, heap.text(scratch.number(4)), None)
    raise Malformed("An entry of a group is of an unknown kind.")


# ---- Arrays in pieces


def read_chunks(file: File, address: int, rank: int, node_rank: int) -> Iterator[Chunk]:
    """The pieces that a tree lists. `rank` counts the dimensions, with one more for the element."""
    key = 8 + 8 * rank
    size = NODE_HEAD + (2 * node_rank + 1) * key + 2 * node_rank * 8
    open_nodes = [(address, -1)]
    while open_nodes:
        at, level = open_nodes.pop()
        reader = Reader(file.take(at, size))
        found, count = _node_head(reader, CHUNK_NODE, level)
        if count > 2 * node_rank:
            raise Malformed("A tree of pieces has more entries than fit in.")
        for _ in range(count):
            length, mask = reader.number(4), reader.number(4)
            reader.take(key - 8)
            child = reader.number(8)
            if found:
                open_nodes.append((child, found - 1))
            else:
                yield Chunk(child, length, mask == 0)
        reader.take(key)
        _check_unused(file, reader, at)


# ---- Texts of any length


class GlobalHeaps:
    """The collections in which values of any length are kept."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.collections: dict[int, dict[int, tuple[int, int]]] = {}
        self.used: set[tuple[int, int]] = set()

    def value(self, address: int, number: int, size: int) -> tuple[int, int]:
        """Where the value of this number lies, and its size; it must have at least `size` bytes."""
        if address not in self.collections:
            self.collections[address] = self._read(address)
        place = self.collections[address].get(number)
        if place is None or size > place[1]:
            raise Malformed("A text is not where the file says.")
        self.used.add((address, number))
        return place[0], size

    def _read(self, address: int) -> dict[int, tuple[int, int]]:
        head = Reader(self.file.read(address, 16))
        if head.take(4) != b"GCOL" or head.number(1) != 1:
            raise Malformed("A collection of texts is not where the file says.")
        head.take(3)
        size = head.number(8)
        self.file.claim(address, size)
        found: dict[int, tuple[int, int]] = {}
        at, end = address + 16, address + size
        while end - at >= 16:
            self.file.pay()
            reader = Reader(self.file.read(at, 16))
            number = reader.number(2)
            reader.take(6)
            length = reader.number(8)
            if not number:
                self._check_free(at, end)
                break
            if number in found or length > end - at - 16:
                raise Malformed("A collection of texts is damaged.")
            found[number] = (at + 16, length)
            at += 16 + -(-length // 8) * 8
        return found

    def _check_free(self, at: int, end: int) -> None:
        if end - at - 16 > LARGEST_PART:
            raise Unread("A collection of texts is larger than the gate reads.")
        if self.file.read(at + 16, max(0, end - at - 16)).strip(b"\0"):
            self.file.context.found("hdf5.unaccounted", "There is something behind the texts of the file.", at)

    def check(self) -> None:
        """Report values that nothing refers to. Texts that were replaced stay in the file, so those are let pass."""
        for address, found in self.collections.items():
            for number, (start, size) in found.items():
                if (address, number) in self.used or size > LARGEST_PART:
                    continue
                value = self.file.read(start, size)
                report_hidden_pickle(BytesSource(value), self.file.context)
                if not _is_text(value):
                    self.file.context.found(
                        "hdf5.unaccounted", "There is something in the file that nothing uses.", start
                    )


def _is_text(value: bytes) -> bool:
    try:
        text = value.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\t\n\r" for character in text)
