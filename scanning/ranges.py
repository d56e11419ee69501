"""Hands the engine the bytes it asks for, and nothing else: ranges of the files of one job, wherever they are.

No Django here: the command uses this as well as the server.
"""

import os
import stat
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scanning.engine.line import COUNT, MOST, QUESTION
from scanning.engine.sources import Changed

OPEN_FILES = 4
# What a reader that goes back and forth may ask for in all: this many times the files, and a little for small ones.
TIMES_OVER = 40
AT_LEAST = 1 << 30


class Greedy(Exception):
    """The engine asks for what it was not given, or for more than any reader needs."""


class Content(Protocol):
    """The bytes of a file that may be far away."""

    def read(self, start: int, length: int) -> bytes:
        """A range, shorter only at the end. Raises Changed if there is no such file (any more)."""

    def close(self) -> None:
        """Let go of whatever is open."""


@dataclass(frozen=True, slots=True)
class ScanFile:
    """A file to scan: its path in the version, where its bytes are, and how many there must be."""

    path: str
    source: Path | Content
    size: int


class LocalContent:
    """A file of this machine; never what a link leads to."""

    def __init__(self, path: Path, size: int) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            raise Changed("The file is not in the store.") from None
        status = os.fstat(self._descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            self.close()
            raise Changed("The file in the store has another size than was recorded.")

    def read(self, start: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, start)

    def close(self) -> None:
        os.close(self._descriptor)


class Ranges:
    """Answers questions about the files of one job. What the store says of itself, other than Changed, is raised."""

    def __init__(self, files: Sequence[ScanFile]) -> None:
        self._files = files
        self._open: OrderedDict[int, Content] = OrderedDict()
        self._left = TIMES_OVER * sum(file.size for file in files) + AT_LEAST
        self.served = 0

    def answer(self, question: bytes) -> bytes:
        """The bytes for one question with their count in front. Raises Greedy."""
        number, start, length = QUESTION.unpack(question)
        if number >= len(self._files) or length > MOST or start + length > self._files[number].size:
            raise Greedy("The scan asked for bytes that it was not given, and was stopped.")
        self.served += length
        # The count that goes in front counts too: a question for nothing costs something.
        self._left -= length + COUNT.size
        if self._left < 0:
            raise Greedy("The scan read its files over and over, and was stopped.")
        try:
            content = self._content(number)
            piece = content.read(start, length) if length else b""
        except (Changed, OSError):
            return COUNT.pack(-1)
        return COUNT.pack(len(piece)) + piece

    def close(self) -> None:
        """Let go of every file."""
        while self._open:
            self._open.popitem()[1].close()

    def _content(self, number: int) -> Content:
        if number not in self._open:
            file = self._files[number]
            if len(self._open) >= OPEN_FILES:
                self._open.popitem(last=False)[1].close()
            where = file.source
            self._open[number] = LocalContent(where, file.size) if isinstance(where, Path) else where
        self._open.move_to_end(number)
        return self._open[number]
