"""What the abstract pickle machine keeps on its stack instead of objects."""

from dataclasses import dataclass, field

from scanning.engine.allow_list import Standing

# Strings up to this length are kept as they are; no module or type has a longer name.
KEPT_TEXT = 256
KEPT_ENTRIES = 64
# Arguments are tuples in tuples, as deep as shapes and states go.
DEEPEST = 12

# Attributes and methods that unpicklers look up on an object; state that sets one of them changes what is called.
CALLED_NAMES = frozenset({
    "__array__", "__array_interface__", "__array_struct__", "__call__", "__class__", "__del__", "__dict__", "__eq__",
    "__getattr__", "__getattribute__", "__getinitargs__", "__getnewargs__", "__hash__", "__init__", "__iter__",
    "__new__", "__reduce__", "__reduce_ex__", "__setattr__", "__setitem__", "__setstate__", "add", "append", "extend",
    "update",
})  # fmt: skip


class Malformed(Exception):
    """The stream is not a pickle from here on: an unpickler would stop, too."""


class Opaque:
    """Something of no interest: a number, long text, bytes, or an object from outside."""

    __slots__ = ()


OPAQUE = Opaque()


class Raw(Opaque):
    """Bytes or long text that stand in the file at an offset, in case something reads them as a file of their own."""

    __slots__ = ("at", "is_text", "length")

    def __init__(self, at: int, length: int, *, is_text: bool = False) -> None:
        self.at = at
        self.length = length
        self.is_text = is_text


class Mark:
    __slots__ = ()


MARK = Mark()


@dataclass(eq=False, slots=True)
class Global:
    """A module-level name, resolved but never imported.

    `handed_on` counts how often it was put on the stack and not yet used as the class of a new object.
    """

    module: str
    name: str
    standing: Standing
    handed_on: int = 0

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True)
class Sequence:
    """A list, set or frozen set; what is in it was judged when it was made.

    `holds_objects` when not everything in it is plain data; `is_placed` once it stands inside of something else.
    """

    holds_objects: bool = False
    is_placed: bool = False
    is_set: bool = False
    elements: list[object] | None = None


FORGOTTEN: dict[str, object] = {}


@dataclass(eq=False, slots=True)
class Mapping:
    """A dictionary: the first entries under plain names, and the remarkable keys.

    Once it stands inside of another container its entries are forgotten, as millions of them would fill memory; what
    needs them all asks whether it `is_whole`.
    """

    entries: dict[str, object] = field(default_factory=dict)
    called: frozenset[str] = frozenset()
    has_unusual_keys: bool = False
    has_object_keys: bool = False
    holds_objects: bool = False
    is_placed: bool = False
    size: int = 0

    def put(self, key: object, value: object) -> None:
        self.size += 1
        if isinstance(key, str):
            if key in CALLED_NAMES:
                self.called |= {key}
            elif key[:2] == "__" == key[-2:]:
                self.has_unusual_keys = True
            if self.entries is not FORGOTTEN and (key in self.entries or len(self.entries) < KEPT_ENTRIES):
                self.entries[key] = value
        elif not (key is None or isinstance(key, Opaque | int | tuple)):
            self.has_unusual_keys = True

    @property
    def is_whole(self) -> bool:
        """Whether every entry is under its own plain name in `entries`."""
        return self.size == len(self.entries)


@dataclass(eq=False, slots=True)
class Instance:
    """The result of a call or of `__new__`. `made_by` is what was called, if that is a module-level name."""

    made_by: Global | None = None
    arguments: object = None
    is_code: bool = False
    makes_code: bool = False
    runs_on_build: bool = False
    is_module: bool = False
    state: Mapping | None = None
    state_items: tuple[object, ...] | None = None
    times_built: int = 0
    items: Mapping | None = None
    holds_objects: bool = False
    is_placed: bool = False


NUMPY_DTYPE = ("numpy", "dtype")
JOBLIB_WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")
# What listed functions make that keeps other objects and may call them later.
KEEPERS = frozenset({
    ("functools", "partial"), ("types", "SimpleNamespace"), ("collections", "defaultdict"), ("operator", "itemgetter"),
    ("_operator", "itemgetter"), ("collections", "UserDict"), ("collections", "UserList"),
})  # fmt: skip
# Libraries whose listed classes are data, and whose state is held to plain values in turn.
DATA_LIBRARIES = ("numpy", "pandas")


def is_made_by(value: object, name: tuple[str, str]) -> bool:
    """Whether a value is an instance that came from exactly this module-level name."""
    return (
        isinstance(value, Instance) and value.made_by is not None and (value.made_by.module, value.made_by.name) == name
    )


def is_plain(value: object, depth: int = 0) -> bool:
    """Whether a value is data through and through: no method of it, whoever calls it, leads to something stored.

    A listed function may only be given such values. It may look at them, iterate over them, hash, compare and convert
    them, and still run nothing but itself.
    """
    kind = type(value)
    if kind is Instance:
        return _is_data(value)  # type: ignore[arg-type]
    if kind is Sequence or kind is Mapping:
        return not value.holds_objects  # type: ignore[attr-defined]
    if kind is tuple:
        return depth < DEEPEST and all(is_plain(inner, depth + 1) for inner in value)  # type: ignore[attr-defined]
    # A listed value does no harm whoever calls it; a class or a function may be changed or called in other ways.
    return kind is not Global or value.standing is Standing.VALUE  # type: ignore[attr-defined]


def _is_data(value: Instance) -> bool:
    made_by = value.made_by
    if made_by is None or value.is_code or value.holds_objects:
        return False
    if value.items is not None and value.items.holds_objects:
        return False
    if is_of_data_library(value):
        return made_by.standing in (Standing.CALL, Standing.CLASS)
    if made_by.standing is not Standing.CALL or value.state is not None:
        return False
    return (made_by.module, made_by.name) not in KEEPERS or _is_plain_defaultdict(made_by, value.arguments)


def is_of_data_library(value: Instance) -> bool:
    return value.made_by is not None and value.made_by.module.partition(".")[0] in DATA_LIBRARIES


def _is_plain_defaultdict(made_by: Global, arguments: object) -> bool:
    factory = arguments[0] if isinstance(arguments, tuple) and arguments else None
    is_builtin = factory is None or (isinstance(factory, Global) and factory.module == "builtins")
    return made_by.name == "defaultdict" and is_builtin
