"""What listed functions may be given while loading. Nothing that they are given is ever called, imported or opened.

The rule is one for all: plain data and nothing else. The tables say where a function needs more than that, and what it
makes of it.
"""

from typing import NamedTuple, Protocol

from scanning.engine.allow_list import LISTED, Standing
from scanning.engine.numpy_types import NAMED_TYPES, BadType, element, is_named
from scanning.engine.pickle_values import NUMPY_DTYPE, Global, Instance, Mapping, Opaque, Raw, is_made_by, is_plain


class Remark(NamedTuple):
    rule: str
    message: str
    at: int
    subject: str = ""


class Say(Protocol):
    """Takes a rule, a sentence, and the exact name that it is about if there is one."""

    def __call__(self, rule: str, message: str, /, subject: str = "") -> None: ...


Name = tuple[str, str]

# Functions that build the class they are given first, and the library whose classes they may be given ("" for any).
CLASS_FIRST: dict[Name, str] = {
    ("copyreg", "_reconstructor"): "",
    ("copyreg", "__newobj__"): "",
    ("copyreg", "__newobj_ex__"): "",
    ("numpy.core.multiarray", "_reconstruct"): "numpy",
    ("numpy._core.multiarray", "_reconstruct"): "numpy",
    ("numpy.ma.core", "_mareconstruct"): "numpy",
    ("pandas.core.indexes.base", "_new_Index"): "pandas",
    ("pandas.core.indexes.interval", "_new_IntervalIndex"): "pandas",
    ("pandas.core.indexes.datetimes", "_new_DatetimeIndex"): "pandas",
    ("pandas.core.indexes.period", "_new_PeriodIndex"): "pandas",
    ("sklearn.neighbors._ball_tree", "newObj"): "sklearn",
    ("sklearn.neighbors._kd_tree", "newObj"): "sklearn",
    ("sklearn.metrics._dist_metrics", "newObj"): "sklearn",
    ("sklearn.neighbors._dist_metrics", "newObj"): "sklearn",
    ("array", "_array_reconstructor"): "array",
}
UNPICKLERS = "__pyx_unpickle_"
NEW_OBJECT = frozenset({("copyreg", "__newobj__"), ("copyreg", "__newobj_ex__")})
# Functions that only keep what they are given.
KEEPING = frozenset({("functools", "partial"), ("operator", "itemgetter"), ("_operator", "itemgetter")})
# Functions that call what they are given first, now or later.
CALLS_FIRST = frozenset({("functools", "partial"), ("collections", "defaultdict")})
REBUILD = "torch._utils"
REBUILD_SUBCLASS = ("torch._tensor", "_rebuild_from_type_v2")
REBUILD_WITH_STATE = ("torch._utils", "_rebuild_parameter_with_state")
TORCH_BYTES = ("torch.storage", "_load_from_bytes")
SCALARS = frozenset({("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar")})
BUFFERS = frozenset({("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer")})
ENCODE = ("_codecs", "encode")
SIZED = frozenset({("builtins", "bytes"), ("builtins", "bytearray")})
HARMLESS_ENCODINGS = frozenset({"latin1", "latin-1", "iso-8859-1", "ascii", "utf-8", "utf8"})
PLAIN_BASES = frozenset(
    {"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "complex", "str", "bytes"}
)


def key_of(function: Global) -> Name:
    return function.module, function.name


def judge_arguments(function: Global, arguments: object, say: Say) -> None:
    """A listed function was called with these, `__new__` of a listed class included."""
    key = key_of(function)
    if not isinstance(arguments, tuple):
        say("pickle.forbidden-call", f"Loading the pickle would call {function} with arguments that it computes.")
        return
    for index, argument in enumerate(arguments):
        if isinstance(argument, Global):
            if not _may_be_given(function, index, argument):
                say("pickle.forbidden-call", f"Loading the pickle would have {function} work on {argument} itself.")
        elif key not in KEEPING and not is_plain(argument) and not (index == 0 and _is_stored_class(key, argument)):
            say("pickle.unusual-call", f"Loading the pickle would give {function} more than plain data.")
    _judge_special(function, key, arguments, say)


def _judge_special(function: Global, key: Name, arguments: tuple[object, ...], say: Say) -> None:
    """What else a function is held to, beyond plain data."""
    if key in CLASS_FIRST or function.name.startswith(UNPICKLERS):
        _judge_class(function, arguments, say)
    elif key in CALLS_FIRST:
        judge_kept_function(function, arguments, say)
    elif key == NUMPY_DTYPE:
        _judge_type(function, arguments, say)
    elif key in SCALARS or key in BUFFERS:
        _judge_raw(function, arguments, say)
    elif key == ENCODE:
        encoding = arguments[1] if len(arguments) == 2 else None
        if not (isinstance(encoding, str) and encoding.lower() in HARMLESS_ENCODINGS):
            say("pickle.forbidden-call", "Loading the pickle would run an unusual codec.")
    elif key == ("builtins", "type"):
        if arguments != (None,):
            say("pickle.forbidden-call", "Loading the pickle would make a new class.")
    elif key in SIZED and any(type(argument) is int for argument in arguments):
        say("pickle.unusual-call", f"Loading the pickle would have {function} fill memory.")
    elif function.module == "numpy.random._pickle":
        _judge_random(function, arguments, say)


def _may_be_given(function: Global, index: int, argument: Global) -> bool:
    """Whether a function may be given a module-level name in this place."""
    key = key_of(function)
    if argument.standing is Standing.VALUE and function.module in (REBUILD, "pandas", "numpy", "numpy.dtypes"):
        return True
    if key in KEEPING or function.module == "numpy.random._pickle" or key == REBUILD_SUBCLASS:
        return True
    if key in CLASS_FIRST and function.name in ("_reconstructor", "_mareconstruct"):
        return index < 2
    is_first = key in CLASS_FIRST or key in CALLS_FIRST or key == NUMPY_DTYPE or function.name.startswith(UNPICKLERS)
    return index == 0 and is_first


def _is_stored_class(key: Name, argument: object) -> bool:
    """A class that is stored by value is reported where it is made."""
    return key in CLASS_FIRST and isinstance(argument, Instance) and argument.is_code


def _judge_class(function: Global, arguments: tuple[object, ...], say: Say) -> None:
    cls = arguments[0] if arguments else None
    key = key_of(function)
    library = CLASS_FIRST.get(key, function.module.partition(".")[0])
    if not is_class(cls):
        say("pickle.forbidden-call", f"Loading the pickle would have {function} build something that is not a class.")
    elif library and isinstance(cls, Global) and cls.module.partition(".")[0] not in (library, "_loss"):
        say("pickle.forbidden-call", f"Loading the pickle would have {function} build a {cls}.")
    elif (function.name == "_reconstructor" and not _is_plain_base(arguments[1:2])) or (
        function.name == "_mareconstruct" and not all(str(base).startswith("numpy.") for base in arguments[1:2])
    ):
        say("pickle.forbidden-call", f"Loading the pickle would have {function} build on an unusual base.")


def is_class(value: object) -> bool:
    """A class by name that was judged already, or one that is stored by value."""
    if isinstance(value, Instance):
        return value.is_code
    return isinstance(value, Global) and (value.standing in (Standing.CLASS, Standing.CALL, Standing.UNKNOWN_CLASS))


def _is_plain_base(bases: tuple[object, ...]) -> bool:
    base = bases[0] if bases else None
    return isinstance(base, Global) and base.module in ("builtins", "__builtin__") and base.name in PLAIN_BASES


def judge_kept_function(function: Global, arguments: tuple[object, ...], say: Say) -> None:
    """What a partial or a defaultdict would call, if anything ever calls it."""
    first = arguments[0] if arguments else None
    if not (first is None or (isinstance(first, Global) and first.standing in LISTED)):
        say("pickle.unusual-call", f"{function} is given something that is not on the allow list.")


def _judge_type(function: Global, arguments: tuple[object, ...], say: Say) -> None:
    """numpy.dtype reads a little language of its own, and asks other objects for their type."""
    first = arguments[0] if arguments else None
    if isinstance(first, Global):
        if first.standing in LISTED and first.module.partition(".")[0] in ("numpy", "builtins", "ml_dtypes"):
            return
    elif isinstance(first, str):
        try:
            element(Instance(made_by=function, arguments=arguments))
            return
        except BadType:
            if first in NAMED_TYPES:
                return
    say("pickle.unusual-call", "Loading the pickle would make an element type that is not understood.")


def _judge_raw(function: Global, arguments: tuple[object, ...], say: Say) -> None:
    """Bytes become numbers of a type, which must not say that they are objects."""
    dtypes = [argument for argument in arguments[:2] if is_made_by(argument, NUMPY_DTYPE)]
    try:
        if len(dtypes) == 1 and not element(dtypes[0]).has_objects:
            return
    except BadType as problem:
        if isinstance(dtypes[0], Instance) and not is_named(dtypes[0]):
            say("pickle.unusual-call", str(problem))
        return
    say("pickle.unusual-call", f"Loading the pickle would have {function} take bytes for objects.")


def _judge_random(function: Global, arguments: tuple[object, ...], say: Say) -> None:
    """These call what they are given, so that may only come from numpy.random itself."""
    for argument in arguments:
        origin = argument.made_by if isinstance(argument, Instance) else argument
        if isinstance(argument, Instance) and origin is None:
            say("pickle.forbidden-call", f"Loading the pickle would have {function} call a computed value.")
        elif isinstance(origin, Global) and not origin.module.startswith("numpy.random."):
            say("pickle.forbidden-call", f"Loading the pickle would have {function} call {origin}.")


def is_file_in_bytes(function: object) -> bool:
    """Whether a call reads its argument as a file of PyTorch."""
    return isinstance(function, Global) and key_of(function) == TORCH_BYTES


def nested_bytes(arguments: object, say: Say) -> list[Raw]:
    """Where the file stands that torch would read from bytes."""
    value = arguments[0] if isinstance(arguments, tuple) and len(arguments) == 1 else None
    if isinstance(value, Instance) and is_made_by(value, ENCODE) and isinstance(value.arguments, tuple):
        value = value.arguments[0]
    if isinstance(value, Raw):
        return [value]
    say("pickle.unusual-call", "Loading the pickle would read a file of PyTorch out of something computed.")
    return []


def is_given_file(target: Mapping, keys: tuple[str, ...]) -> bool:
    """Whether what a library hands to its compiled part is bytes or text and nothing else."""
    return target.is_whole and all(
        value is None or isinstance(value, str | Opaque) or is_made_by(value, ("builtins", "bytearray"))
        or is_made_by(value, ENCODE)
        for key in keys
        for value in [target.entries.get(key)]
    )  # fmt: skip
