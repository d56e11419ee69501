"""XGBoost's old binary models, which versions up to 2 wrote: records of fixed sizes (learner.cc, gbtree_model.cc).

Little-endian. A count stands before whatever repeats.
"""

import re
import struct

from scanning.engine.context import Context
from scanning.engine.shapes import Misshapen
from scanning.engine.sources import Cursor, Source

MAGIC = b"binf"
LEARNER, FOREST, TREE, NODE, STATISTIC, LINEAR = 136, 160, 148, 20, 16, 136
LONGEST_TEXT = 1 << 20
MOST_TREES = 1 << 24
WORD = re.compile(rb"[\w:@.-]{1,64}")


def read_binary(source: Source, context: Context) -> None:
    """Misshapen or Truncated unless the records fill the file exactly."""
    del context
    cursor = Cursor(source, len(MAGIC))
    _, features, _, has_attributes, has_metrics, *_ = struct.unpack("<fIiii", cursor.read(LEARNER)[:20])
    objective, booster = _word(cursor), _word(cursor)
    if booster in (b"gbtree", b"dart"):
        trees = _pass_forest(cursor)
        if booster == b"dart" and trees:
            _pass_list(cursor, 4)
    elif booster == b"gblinear":
        cursor.skip(LINEAR)
        _pass_list(cursor, 4)
    else:
        raise Misshapen("The model has an unknown booster.")
    if has_attributes:
        for _ in range(2 * _count(cursor)):
            cursor.skip(_length(cursor))
    if objective == b"count:poisson":
        cursor.skip(_length(cursor))
    if has_metrics:
        for _ in range(_count(cursor)):
            cursor.skip(_length(cursor))
    if cursor.left or features > 1 << 31:
        raise Misshapen("Something follows the end of the model.")


def _pass_forest(cursor: Cursor) -> int:
    trees = int.from_bytes(cursor.read(FOREST)[:4], "little")
    if trees > MOST_TREES:
        raise Misshapen("The model has more trees than the gate reads.")
    for _ in range(trees):
        _, nodes, _, _, _, leaves = struct.unpack("<6i", cursor.read(TREE)[:24])
        if nodes < 1 or leaves not in (0, 1):
            raise Misshapen("A tree of the model is of a kind that the gate does not know.")
        cursor.skip(nodes * (NODE + STATISTIC))
    cursor.skip(4 * trees)
    return trees


def _word(cursor: Cursor) -> bytes:
    length = _length(cursor)
    word = cursor.read(length) if length <= 64 else b""
    if not WORD.fullmatch(word):
        raise Misshapen("The model does not say what it is.")
    return word


def _length(cursor: Cursor) -> int:
    length = int.from_bytes(cursor.read(8), "little")
    if length > LONGEST_TEXT:
        raise Misshapen("A text of the model is longer than the gate reads.")
    return length


def _count(cursor: Cursor) -> int:
    count = int.from_bytes(cursor.read(8), "little")
    if count > 1 << 16:
        raise Misshapen("A list of the model is longer than the gate reads.")
    return count


def _pass_list(cursor: Cursor, width: int) -> None:
    cursor.skip(int.from_bytes(cursor.read(8), "little") * width)
