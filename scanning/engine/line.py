"""The engine's line to whoever started it: the job comes in over it, and bytes of files are asked for range by range.

A question is the number of a file, an offset and a length; the answer is a count and so many bytes, or -1. So the
engine opens no file, needs no path, and does not know where the bytes are.
"""

import os
import struct
from collections import OrderedDict

from scanning.engine.sources import Changed, Source

QUESTION = struct.Struct("<IQI")
COUNT = struct.Struct("<i")
# A longer range is several questions; a shorter one brings the whole block around it, as headers lie close together.
MOST = 1 << 20
BLOCK = 1 << 16
KEPT_BLOCKS = 32


class Line:
    """Both directions of a connection that stands at one descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._blocks: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def job(self) -> bytes:
        """The job, which is the first thing that comes in."""
        return self._exactly(COUNT.unpack(self._exactly(COUNT.size))[0])

    def block(self, number: int, start: int, length: int) -> bytes:
        """A short range of a file, kept for a while. Raises Changed."""
        key = (number, start)
        if key not in self._blocks:
            self._blocks[key] = self.ask(number, start, length)
            if len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return self._blocks[key]

    def ask(self, number: int, start: int, length: int) -> bytes:
        """A range of a file that is as long as the job said. Raises Changed when it is not."""
        os.write(self.descriptor, QUESTION.pack(number, start, length))
        count = COUNT.unpack(self._exactly(COUNT.size))[0]
        if count != length:
            raise Changed("The file in the store is not the one that was recorded.")
        return self._exactly(count)

    def _exactly(self, length: int) -> bytes:
        pieces: list[bytes] = []
        while length:
            piece = os.read(self.descriptor, length)
            if not piece:
                raise SystemExit("nobody is there any more")
            pieces.append(piece)
            length -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class AskedSource(Source):
    """A file at the other end of a line."""

    def __init__(self, line: Line, number: int, size: int) -> None:
        self.line = line
        self.number = number
        self.size = size
        # Says whether the file is there, also when it is empty and nobody asks for more.
        line.ask(number, 0, 0)

    def read(self, offset: int, length: int) -> bytes:
        if not 0 <= offset < self.size:
            return b""
        end = min(offset + max(0, length), self.size)
        start = offset - offset % BLOCK
        if end <= start + BLOCK:
            block = self.line.block(self.number, start, min(BLOCK, self.size - start))
            return block[offset - start : end - start]
        steps = range(offset, end, MOST)
        pieces = [self.line.ask(self.number, at, min(MOST, end - at)) for at in steps]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
