"""How PyTorch's pickles refer to raw numbers that stand outside of them, by persistent ids."""

from typing import NamedTuple

from scanning.engine.pickle_values import Global

ELEMENT_SIZES = {
    "BoolStorage": 1, "ByteStorage": 1, "CharStorage": 1, "UntypedStorage": 1, "QInt8Storage": 1, "QUInt8Storage": 1,
    "QUInt4x2Storage": 1, "QUInt2x4Storage": 1,
    "ShortStorage": 2, "HalfStorage": 2, "BFloat16Storage": 2,
    "IntStorage": 4, "FloatStorage": 4, "QInt32Storage": 4,
    "LongStorage": 8, "DoubleStorage": 8, "ComplexFloatStorage": 8,
    "ComplexDoubleStorage": 16,
}  # fmt: skip


class Storage(NamedTuple):
    """A storage of numbers: its key, bytes of one element, and how many there are."""

    key: str
    element: int
    elements: int

    @property
    def size(self) -> int:
        return self.element * self.elements


def storage_of(identity: object) -> Storage | None:
    """What ("storage", class, key, device, number of elements) refers to; old files add where a part of it begins."""
    if not isinstance(identity, tuple) or len(identity) not in (5, 6) or identity[0] != "storage":
        return None
    _, cls, key, device, count = identity[:5]
    if not isinstance(cls, Global) or not isinstance(key, str) or type(count) is not int or count < 0:
        return None
    if not isinstance(device, str) or (len(identity) == 6 and not _is_view(identity[5])):
        return None
    element = ELEMENT_SIZES.get(cls.name) if cls.module in ("torch", "torch.storage") else None
    return None if element is None else Storage(key, element, count)


def _is_view(view: object) -> bool:
    if view is None:
        return True
    if not isinstance(view, tuple) or len(view) != 3:
        return False
    return isinstance(view[0], str) and type(view[1]) is int and type(view[2]) is int


def is_module_source(identity: object) -> bool:
    """Whether an id is the class of a module, which torch stores beside its source to compare it."""
    return isinstance(identity, tuple) and len(identity) == 4 and identity[0] == "module"
