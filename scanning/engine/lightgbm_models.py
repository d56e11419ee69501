"""LightGBM's text models: a header, trees of stated sizes, importances and parameters (gbdt_model_text.cpp)."""

import json
import re

from scanning.engine.context import Context
from scanning.engine.shapes import Misshapen
from scanning.engine.sources import Source

LARGEST_HEADER = 64 << 20
LARGEST_TREE = 256 << 20
LARGEST_END = 64 << 20
HEADER_LINE = re.compile(
    rb"(version|num_class|num_tree_per_iteration|label_index|max_feature_idx|objective|feature_names|feature_infos"
    rb"|monotone_constraints|monotone_constraints_method|tree_sizes|average_output|boost_from_average)(=[^\n]*)?"
)
TREE_LINE = re.compile(rb"(Tree|[a-z_]+)=[-+0-9.eEinfa, ]*")
END_LINE = re.compile(
    rb"end of trees|feature_importances:|feature importances:|parameters:|end of parameters|\[[a-z0-9_]+: [^\n]*\]"
    rb"|[^\n]*=\d+|pandas_categorical:[^\n]*|loaded_parameters:|end of loaded_parameters|"
)
CATEGORIES = b"pandas_categorical:"


def read_lightgbm(source: Source, context: Context) -> None:
    """Misshapen or Truncated unless every tree stands where the header says, and only known lines stand around them."""
    del context
    at = _end_of(source, b"\n\n", 0, LARGEST_HEADER)
    header = source.exactly(0, at).rstrip(b"\n").split(b"\n")
    if header[0] != b"tree" or not all(HEADER_LINE.fullmatch(line) for line in header[1:]):
        raise Misshapen("The header of the model has a line that does not belong there.")
    sizes = next((line.partition(b"=")[2] for line in header if line.startswith(b"tree_sizes=")), None)
    if sizes is None or not re.fullmatch(rb"[\d ]*", sizes):
        raise Misshapen("The header of the model does not say how large its trees are.")
    for number, text in enumerate(sizes.split()):
        size = int(text[:20])
        if size > LARGEST_TREE:
            raise Misshapen("A tree of the model is larger than the gate reads.")
        _check_tree(source.exactly(at, size), number)
        at += size
    if source.size - at > LARGEST_END:
        raise Misshapen("The end of the model is larger than the gate reads.")
    _check_end(source.exactly(at, source.size - at))


def _end_of(source: Source, mark: bytes, start: int, most: int) -> int:
    """The offset behind a mark that comes within `most` bytes."""
    kept, at = b"", start
    for piece in source.pieces(start, min(source.size, start + most)):
        window = kept + piece
        found = window.find(mark)
        if found >= 0:
            return at - len(kept) + found + len(mark)
        at += len(piece)
        kept = window[-len(mark) :]
    raise Misshapen("The header of the model has no end.")


def _check_tree(block: bytes, number: int) -> None:
    lines = block.rstrip(b"\n").split(b"\n")
    if lines[0] != b"Tree=%d" % number or not all(not line or TREE_LINE.fullmatch(line) for line in lines[1:]):
        raise Misshapen(f"The tree {number} of the model is not where its header says, or holds something else.")


def _check_end(block: bytes) -> None:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        raise Misshapen("The end of the model is not text.") from None
    lines = block.split(b"\n")
    if lines[0] != b"end of trees" or lines.count(b"parameters:") != lines.count(b"end of parameters"):
        raise Misshapen("The model ends too early.")
    for line in lines:
        if not END_LINE.fullmatch(line):
            raise Misshapen("The end of the model has a line that does not belong there.")
        if line.startswith(CATEGORIES):
            try:
                json.loads(line[len(CATEGORIES) :])
            except (ValueError, RecursionError):
                raise Misshapen("The categories of the model cannot be read.") from None
