"""Arrays inside a joblib stream: their bytes stand behind their description, outside of the pickle."""

from scanning.engine.dtypes import elements
from scanning.engine.numpy_types import BadType, element
from scanning.engine.pickle_values import Instance
from scanning.engine.sources import Cursor

KEYS = frozenset({"subclass", "shape", "order", "dtype", "allow_mmap"})
ALIGNMENT = "numpy_array_alignment_bytes"


class ArrayProblem(Exception):
    """A sentence: why it is not certain where the bytes of an array end."""


def pass_array(wrapper: Instance, cursor: Cursor) -> bool:
    """Move the cursor behind the bytes of the array that `wrapper` describes.

    Returns True instead, without moving, when the array holds objects and a pickle of its own comes next. ArrayProblem
    when the description leaves any doubt.
    """
    state = wrapper.state
    # Any further attribute could stand in for one of the wrapper's methods, which joblib calls.
    if (
        wrapper.times_built != 1
        or state is None
        or wrapper.arguments != ()
        or not KEYS <= set(state.entries) <= KEYS | {ALIGNMENT}
        or not state.is_whole
    ):
        raise ArrayProblem("The description of an array is incomplete or was changed afterwards.")
    count = elements(state.entries["shape"])
    if count is None:
        raise ArrayProblem("The shape of an array is not a plain tuple of numbers.")
    try:
        size, has_objects = element(state.entries["dtype"])
    except BadType as problem:
        raise ArrayProblem(str(problem)) from None
    if has_objects:
        return True
    alignment = state.entries.get(ALIGNMENT)
    if alignment is not None:
        if type(alignment) is not int:
            raise ArrayProblem("The alignment of an array is not a plain number.")
        padding = cursor.read(1)[0]
        if cursor.read(padding).strip(b"\xff"):
            raise ArrayProblem("There is something in the padding before an array.")
    cursor.skip(count * size)
    return False
