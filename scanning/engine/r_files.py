"""R's own files (.rds, .RData): data, unless there are functions, calls or promises in them.

Format: "R Internals", section 1.8, in its portable binary form (XDR), versions 2 and 3.
"""

import struct

from scanning.engine.context import Context
from scanning.engine.sources import Cursor, Source

SAVES = (b"RDX2\n", b"RDX3\n")
BINARY = b"X\n"
OTHER_FORMS = (b"RDA2\n", b"RDA3\n", b"RDB2\n", b"RDB3\n", b"RDX1\n", b"RDA1\n")
MOST_ITEMS = 50_000_000

PROMISE = 5
PAIRS = {2: "a list", 3: "a function", PROMISE: "a promise", 6: "a call", 17: "arguments"}
WIDTHS = {10: 4, 13: 4, 14: 8, 15: 16, 24: 1}
LISTS = {16: "texts", 19: "a list", 20: "expressions"}
CODE = {3: "a function", 4: "an environment", 6: "a call", 17: "arguments", 20: "expressions"}
NOTHING = frozenset({254, 253, 252, 251, 247, 242, 241})
SYMBOL, ENVIRONMENT, TEXT, OBJECT, REFERENCE = 1, 4, 9, 25, 255
HAS_ATTRIBUTES, HAS_TAG = 0x200, 0x400


def is_r(source: Source) -> bool:
    """Whether the bytes begin as R writes them."""
    head = source.read(0, 16)
    if head.startswith((*SAVES, *OTHER_FORMS)):
        return True
    return head.startswith(BINARY) and head[2:6] in (b"\0\0\0\2", b"\0\0\0\3")


class Foreign(Exception):
    """Something in the file that is not plain data and is not followed: compiled code, pointers, or damage."""


def read_r(source: Source, context: Context) -> None:
    """Unsafe with a promise, which runs when anything looks at it; otherwise for somebody to read if there is code."""
    head = source.read(0, 7)
    if head.startswith(OTHER_FORMS) or (head[:5] in SAVES and head[5:] != BINARY):
        context.found("content.known-unread", "The file is R data in a form that the gate does not read.")
        return
    cursor = Cursor(source, 7 if head[:5] in SAVES else 2)
    found: set[int] = set()
    try:
        _walk(cursor, found)
    except Foreign:
        context.found("r.code", "The R data holds something that the gate does not follow.", cursor.tell())
    if PROMISE in found:
        context.found("r.promise", "The R data holds a promise, which runs its code as soon as anything looks at it.")
    if code := sorted(found & set(CODE)):
        context.found("r.code", f"The R data holds code: {', '.join(CODE[kind] for kind in code)}.")
    if cursor.left:
        context.found("content.trailing", f"{cursor.left:,} bytes follow the end of the R data.", cursor.tell())


def _integer(cursor: Cursor) -> int:
    return int(struct.unpack(">i", cursor.read(4))[0])


def _walk(cursor: Cursor, found: set[int]) -> None:
    """Every item in the order of the file: how they hang together says nothing about what they are."""
    version = _integer(cursor)
    cursor.skip(8)
    if version == 3:
        cursor.skip(_integer(cursor))
    pending = 1
    for _ in range(MOST_ITEMS):
        if not pending:
            return
        pending += _item(cursor, found) - 1
    raise Foreign


def _item(cursor: Cursor, found: set[int]) -> int:
    """Pass one item; how many more it consists of."""
    flags = _integer(cursor)
    kind = flags & 0xFF
    found.add(kind)
    attributes = 1 if flags & HAS_ATTRIBUTES else 0
    if kind in PAIRS:
        return 2 + attributes + (1 if flags & HAS_TAG else 0)
    if kind in WIDTHS:
        cursor.skip(_integer(cursor) * WIDTHS[kind])
        return attributes
    if kind in LISTS:
        count = _integer(cursor)
        if count < 0:
            raise Foreign
        return count + attributes
    if kind == TEXT:
        cursor.skip(max(0, _integer(cursor)))
        return 0
    if kind == SYMBOL:
        return 1
    if kind == ENVIRONMENT:
        cursor.skip(4)
        return 4
    if kind == OBJECT:
        return attributes
    if kind == REFERENCE:
        if not flags >> 8:
            cursor.skip(4)
        return 0
    if kind in NOTHING:
        return 0
    raise Foreign
