"""Random pickles that use one name of the allow list: a call with odd arguments, or an object with an odd state."""

import pickle
import struct
from collections.abc import Callable
from random import Random

from scanning.engine import allow_list
from scanning.engine.allow_list import Standing
from tests.scanning.engine.hostile import text, value
from tests.scanning.engine.soup import WORDS

WORDS_OF_LIBRARIES = (
    "float64", "b", "<f8", "euclidean", "2020-01-01", "M8[ns]", "UTC", "ns", "D", "utf-8", "python", "pyarrow",
    "MT19937",
    "/etc/passwd", "a b", "data", "categories", "tz", "unit", "codes", "_data", "_typ", "_attrs", "X_thresholds_",
    "y_thresholds_", "coords", "row", "col", "_sklearn_version", "estimators_", "tree_", "hash", "path",
)  # fmt: skip
BY_ROOT: dict[str, list[tuple[str, str]]] = {}
for listed in sorted(allow_list.names()):
    BY_ROOT.setdefault(listed[0].partition(".")[0], []).append(listed)


def pushed(name: tuple[str, str]) -> bytes:
    return text(name[0]) + text(name[1]) + b"\x93"


class Probe:
    """Builds one pickle with names of the given libraries; `samples` are plain objects to use as values."""

    def __init__(self, random: Random, roots: tuple[str, ...], samples: list[object]) -> None:
        self.random = random
        self.samples = samples
        names = [name for root in roots for name in BY_ROOT.get(root, [])]
        self.calls = [name for name in names if allow_list.names()[name] is Standing.CALL]
        self.classes = [name for name in names if allow_list.names()[name] is Standing.CLASS]

    def make(self) -> bytes:
        body = self.call() if self.random.random() < 0.5 else self.object()
        for _ in range(self.random.randrange(3)):
            body += self.change()
        return b"\x80\x04" + body + b"."

    def call(self) -> bytes:
        name = self.random.choice(self.calls)
        first = b""
        if self.random.random() < 0.4:
            root = name[0].partition(".")[0]
            first = pushed(self.random.choice([cls for cls in self.classes if cls[0].startswith(root)] or self.classes))
        return pushed(name) + b"(" + first + self.values(6) + b"tR"

    def object(self) -> bytes:
        arguments = self.values(3) if self.random.random() < 0.3 else b""
        return pushed(self.random.choice(self.classes)) + b"(" + arguments + b"t\x81"

    def change(self) -> bytes:
        draw = self.random.random()
        if draw < 0.6:
            return self.mapping() + b"b"
        if draw < 0.8:
            return b"(" + self.values(14) + b"tb"
        return b"(" + self.value() + b"e" if draw < 0.9 else b"(" + self.word() + self.value() + b"u"

    def mapping(self) -> bytes:
        return b"}(" + b"".join(self.word() + self.value() for _ in range(self.random.randrange(5))) + b"u"

    def values(self, most: int) -> bytes:
        return b"".join(self.value() for _ in range(self.random.randrange(most)))

    def word(self) -> bytes:
        return text(self.random.choice((*WORDS, *WORDS_OF_LIBRARIES)))

    def value(self, depth: int = 0) -> bytes:
        draw = self.random.random()
        if draw < 0.12 and depth < 2:
            opening, closing = self.random.choice([(b"(", b"t"), (b"](", b"e")])
            return opening + b"".join(self.value(depth + 1) for _ in range(self.random.randrange(4))) + closing
        if draw < 0.16 and depth < 2:
            return self.mapping()
        plain: list[Callable[[], bytes]] = [
            lambda: b"N",
            lambda: b"\x88",
            lambda: value(self.random.choice([0, 1, -1, 2, 7, 8, 255, 1 << 31, -(1 << 31), 1 << 40])),
            lambda: value(self.random.choice([0.5, -1.0, 1e308])),
            self.word,
            lambda: b"B" + struct.pack("<I", 16) + self.random.randbytes(16),
            lambda: pickle.dumps(self.random.choice(self.samples), 2)[2:-1],
        ]
        return self.random.choice(plain)()
