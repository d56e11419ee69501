"""Arrays inside a joblib stream: their bytes stand behind their description, outside of the pickle."""

from scanning.engine.dtypes import elements, is_object, item_size
from scanning.engine.pickle_values import KEPT_ENTRIES, NUMPY_DTYPE, Instance, Mapping, is_made_by
from scanning.engine.sources import Cursor

KEYS = ("subclass", "shape", "order", "dtype", "allow_mmap")
REFERENCES_OBJECTS = 0x01


class ArrayProblem(Exception):
    """A sentence: why it is not certain where the bytes of an array end."""


def pass_array(wrapper: Instance, cursor: Cursor) -> bool:
    """Move the cursor behind the bytes of the array that `wrapper` describes.

    Returns True instead, without moving, when the array holds objects and a pickle of its own comes next. ArrayProblem
    when the description leaves any doubt.
    """
    state = wrapper.state
    if (
        wrapper.times_built != 1
        or state is None
        or wrapper.arguments != ()
        or not all(key in state.entries for key in KEYS)
    ):
        raise ArrayProblem("The description of an array is incomplete or was changed afterwards.")
    count = elements(state.entries["shape"])
    if count is None:
        raise ArrayProblem("The shape of an array is not a plain tuple of numbers.")
    size = element_size(state.entries["dtype"])
    if size is None:
        return True
    alignment = state.entries.get("numpy_array_alignment_bytes")
    if alignment is not None:
        if type(alignment) is not int:
            raise ArrayProblem("The alignment of an array is not a plain number.")
        padding = cursor.read(1)[0]
        if cursor.read(padding).strip(b"\xff"):
            raise ArrayProblem("There is something in the padding before an array.")
    cursor.skip(count * size)
    return False


def element_size(dtype: object) -> int | None:
    """Bytes of one element, None for objects; ArrayProblem when the type cannot be told for sure."""
    if not isinstance(dtype, Instance) or not is_made_by(dtype, NUMPY_DTYPE) or dtype.times_built > 1:
        raise ArrayProblem("The type of an array is computed.")
    arguments, state = dtype.arguments, dtype.state_items
    code = arguments[0] if isinstance(arguments, tuple) and arguments else None
    if not isinstance(code, str) or (dtype.times_built and state is None):
        raise ArrayProblem("The type of an array is computed.")
    flags = state[7] if state is not None and len(state) > 7 else 0
    if type(flags) is not int:
        raise ArrayProblem("The type of an array is computed.")
    if is_object(code):
        if state is not None and not flags & REFERENCES_OBJECTS:
            raise ArrayProblem("The type of an array contradicts itself.")
        return None
    size = item_size(code)
    stated = state[5] if state is not None and len(state) > 5 else -1
    if size is None or flags & REFERENCES_OBJECTS or stated not in (-1, size) or _has_object_fields(state):
        raise ArrayProblem(f"The element type {code!r} of an array is not understood.")
    return size


def _has_object_fields(state: tuple[object, ...] | None) -> bool:
    """Whether a structured type has a field that is not certainly plain bytes."""
    if state is None:
        return False
    if len(state) > 2 and state[2] is not None:
        return True
    fields = state[4] if len(state) > 4 else None
    if fields is None:
        return False
    if not isinstance(fields, Mapping) or len(fields.entries) >= KEPT_ENTRIES:
        return True
    for described in fields.entries.values():
        try:
            if not isinstance(described, tuple) or element_size(described[0]) is None:
                return True
        except ArrayProblem:
            return True
    return False
