"""Files of one NumPy array (.npy). Archives of them (.npz) are zip files like any other."""

import ast

from scanning.engine.context import Context
from scanning.engine.dtypes import described_size, elements, holds_objects
from scanning.engine.pickles import find_hidden_pickle, read_pickle
from scanning.engine.sources import Slice, Source

MAGIC = b"\x93NUMPY"
LARGEST_HEADER = 64 << 10
KEYS = {"descr", "fortran_order", "shape"}


def read_numpy(source: Source, context: Context) -> None:
    """The header must say exactly how many bytes follow; an array of objects is a pickle and judged as one.

    Format: numpy.lib.format, versions 1 to 3.
    """
    version = source.exactly(6, 2)[0]
    width = 2 if version == 1 else 4
    length = int.from_bytes(source.exactly(8, width), "little")
    if version not in (1, 2, 3) or length > LARGEST_HEADER:
        context.found("numpy.malformed", "The array file has an unusual version or header.")
        return
    start = 8 + width + length
    try:
        header = ast.literal_eval(
            source.exactly(8 + width, length).decode("latin-1" if version < 3 else "utf-8").strip()
        )
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        header = None
    if not isinstance(header, dict) or set(header) != KEYS:
        context.found("numpy.malformed", "The header of the array file cannot be read.")
        return
    description, count = header["descr"], elements(header["shape"])
    if holds_objects(description):
        read_pickle(source, context, offset=start)
        return
    size = described_size(description)
    if size is None or count is None:
        context.found("numpy.malformed", f"The element type {description!r} of the array file is not understood.")
        # NumPy may find objects in it, and would take the rest for a pickle.
        find_hidden_pickle(Slice(source, start, max(0, source.size - start)), context)
    elif start + size * count != source.size:
        context.found("numpy.malformed", "The array file is longer or shorter than its header says.")
