"""NumPy's element types as pickles describe them: a type string, and a state that has to agree with it.

NumPy believes the state. One that hides an object among numbers makes it take numbers for objects, which is as good as
running code; so whatever is not certain is refused.
"""

from itertools import pairwise
from typing import NamedTuple

from scanning.engine.allow_list import LISTED
from scanning.engine.dtypes import elements, is_object, item_size
from scanning.engine.pickle_values import KEPT_ENTRIES, NUMPY_DTYPE, Global, Instance, Mapping, is_made_by

# Bits of a type's flags (numpy/ndarraytypes.h): it holds references, it is pickled as a list; it is a pointer.
REFERENCES, AS_LIST, POINTER = 0x01, 0x02, 0x04
DEEPEST = 8
NAMED_TYPES = ("T", "StringDType()")


class BadType(Exception):
    """A sentence: why an element type is not certain."""


class Element(NamedTuple):
    """Bytes of one element, and whether there are objects in it."""

    size: int
    has_objects: bool


def element(dtype: object, depth: int = 0) -> Element:
    """What a value that should be a type really is; BadType when there is any doubt."""
    if (
        not isinstance(dtype, Instance)
        or not is_made_by(dtype, NUMPY_DTYPE)
        or dtype.times_built > 1
        or depth > DEEPEST
    ):
        raise BadType("The type of an array is computed.")
    code = _type_code(dtype)
    if dtype.times_built and dtype.state_items is None:
        raise BadType("The type of an array is computed.")
    plain = _simple(code)
    if not dtype.state_items:
        return plain
    return _checked(code, plain, dtype.state_items, depth)


def is_named(dtype: Instance) -> bool:
    """Whether a type is one of those that have no size of their own."""
    try:
        return _type_code(dtype) in NAMED_TYPES
    except BadType:
        return False


def _type_code(dtype: Instance) -> str:
    """The type string that numpy.dtype was called with."""
    arguments = dtype.arguments
    code = arguments[0] if isinstance(arguments, tuple) and arguments else None
    if isinstance(code, Global) and code.module == "numpy" and code.standing in LISTED:
        # A record is a structure, whose size is in the state only.
        size = dtype.state_items[5] if dtype.state_items and len(dtype.state_items) > 5 else None
        code = f"V{size}" if code.name == "record" and type(size) is int else code.name
    if not isinstance(code, str):
        raise BadType("The type of an array is computed.")
    return code


def _simple(code: str) -> Element:
    if is_object(code):
        return Element(8, has_objects=True)
    size = item_size(code)
    if size is None:
        raise BadType(f"The element type {code!r} of an array is not understood.")
    return Element(size, has_objects=False)


def _checked(code: str, plain: Element, state: tuple[object, ...], depth: int) -> Element:
    """The same element, if the state (version, order, base, names, fields, size, alignment, flags) agrees with it."""
    if len(state) not in (8, 9) or state[0] not in (3, 4):
        raise BadType("The type of an array is described in an unusual way.")
    _, order, base, names, fields, size, alignment, flags = state[:8]
    if (
        type(size) is not int
        or type(alignment) is not int
        or type(flags) is not int
        or order not in ("<", ">", "|", "=")
    ):
        raise BadType("The type of an array is described in an unusual way.")
    is_structured = names is not None or fields is not None or base is not None
    if is_structured and not code.lstrip("<>=|").startswith("V"):
        raise BadType("The type of an array contradicts itself.")
    found = _structured(plain.size, base, names, fields, depth) if is_structured else plain
    if size not in (-1, plain.size) or (size == -1 and is_structured) or not -1 <= alignment <= 64:
        raise BadType("The type of an array contradicts itself.")
    references = flags & (REFERENCES | AS_LIST)
    expected = (REFERENCES | AS_LIST) if found.has_objects else 0
    if references != expected or (flags & POINTER and not is_object(code)):
        raise BadType("The type of an array contradicts itself.")
    return found


def _structured(size: int, base: object, names: object, fields: object, depth: int) -> Element:
    if base is not None:
        if not isinstance(base, tuple) or len(base) != 2 or names is not None or fields is not None:
            raise BadType("The type of an array is described in an unusual way.")
        inner, count = element(base[0], depth + 1), elements(base[1])
        if count is None or inner.size * count != size:
            raise BadType("The type of an array contradicts itself.")
        return Element(size, inner.has_objects)
    if not isinstance(fields, Mapping) or not isinstance(names, tuple) or fields.size >= KEPT_ENTRIES:
        raise BadType("The type of an array has fields that are not understood.")
    if not fields.is_whole or not set(names) <= set(fields.entries) or len(set(names)) != len(names):
        raise BadType("The type of an array has fields that are not understood.")
    spans: list[tuple[int, int, bool]] = []
    for described in fields.entries.values():
        if not isinstance(described, tuple) or len(described) not in (2, 3) or type(described[1]) is not int:
            raise BadType("The type of an array has fields that are not understood.")
        inner = element(described[0], depth + 1)
        if described[1] < 0 or described[1] + inner.size > size:
            raise BadType("The type of an array contradicts itself.")
        spans.append((described[1], described[1] + inner.size, inner.has_objects))
    spans.sort()
    for (_, end, objects), (start, _, also) in pairwise(spans):
        if start < end and (objects or also):
            raise BadType("The type of an array has an object and something else in the same place.")
    return Element(size, has_objects=any(span[2] for span in spans))
