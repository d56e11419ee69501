"""Lists of words that tokenizers read: one word, or a pair, in a line. In them any character may stand for itself."""

from scanning.engine.sources import Cursor, Source, Truncated

LARGEST = 128 << 20
FEWEST_LINES = 200
LONGEST_LINE = 1_024
SPARED = 200


def is_word_list(source: Source) -> bool:
    """Whether nearly every line is one word, or a word and its partner, its rank or its number."""
    if source.size > LARGEST:
        return False
    cursor = Cursor(source)
    lines = others = 0
    while cursor.left:
        try:
            line = cursor.line(LONGEST_LINE)
        except Truncated:
            if cursor.left > LONGEST_LINE:
                return False
            line = cursor.read(cursor.left)
        lines += 1
        if len(line.rstrip(b"\r").split(b" ")) > 2:
            others += 1
            if others > SPARED:
                return False
    return lines >= FEWEST_LINES and others * 50 <= lines
