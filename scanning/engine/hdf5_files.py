"""HDF5 files: groups and arrays of numbers, that all of it lies in the file, and that nothing else does.

Format: HDF5 File Format Specification 3.0. Read is what h5py and Keras write by default; the rest needs a look.
"""

from scanning.engine import hdf5_arrays
from scanning.engine.context import Context
from scanning.engine.hdf5_bytes import UNDEFINED, File, Malformed, Reader, Unread
from scanning.engine.hdf5_headers import Message, read_header
from scanning.engine.hdf5_trees import GlobalHeaps, read_entry, read_group
from scanning.engine.sources import Source

MAGIC = b"\x89HDF\r\n\x1a\n"
DEFAULT_RANK = 32
MOST_OBJECTS = 200_000
LINK_INFO, EXTERNAL_FILES, LINK, GROUP_INFO, COMMENT = 0x02, 0x07, 0x06, 0x0A, 0x0D
OLD_TIME, SYMBOL_TABLE, TIME, RANKS, ATTRIBUTE_INFO, REFERENCES, FILE_SPACE = 0x0E, 0x11, 0x12, 0x13, 0x15, 0x16, 0x17
HARD, SOFT, EXTERNAL = 0, 1, 64
HARMLESS = frozenset({GROUP_INFO, COMMENT, OLD_TIME, TIME, RANKS, REFERENCES})
OUTSIDE = "The file takes {!r} from another file, wherever that may be."


def is_hdf5(source: Source) -> bool:
    """Whether the file begins as HDF5."""
    return source.read(0, 8) == MAGIC


def find_block_before(source: Source) -> int | None:
    """Where an HDF5 file begins behind a block of something else, which the library passes over; None if nowhere."""
    found = None
    # From the end: upwards each place is where the last range ended, and who fetches ranges would think of reading on.
    for power in range(source.size.bit_length(), 8, -1):
        at = 1 << power
        if at < source.size and source.read(at, 8) == MAGIC:
            found = at
    return found


def read_hdf5(source: Source, context: Context) -> None:
    """Judge every group, array and attribute that can be reached, and every byte that cannot."""
    file = File(source, context)
    walk = _Walk(file, context)
    try:
        walk.begin()
        while walk.waiting:
            walk.read_object()
        walk.heaps.check()
    except (Malformed, Unread) as problem:
        walk.report(problem)
    if not walk.has_unread and (problem_left := file.remains()):
        context.found("hdf5.unaccounted", problem_left)


class _Walk:
    def __init__(self, file: File, context: Context) -> None:
        self.file = file
        self.context = context
        self.heaps = GlobalHeaps(file)
        self.arrays = hdf5_arrays.Arrays(file, self.heaps)
        # Addresses of headers with the name and with what the group above remembers of a group.
        self.waiting: list[tuple[int, str, tuple[int, int] | None]] = []
        self.known: set[int] = set()
        self.ranks = (4, 16)
        self.has_unread = False

    # ---- The beginning

    def begin(self) -> None:
        version = self.file.read(8, 1)[0]
        if version in (0, 1):
            self._begin_old(version)
        elif version in (2, 3):
            self._begin_new()
        else:
            raise Unread("The file has a version that the gate does not know.")

    def _begin_old(self, version: int) -> None:
        reader = Reader(self.file.take(0, 24 + 4 * version + 32 + 40))
        reader.take(13)
        self._check_widths(reader)
        reader.take(1)
        self.ranks = (reader.number(2), reader.number(2))
        reader.take(4)
        if version:
            self.arrays.node_rank = reader.number(2)
            reader.take(2)
        base, free, end, driver = (reader.number(8) for _ in range(4))
        if 0 in self.ranks or max(self.ranks) > 1 << 10:
            raise Unread("The file has trees of an unusual shape.")
        if free != UNDEFINED or driver != UNDEFINED:
            raise Unread("The file keeps free space, or is one part of several.")
        self._check_ends(base, end)
        root = read_entry(reader, None)
        self.waiting.append((root.address, "/", root.cached))

    def _begin_new(self) -> None:
        reader = Reader(self.file.take(0, 48))
        reader.take(9)
        self._check_widths(reader)
        reader.take(1)
        base, extension, end, root = (reader.number(8) for _ in range(4))
        self._check_ends(base, end)
        if extension != UNDEFINED:
            for message in read_header(self.file, extension):
                if message.kind == FILE_SPACE and message.data[:1] == b"\x01" and not message.data[2:3].strip(b"\0"):
                    continue
                raise Unread("The file has an extension that the gate does not read.")
        self.waiting.append((root, "/", None))

    def _check_widths(self, reader: Reader) -> None:
        if (reader.number(1), reader.number(1)) != (8, 8):
            raise Unread("The file has addresses of an unusual size.")

    def _check_ends(self, base: int, end: int) -> None:
        if base:
            # Addresses count from the block's end, but for that of the file's own end.
            self.context.found("hdf5.unusual", "The file begins with a block of something else.")
            end -= base
        if end > self.file.source.size:
            raise Malformed("The file ends too early.")
        if end < self.file.source.size:
            self.context.found("content.trailing", "Something follows the end of the HDF5 file.", end)

    # ---- Objects

    def read_object(self) -> None:
        address, name, cached = self.waiting.pop()
        if address in self.known:
            return
        self.known.add(address)
        if len(self.known) > MOST_OBJECTS:
            raise Unread("The file has more objects than the gate reads.")
        # What cannot be read of one object must not keep from reading the others, nor its attributes.
        try:
            messages = list(read_header(self.file, address))
        except (Malformed, Unread) as problem:
            self.report(problem, name)
            return
        for message in messages:
            try:
                if message.kind == hdf5_arrays.ATTRIBUTE:
                    self.arrays.read_attribute(message)
                else:
                    self._read_message(message, name, cached)
            except (Malformed, Unread) as problem:
                self.report(problem, name)
        try:
            self.arrays.read(messages, name)
        except (Malformed, Unread) as problem:
            self.report(problem, name)

    def report(self, problem: Malformed | Unread, name: str = "/") -> None:
        self.has_unread = True
        rule = "hdf5.unread" if isinstance(problem, Unread) else "hdf5.malformed"
        self.context.found(rule, f"{problem} ({name})")

    def _read_message(self, message: Message, name: str, cached: tuple[int, int] | None) -> None:
        reader = Reader(message.data)
        if message.kind == SYMBOL_TABLE:
            tree, heap = reader.number(8), reader.number(8)
            if cached not in (None, (tree, heap)):
                raise Malformed("A group is described in two ways.")
            self._read_names(tree, heap, name)
        elif message.kind == LINK:
            self._read_link(reader, name)
        elif message.kind in (LINK_INFO, ATTRIBUTE_INFO):
            width = 8 if message.kind == LINK_INFO else 2
            flags = message.data[1] if len(message.data) > 1 else 0
            reader.take(2 + (width if flags & 1 else 0))
            if reader.number(8) != UNDEFINED:
                raise Unread(
                    "A group has so many members or attributes that they are kept in a way the gate does not read."
                )
        elif message.kind == EXTERNAL_FILES:
            self.context.found("hdf5.external", "The numbers of an array are in other files.", message.at, subject=name)
        elif message.kind not in HARMLESS | hdf5_arrays.KINDS:
            raise Unread(f"An object has a message of the kind {message.kind}, which the gate does not read.")

    def _read_names(self, tree: int, heap: int, name: str) -> None:
        for entry in read_group(self.file, tree, heap, self.ranks):
            if entry.target is None:
                self._wait(entry.address, name, entry.name, entry.cached)

    def _read_link(self, reader: Reader, name: str) -> None:
        version, flags = reader.number(1), reader.number(1)
        if version != 1:
            raise Unread("A link has a version that the gate does not know.")
        kind = reader.number(1) if flags & 0x08 else HARD
        reader.take((8 if flags & 0x04 else 0) + (1 if flags & 0x10 else 0))
        member = reader.take(reader.number(1 << (flags & 3)))
        if kind == HARD:
            self._wait(reader.number(8), name, member, None)
        elif kind == EXTERNAL:
            target = reader.take(reader.number(2)).strip(b"\0").decode("utf-8", "replace").replace("\0", ":")
            self.context.found("hdf5.external", OUTSIDE.format(target), subject=target)
        elif kind != SOFT:
            self.context.found("hdf5.unusual", "A link is of a kind that a program of somebody's own must follow.")

    def _wait(self, address: int, above: str, name: bytes, cached: tuple[int, int] | None) -> None:
        shown = f"{above.rstrip('/')}/{name.decode('utf-8', 'replace')}"
        if len(self.waiting) > MOST_OBJECTS:
            raise Unread("The file has more objects than the gate reads.")
        self.waiting.append((address, shown[:256], cached))
