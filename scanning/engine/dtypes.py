"""NumPy's type strings, as far as the size of an element and the presence of objects; without NumPy."""

import re

SIMPLE = re.compile(r"[<>=|]?([?bBhHiIuefcSUVaMm])(\d{0,9})(\[[^\]]{0,40}\])?")
CODES = {"?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "e": 2, "f": 4, "c": 1}
NAMES = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}


def item_size(code: str) -> int | None:
    """Bytes of one element of `code` ("<f8", "U12", "float64"); None when it is not known for sure."""
    if code in NAMES:
        return NAMES[code]
    match = SIMPLE.fullmatch(code)
    if match is None:
        return None
    kind, digits, unit = match.groups()
    if unit and kind not in "Mm":
        return None
    if kind in "Mm":
        return 8 if digits in ("", "8") else None
    if not digits:
        return CODES.get(kind)
    size = int(digits)
    if kind == "U":
        return 4 * size
    if kind in "SVa":
        return size
    if kind == "b":
        return 1 if size == 1 else None
    return size if kind in "iufc" and 1 <= size <= 32 and size & (size - 1) == 0 else None


def is_object(code: str) -> bool:
    """Whether `code` names Python objects."""
    return code.lstrip("<>=|") in ("O", "O8", "object")


def holds_objects(description: object, depth: int = 0) -> bool:
    """Whether a `.npy` description has Python objects anywhere in it."""
    if isinstance(description, str):
        return any(is_object(part.strip()) for part in description.split(","))
    if isinstance(description, list | tuple) and depth <= 8:
        return any(holds_objects(field, depth + 1) for field in description)
    return False


def described_size(description: object, depth: int = 0) -> int | None:
    """Bytes of one element of a `.npy` description.

    A type string, or a list of fields. None when unsure or of objects.
    """
    if isinstance(description, str):
        return None if is_object(description) else item_size(description)
    if not isinstance(description, list) or depth > 8:
        return None
    total = 0
    for field in description:
        if not isinstance(field, tuple) or len(field) not in (2, 3):
            return None
        size = described_size(field[1], depth + 1)
        count = elements(field[2]) if len(field) == 3 else 1
        if size is None or count is None:
            return None
        total += size * count
    return total


def elements(shape: object) -> int | None:
    """The number of elements of a shape; None unless it is a tuple of plain non-negative integers."""
    if not isinstance(shape, tuple) or len(shape) > 64:
        return None
    count = 1
    for length in shape:
        if type(length) is not int or length < 0:
            return None
        count *= length
    return count
