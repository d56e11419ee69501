"""What the abstract pickle machine keeps on its stack instead of objects."""

from dataclasses import dataclass, field

from scanning.engine.allow_list import Standing

# Strings up to this length are kept as they are; no module or type has a longer name.
KEPT_TEXT = 256
KEPT_ENTRIES = 64

# Attributes and methods that unpicklers look up on an object; state that sets one of them changes what is called.
CALLED_NAMES = frozenset({
    "__call__", "__class__", "__del__", "__dict__", "__eq__", "__getattr__", "__getattribute__", "__getinitargs__",
    "__getnewargs__", "__hash__", "__init__", "__iter__", "__new__", "__reduce__", "__reduce_ex__", "__setattr__",
    "__setitem__", "__setstate__", "add", "append", "extend", "update",
})  # fmt: skip


class Malformed(Exception):
    """The stream is not a pickle from here on: an unpickler would stop, too."""


class Opaque:
    """Something of no interest: a number, long text, bytes, or an object from outside."""

    __slots__ = ()


OPAQUE = Opaque()


class Mark:
    __slots__ = ()


MARK = Mark()


@dataclass(eq=False, slots=True)
class Global:
    """A module-level name, resolved but never imported."""

    module: str
    name: str
    standing: Standing

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Sequence:
    """A list, set or frozen set; what is in it was judged when it was made."""


@dataclass(eq=False, slots=True)
class Mapping:
    """A dictionary: the first entries under plain names, and the remarkable keys."""

    entries: dict[str, object] = field(default_factory=dict)
    called: frozenset[str] = frozenset()
    has_computed_keys: bool = False

    def put(self, key: object, value: object) -> None:
        if isinstance(key, str):
            if key in CALLED_NAMES:
                self.called |= {key}
            if key in self.entries or len(self.entries) < KEPT_ENTRIES:
                self.entries[key] = value
        elif not (key is None or key is OPAQUE or isinstance(key, int | tuple)):
            self.has_computed_keys = True


@dataclass(eq=False, slots=True)
class Instance:
    """The result of a call or of `__new__`. `made_by` is what was called, if that is a module-level name."""

    made_by: Global | None = None
    arguments: object = None
    is_code: bool = False
    makes_code: bool = False
    runs_on_build: bool = False
    state: Mapping | None = None
    state_items: tuple[object, ...] | None = None
    times_built: int = 0
    items: Mapping | None = None


NUMPY_DTYPE = ("numpy", "dtype")
JOBLIB_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")


def is_made_by(value: object, name: tuple[str, str]) -> bool:
    """Whether a value is an instance that came from exactly this module-level name."""
    return (
        isinstance(value, Instance) and value.made_by is not None and (value.made_by.module, value.made_by.name) == name
    )
