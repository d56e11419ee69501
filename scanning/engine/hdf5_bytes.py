"""The bytes of an HDF5 file: little-endian numbers at addresses, and which parts of the file are explained by now."""

from scanning.engine.context import Context, LimitReached
from scanning.engine.sources import Slice, Source, Truncated

UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF
LARGEST_PART = 16 << 20
MOST_CLAIMS = 2_000_000
LARGEST_GAPS = 256 << 20
LARGEST_OLD_NAMES = 1 << 20
COST = 20


class Malformed(Exception):
    """A sentence: the bytes are not what a writer of this format makes."""


class Unread(Exception):
    """A sentence: a part of the format that the gate does not read."""


class File:
    """A source with a note of every part of it that has been understood."""

    def __init__(self, source: Source, context: Context) -> None:
        self.source = source
        self.context = context
        self.claims: list[tuple[int, int]] = []
        self.names: set[bytes] = set()
        self._ends_of_names: set[bytes] = set()

    def pay(self, times: int = 1) -> None:
        """Take from the work that is left; LimitReached when there is none."""
        self.context.budget.opcodes -= COST * times
        if self.context.budget.opcodes < 0:
            raise LimitReached("engine.budget", "The file has more parts than the gate reads.")

    def claim(self, start: int, size: int) -> None:
        """Note that a part is explained; Malformed when it is not in the file."""
        if start + size > self.source.size:
            raise Malformed("A part of the file lies behind its end.")
        if size:
            self.pay()
            self.claims.append((start, start + size))
        if len(self.claims) > MOST_CLAIMS:
            raise LimitReached("engine.budget", "The file has more parts than the gate reads.")

    def read(self, start: int, size: int) -> bytes:
        """A part that is not too large, or Malformed."""
        if size > LARGEST_PART:
            raise Unread("A part of the file is larger than the gate reads.")
        self.pay(size >> 8)
        try:
            return self.source.exactly(start, size)
        except Truncated:
            raise Malformed("A part of the file lies behind its end.") from None

    def take(self, start: int, size: int) -> bytes:
        """Read and claim."""
        data = self.read(start, size)
        self.claim(start, size)
        return data

    def part(self, start: int, size: int) -> Source:
        return Slice(self.source, start, size)

    def remains(self) -> str | None:
        """What is wrong with the bytes that nothing explains: parts overlap, or there is something between them."""
        at = gaps = 0
        for start, end in [*sorted(self.claims), (self.source.size, self.source.size)]:
            if start < at:
                return "Parts of the file overlap."
            gaps += start - at
            if gaps > LARGEST_GAPS:
                return "Large parts of the file belong to nothing in it."
            if any(piece.strip(b"\0") for piece in self.source.pieces(at, start)) and not self._were_names(at, start):
                return "There is something in the file that belongs to nothing in it."
            at = end
        return None

    def _were_names(self, start: int, end: int) -> bool:
        """Whether a gap only holds names that the file still uses: a group kept them there before it grew.

        The library reuses such places in part, so a name may have lost its beginning. Between names are the numbers
        of places that were free.
        """
        if end - start > LARGEST_OLD_NAMES:
            return False
        data = self.source.exactly(start, end - start)
        self.pay(1 + len(data) // 64)
        known = self._ends_of_names or {name[cut:] for name in self.names for cut in range(0, len(name), 8)}
        self._ends_of_names = known
        at = 0
        while at < len(data):
            text = data[at : data.find(b"\0", at)]
            if text in known:
                at += -(-(len(text) + 1) // 8) * 8
            elif int.from_bytes(data[at : at + 8], "little") <= LARGEST_OLD_NAMES:
                at += 8
            else:
                return False
        return True


class Reader:
    """Reads numbers one after the other from bytes in memory; Malformed at their end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        if len(piece) != size:
            raise Malformed("A part of the file is shorter than it says.")
        self.at += size
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def name(self, *, padded: bool) -> bytes:
        """Text up to a NUL, and what fills it up to eight bytes."""
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise Malformed("A name does not end.")
        name = self.data[self.at : end]
        used = end + 1 - self.at
        self.take(-(-used // 8) * 8 if padded else used)
        return name

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)
