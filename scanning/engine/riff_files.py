"""RIFF files, of which models come with WebP pictures and WAV sounds: chunks that fill the file.

Format: Microsoft's Multimedia Programming Interface 1.0; for WebP RFC 9649.
"""

from scanning.engine.context import Context
from scanning.engine.sources import Cursor, Source

CHUNKS = {
    b"WEBP": frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP", b"EXIF", b"XMP "}),
    b"WAVE": frozenset({b"fmt ", b"data", b"fact", b"LIST", b"bext", b"cue ", b"smpl", b"id3 ", b"JUNK", b"PEAK"}),
}


def is_riff(source: Source) -> bool:
    head = source.read(0, 12)
    return head.startswith(b"RIFF") and head[8:] in CHUNKS


def read_riff(source: Source, context: Context) -> None:
    """Known chunks up to the end that the first header states, which is the end of the file."""
    cursor = Cursor(source, 4)
    end = 8 + int.from_bytes(cursor.read(4), "little")
    form = cursor.read(4)
    context.recognised("webp" if form == b"WEBP" else "wav")
    while cursor.tell() < end:
        kind = cursor.read(4)
        if kind not in CHUNKS[form]:
            context.found("image.malformed", "The file has a part that the gate does not know.", cursor.tell())
            return
        length = int.from_bytes(cursor.read(4), "little")
        cursor.skip(min(length + length % 2, cursor.left) if length <= cursor.left else length)
    if cursor.tell() != end and cursor.left:
        context.found("image.malformed", "The parts of the file do not fill it.", cursor.tell())
    elif cursor.left:
        context.read_behind(source, cursor.tell())
