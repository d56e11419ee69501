"""Compiled Python: marshalled code, bare or behind the header of a .pyc file. It is code, whatever it does.

Format: CPython's marshal.c and importlib, versions 2 to 3.13. A code object is a mark and then small numbers: how many
arguments of which kind, and how deep its stack is.
"""

from scanning.engine.context import Context
from scanning.engine.sources import Source

# A code object, with or without the bit that says that it is referred to again.
CODE = (b"c", b"\xe3")
BARE = 0
# Behind the header of Python 2, of 3.3, and of 3.7 and later.
HEADERS = (8, 12, 16)
NUMBERS, LARGEST_NUMBER = 3, 1 << 16


def is_compiled(source: Source) -> bool:
    """Whether there is a code object where a loader would look for one."""
    places = (BARE, *HEADERS) if source.read(2, 2) == b"\r\n" else (BARE,)
    return any(_is_code(source.read(at, 1 + 4 * NUMBERS)) for at in places)


def _is_code(raw: bytes) -> bool:
    numbers = [int.from_bytes(raw[at : at + 4], "little") for at in range(1, len(raw), 4)]
    return len(raw) == 1 + 4 * NUMBERS and raw[:1] in CODE and all(number < LARGEST_NUMBER for number in numbers)


def refuse_compiled(source: Source, context: Context) -> None:
    """Nothing of it is read."""
    context.found("content.executable", "The file is compiled Python code.")
