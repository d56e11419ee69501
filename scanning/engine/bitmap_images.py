"""GIF and BMP pictures, from their first byte to their last.

Formats: CompuServe's GIF89a; the headers of Microsoft's device-independent bitmaps.
"""

from scanning.engine.context import Context
from scanning.engine.sources import Cursor, Source

GIF = (b"GIF87a", b"GIF89a")
IMAGE, EXTENSION, TRAILER = 0x2C, 0x21, 0x3B
HEADERS = {12, 40, 52, 56, 64, 108, 124}


def read_gif(source: Source, context: Context) -> None:
    """Blocks up to the trailer, which is the last byte."""
    cursor = Cursor(source, 6)
    _skip_colours(cursor, cursor.read(7)[4])
    while True:
        kind = cursor.byte()
        if kind == TRAILER:
            break
        if kind == IMAGE:
            _skip_colours(cursor, cursor.read(9)[8])
            cursor.skip(1)
        elif kind == EXTENSION:
            cursor.skip(1)
        else:
            context.found("image.malformed", "The picture is damaged.", cursor.tell())
            return
        while length := cursor.byte():
            cursor.skip(length)
    if cursor.left:
        context.read_behind(source, cursor.tell())


def _skip_colours(cursor: Cursor, flags: int) -> None:
    if flags & 0x80:
        cursor.skip(3 << ((flags & 7) + 1))


def is_bmp(source: Source) -> bool:
    head = source.read(0, 18)
    return len(head) == 18 and head.startswith(b"BM") and int.from_bytes(head[14:], "little") in HEADERS


def read_bmp(source: Source, context: Context) -> None:
    """The stated size is the file's, and rows of uncompressed pixels fill it from where they begin."""
    head = source.exactly(0, 54)
    size, start = int.from_bytes(head[2:6], "little"), int.from_bytes(head[10:14], "little")
    width, height = (abs(int.from_bytes(head[at : at + 4], "little", signed=True)) for at in (18, 22))
    bits, compression = int.from_bytes(head[28:30], "little"), int.from_bytes(head[30:34], "little")
    pixels = (width * bits + 31) // 32 * 4 * height
    if compression not in (0, 3) or start > 54 + 84 + 4 * 256 or start + pixels > source.size or size > source.size:
        context.found("image.malformed", "The picture is damaged, or compressed in a way that the gate does not read.")
    elif start + pixels < source.size - 3:
        context.read_behind(source, start + pixels)
