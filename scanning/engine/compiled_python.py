"""Compiled Python (.pyc, or bare marshalled code): it is code, whatever it does."""

from scanning.engine.context import Context
from scanning.engine.sources import Source

# A code object, with or without the bit that says that it is referred to again.
CODE = (b"c", b"\xe3")
# Behind nothing, or behind the header of Python 3.7 and later, 3.3 and later, and 2.
STARTS = (0, 16, 12, 8)


def is_compiled(source: Source) -> bool:
    """Whether there is a code object at the beginning or behind a header.

    A code object is a mark and small numbers: arguments, stack and flags (CPython's marshal.c, versions 3.3 to 3.13).
    """
    head = source.read(0, 40)
    return any(_is_code(head[at:]) for at in STARTS if not at or head[2:4] == b"\r\n")


def _is_code(head: bytes) -> bool:
    numbers = [int.from_bytes(head[at : at + 4], "little") for at in (1, 5, 9)]
    return len(head) >= 21 and head.startswith(CODE) and all(number < 1 << 16 for number in numbers)


def refuse_compiled(source: Source, context: Context) -> None:
    """Compiled code is never part of a model."""
    context.found("content.executable", "The file is compiled Python code, which runs when it is imported.")
