"""Pictures that models are documented with: PNG and JPEG, from their first byte to their last."""

import zlib

from scanning.engine.context import Context
from scanning.engine.sources import Cursor, Source, Truncated

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
LARGEST_CHUNK = 64 << 20
CHUNKS = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"bKGD", b"pHYs",
    b"tIME", b"sBIT", b"hIST", b"tRNS", b"sPLT", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"cICP", b"mDCV", b"cLLI", b"mDCv",
    b"cLLi", b"oFFs", b"pCAL", b"sCAL", b"sTER", b"vpAg", b"orNT", b"caBX",
})  # fmt: skip
STANDALONE = {0x01, *range(0xD0, 0xD8)}
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9


def read_png(source: Source, context: Context) -> None:
    """Chunks with valid checksums up to the end of the file (PNG specification, section 5)."""
    cursor = Cursor(source, len(PNG))
    kind = b""
    while kind != b"IEND":
        length = int.from_bytes(cursor.read(4), "big")
        kind = cursor.read(4)
        if length > LARGEST_CHUNK or kind not in CHUNKS:
            context.found("image.malformed", "The picture is damaged.", cursor.tell())
            return
        checksum = zlib.crc32(kind + cursor.read(length))
        if int.from_bytes(cursor.read(4), "big") != checksum:
            context.found("image.malformed", "The picture is damaged.", cursor.tell())
            return
    if cursor.left:
        context.read_behind(source, cursor.tell())


def read_jpeg(source: Source, context: Context) -> None:
    """Segments and scans up to the end marker (ITU T.81, annex B)."""
    cursor = Cursor(source, 2)
    marker = cursor.read(2)
    while marker[1] != END_OF_IMAGE:
        if marker[0] != 0xFF:
            context.found("image.malformed", "The picture is damaged.", cursor.tell())
            return
        if marker[1] not in STANDALONE:
            cursor.skip(int.from_bytes(cursor.read(2), "big") - 2)
        marker = _next_marker(cursor) if marker[1] == START_OF_SCAN else cursor.read(2)
    if cursor.left:
        context.read_behind(source, cursor.tell())


def _next_marker(cursor: Cursor) -> bytes:
    """Pass the compressed data of a scan, up to the next marker that is not part of it."""
    while True:
        window = cursor.peek(1 << 16)
        if len(window) < 2:
            raise Truncated
        at = window.find(b"\xff", 0, -1)
        if at < 0:
            cursor.skip(len(window) - 1)
        elif window[at + 1] == 0 or window[at + 1] in STANDALONE or window[at + 1] == 0xFF:
            cursor.skip(at + 1 if window[at + 1] == 0xFF else at + 2)
        else:
            cursor.skip(at)
            return cursor.read(2)
