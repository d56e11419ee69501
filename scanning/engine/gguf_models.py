"""GGUF models: typed metadata, a list of tensors, and their bytes, which must fill the file without gaps.

Format: ggml's gguf.md, versions 2 and 3, in either byte order. Nothing of the tensors themselves is read.
"""

import struct
from collections.abc import Iterator

from scanning.engine import chat_templates, credentials
from scanning.engine.context import Context, LimitReached
from scanning.engine.sources import Cursor, Source

MAGIC = b"GGUF"
ALIGNMENT_KEY = "general.alignment"
TEMPLATE_KEYS = ("tokenizer.chat_template", "tokenizer.chat_templates")
MOST_KEYS = 100_000
MOST_TENSORS = 1_000_000
LONGEST_KEY = 65_535
LONGEST_TEXT = 8 << 20
MOST_DIMENSIONS = 4
DEEPEST = 4
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
UNSIGNED = (0, 2, 4, 10)
TEXT, ARRAY = 8, 9
# ggml's types: numbers in a block, and bytes of a block. Types that are never stored (Q8_1) are not here.
BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip


class Malformed(Exception):
    """A sentence: where the file differs from the format."""


def read_gguf(source: Source, context: Context) -> None:
    """Judge the metadata, and check that header and tensors account for every byte."""
    model = _Model(source, context)
    try:
        model.read()
    except Malformed as problem:
        context.found("gguf.malformed", str(problem), model.cursor.tell())


class _Model:
    """One file on its way through the reader."""

    def __init__(self, source: Source, context: Context) -> None:
        self.source = source
        self.context = context
        self.cursor = Cursor(source, len(MAGIC))
        self.order = "<"
        self.alignment = 32

    def read(self) -> None:
        version = self.cursor.read(4)
        if int.from_bytes(version, "little") & 0xFFFF == 0:
            self.order = ">"
        number = self.unpack("I", version)
        if number not in (2, 3) or (number == 2 and self.order == ">"):
            raise Malformed(f"Version {number} of the format is not one that the gate reads.")
        tensors, keys = self.number("Q"), self.number("Q")
        if tensors > MOST_TENSORS or keys > MOST_KEYS:
            raise Malformed("The file claims more tensors or more metadata than the gate reads.")
        self.read_metadata(keys)
        self.check_spans(list(self.read_tensors(tensors)))

    def unpack(self, form: str, raw: bytes) -> int:
        return int(struct.unpack(self.order + form, raw)[0])

    def number(self, form: str) -> int:
        return self.unpack(form, self.cursor.read(struct.calcsize(f"={form}")))

    def text(self, longest: int) -> str:
        length = self.number("Q")
        if length > longest:
            raise Malformed("A text in the metadata is longer than the gate reads.")
        try:
            return self.cursor.read(length).decode()
        except UnicodeDecodeError:
            raise Malformed("A text in the metadata is not UTF-8.") from None

    def read_metadata(self, keys: int) -> None:
        seen: set[str] = set()
        for _ in range(keys):
            key = self.text(LONGEST_KEY)
            if key in seen:
                raise Malformed(f"The metadata name {key!r} twice.")
            seen.add(key)
            kind = self.number("I")
            if key == ALIGNMENT_KEY:
                self.read_alignment(kind)
            elif kind == TEXT:
                self.judge_text(key, self.text(LONGEST_TEXT))
            elif kind == ARRAY:
                self.read_array(key, 1)
            else:
                self.skip_numbers(kind, 1)

    def read_alignment(self, kind: int) -> None:
        if kind not in UNSIGNED:
            raise Malformed("The alignment is no number.")
        size = SIZES[kind]
        self.alignment = self.unpack({1: "B", 2: "H", 4: "I", 8: "Q"}[size], self.cursor.read(size))
        if self.alignment < 8 or self.alignment > 1 << 20 or self.alignment & (self.alignment - 1):
            raise Malformed(f"An alignment of {self.alignment} bytes makes no sense.")

    def judge_text(self, key: str, text: str) -> None:
        if key.startswith(TEMPLATE_KEYS):
            chat_templates.judge_template(text, self.context, f"The template {key!r}")
        else:
            chat_templates.judge_text(text, self.context, f"The text {key!r}")
        credentials.judge_text(text, self.context)

    def read_array(self, key: str, depth: int) -> None:
        if depth > DEEPEST:
            raise Malformed("Lists in the metadata are nested deeper than the gate reads.")
        kind, count = self.number("I"), self.number("Q")
        if kind not in (TEXT, ARRAY):
            self.skip_numbers(kind, count)
            return
        # An element takes eight bytes at least, so a count that the file has no room for costs nothing.
        if count > self.cursor.left // 8:
            raise Malformed("A list in the metadata is longer than the file.")
        self.context.budget.opcodes -= count
        if self.context.budget.opcodes < 0:
            raise LimitReached("engine.budget", "The metadata of the models in this version are too long for the gate.")
        for _ in range(count):
            if kind == ARRAY:
                self.read_array(key, depth + 1)
            elif key.startswith(TEMPLATE_KEYS):
                self.text(LONGEST_TEXT)
            else:
                self.cursor.skip(self.number("Q"))

    def skip_numbers(self, kind: int, count: int) -> None:
        size = SIZES.get(kind)
        if size is None:
            raise Malformed(f"The metadata hold a value of the unknown type {kind}.")
        self.cursor.skip(size * count)

    def read_tensors(self, count: int) -> Iterator[tuple[int, int]]:
        """Offset and size of every tensor, as described."""
        seen: set[str] = set()
        for _ in range(count):
            name = self.text(LONGEST_KEY)
            if name in seen:
                raise Malformed(f"The tensor {name!r} is described twice.")
            seen.add(name)
            dimensions = self.number("I")
            if dimensions > MOST_DIMENSIONS:
                raise Malformed(f"The tensor {name!r} has {dimensions} dimensions.")
            shape = [self.number("Q") for _ in range(dimensions)]
            kind, offset = self.number("I"), self.number("Q")
            if kind not in BLOCKS:
                raise Malformed(f"The tensor {name!r} has the type {kind}, which the gate does not know.")
            length, size = BLOCKS[kind]
            if shape and shape[0] % length:
                raise Malformed(f"The rows of the tensor {name!r} do not fill their blocks.")
            total = 1
            for dimension in shape:
                total *= dimension
            if total > 1 << 62 or (not shape and length != 1):
                raise Malformed(f"The tensor {name!r} is impossibly large.")
            yield offset, total // length * size

    def check_spans(self, spans: list[tuple[int, int]]) -> None:
        """Tensors stand one behind the other, with nothing but zeros up to the next multiple of the alignment."""
        header = self.cursor.tell()
        start = self.aligned(header)
        if not spans:
            self.check_padding(header, min(start, self.source.size))
            end = min(start, self.source.size)
        else:
            self.check_padding(header, start)
            end = start
            for offset, size in sorted(spans):
                if start + offset != self.aligned(end):
                    raise Malformed("There are gaps between the tensors, or they overlap.")
                self.check_padding(end, start + offset)
                end = start + offset + size
            if end > self.source.size:
                raise Malformed("The file is shorter than its tensors.")
            self.check_padding(end, min(self.aligned(end), self.source.size))
            end = min(self.aligned(end), self.source.size)
        if end != self.source.size:
            raise Malformed(f"{self.source.size - end:,} bytes follow the last tensor.")

    def aligned(self, offset: int) -> int:
        return -(-offset // self.alignment) * self.alignment

    def check_padding(self, start: int, end: int) -> None:
        if self.source.exactly(start, end - start).strip(b"\0"):
            raise Malformed("Something is hidden between the tensors.")
