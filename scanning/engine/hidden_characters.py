"""Characters that hide or turn what a text says: control characters, marks of direction, letters without a shape."""

import re

from scanning.engine.context import Context

CONTROL = bytes({*range(0x20), 0x7F} - set(b"\t\n\f\r"))
# In UTF-8: C1 controls; marks that turn the direction of text; joiners of words, invisible operators; letters of the
# block of tags, in which whole sentences can hide; the long block of variation selectors, which is used the same way.
HIDING = re.compile(
    rb"\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa1-\xa9]|\xf3\xa0[\x80\x81][\x80-\xbf]|\xf3\xa0[\x84-\x87]"
)
UTF7 = re.compile(rb"\+AD[wx4-9A-Z][A-Za-z0-9+/]{0,64}-")


def hides_something(piece: bytes) -> bool:
    """Whether a piece of UTF-8 holds such characters."""
    if len(piece.translate(None, CONTROL)) != len(piece):
        return True
    return not piece.isascii() and HIDING.search(piece) is not None


def judge(raw: bytes, context: Context) -> None:
    """Report them, once."""
    if hides_something(raw):
        context.found("text.control", "The text holds control characters, which can hide what it says.")
