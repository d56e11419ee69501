"""Compiled Python (.pyc): a version, flags, and marshalled code. It is code, whatever it does."""

import re

from scanning.engine.context import Context
from scanning.engine.sources import Source

# A code object, with or without the bit that says that it is referred to again.
CODE = (b"c", b"\xe3")
HEADER = re.compile(rb"..\r\n", re.DOTALL)


def is_compiled(source: Source) -> bool:
    """Whether there is a code object behind a header of Python 2 (8 bytes), 3.3 (12) or 3.7 and later (16)."""
    head = source.read(0, 32)
    # A text may begin with a blank line and hold the letter c.
    return bool(HEADER.match(head)) and b"\0" in head and any(head[at : at + 1] in CODE for at in (8, 12, 16))


def refuse_compiled(source: Source, context: Context) -> None:
    context.found("content.executable", "The file is compiled Python code.")
