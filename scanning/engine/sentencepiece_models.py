"""SentencePiece models: one protocol buffer with pieces, settings and a table of characters, and nothing else.

Format: sentencepiece_model.proto. Strict: whatever is not described there makes it another kind of file.
"""

from scanning.engine.context import Context
from scanning.engine.sources import BytesSource, Cursor, Source, Truncated

MOST_PIECES = 2_000_000
LARGEST_SETTINGS = 64 << 20
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
PIECES, TRAINER, NORMALIZER, SELF_TEST, DENORMALIZER = 1, 2, 3, 4, 5
MOST_FIELDS = 64


class Other(Exception):
    """The bytes are not such a model."""


def is_sentencepiece(source: Source) -> bool:
    """Whether every byte of the file belongs to a model with pieces and settings."""
    if source.read(0, 1) != b"\x0a" or source.size < 32:
        return False
    try:
        return _read_model(source)
    except (Other, Truncated):
        return False


def accept_sentencepiece(source: Source, context: Context) -> None:
    """To recognise one is to have read it."""


def _read_model(source: Source) -> bool:
    cursor = Cursor(source)
    pieces, seen = 0, set()
    while cursor.left:
        field, form = _tag(cursor)
        length = _varint(cursor)
        if form != LENGTH or not PIECES <= field <= DENORMALIZER:
            raise Other
        seen.add(field)
        if field == PIECES:
            pieces += 1
            if pieces > MOST_PIECES or length > 1 << 16:
                raise Other
            _check_piece(Cursor(BytesSource(cursor.read(length))))
        else:
            if length > LARGEST_SETTINGS:
                raise Other
            _check_fields(Cursor(BytesSource(cursor.read(length))))
    return pieces > 0 and TRAINER in seen


def _check_piece(cursor: Cursor) -> None:
    """A text, a score and a type."""
    while cursor.left:
        match _tag(cursor):
            case (1, 2):
                try:
                    cursor.read(_varint(cursor)).decode()
                except UnicodeDecodeError:
                    raise Other from None
            case (2, 5):
                cursor.skip(4)
            case (3, 0):
                _varint(cursor)
            case _:
                raise Other


def _check_fields(cursor: Cursor) -> None:
    """Fields of any of the settings."""
    while cursor.left:
        field, form = _tag(cursor)
        if not 1 <= field <= MOST_FIELDS:
            raise Other
        if form == VARINT:
            _varint(cursor)
        elif form == LENGTH:
            cursor.skip(_varint(cursor))
        elif form in (FIXED32, FIXED64):
            cursor.skip(4 if form == FIXED32 else 8)
        else:
            raise Other


def _tag(cursor: Cursor) -> tuple[int, int]:
    value = _varint(cursor)
    return value >> 3, value & 7


def _varint(cursor: Cursor) -> int:
    value = shift = 0
    while shift < 64:
        byte = cursor.byte()
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
        shift += 7
    raise Other
