"""What the names, calls and states of a pickle mean for whoever would load it. Nothing here reads bytes."""

from typing import NamedTuple, Protocol

from scanning.engine.allow_list import HANDED_ON, LISTED, Standing, looks_like_a_class, standing, words
from scanning.engine.pickle_values import Global, Instance, Mapping


class Remark(NamedTuple):
    rule: str
    message: str
    at: int
    subject: str = ""


class Say(Protocol):
    """Takes a rule, a sentence, and the exact name that it is about if there is one."""

    def __call__(self, rule: str, message: str, /, subject: str = "") -> None: ...


# Listed functions that build the class they are given first.
CLASS_FIRST = frozenset(
    {
        ("copyreg", "_reconstructor"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy.ma.core", "_mareconstruct"),
        ("pandas.core.indexes.base", "_new_Index"),
        ("sklearn.neighbors._ball_tree", "newObj"),
        ("sklearn.neighbors._kd_tree", "newObj"),
        ("sklearn.metrics._dist_metrics", "newObj"),
    }
)
NEW_OBJECT = frozenset({("copyreg", "__newobj__"), ("copyreg", "__newobj_ex__")})
HARMLESS_ENCODINGS = frozenset({"latin1", "latin-1", "iso-8859-1", "ascii", "utf-8", "utf8"})
# Listed names whose result may be text.
TEXT_MAKERS = frozenset({"str", "encode", "scalar", "_reconstructor", "__newobj__", "__newobj_ex__", "bytes", "str_"})
PLAIN_BASES = frozenset(
    {"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "complex", "str", "bytes"}
)
# Functions that give back a type by its name; the types that rebuild code are called next.
TYPE_LOADERS = frozenset({"_builtin_type", "_load_type"})
CODE_METHODS = frozenset({"__new__", "__setstate__", "__setitem__", "__hash__", "append", "extend", "add"})


def judge_name(found: Global, say: Say) -> None:
    """A name was looked up."""
    use = found.standing
    if use is Standing.FORBIDDEN:
        say("pickle.forbidden-global", f"Loading the pickle would import {found}, which no model needs.")
    elif use is Standing.CODE:
        say("pickle.code", f"The pickle contains code, which {found} would build.")
    elif use is Standing.ATTRIBUTE:
        say("pickle.attribute", f"The pickle reaches into an object with {found}.")
    elif use is Standing.UNKNOWN_CLASS:
        say(
            "pickle.unknown-global",
            f"The pickle holds an object of {found}, which is not on the allow list.",
            str(found),
        )
    elif use is Standing.UNKNOWN_FUNCTION:
        say("pickle.unknown-global", f"The pickle names {found}, which is not on the allow list.", str(found))


def could_be_imported(module: object, name: object) -> bool:
    """Whether an unpickler that lost its place could import this.

    In an honest joblib file it then pairs the wrong ones of names that are on the list; such pairs do not exist.
    """
    if isinstance(module, str) and isinstance(name, str):
        is_mixed = standing(module, name) in (Standing.UNKNOWN_CLASS, Standing.UNKNOWN_FUNCTION)
        return not (is_mixed and name in words() and module in words())
    return all(_could_be_text(value) for value in (module, name) if not isinstance(value, str))


def _could_be_text(value: object) -> bool:
    if not isinstance(value, Instance):
        return False
    return value.made_by is None or value.made_by.standing not in LISTED or value.made_by.name in TEXT_MAKERS


def is_listed_class(found: Global) -> bool:
    return found.standing is Standing.CLASS or (found.standing in LISTED and looks_like_a_class(found.name))


def judge_call(function: object, arguments: object, say: Say) -> object:
    """A value was called; returns what stands for the result."""
    if isinstance(function, Global):
        return _call_name(function, arguments, say)
    if isinstance(function, Instance) and function.makes_code:
        return Instance(is_code=True)
    if isinstance(function, Instance) and function.is_code:
        say("pickle.runs-own-code", "Loading the pickle would run code that is stored in it.")
        return Instance(is_code=True)
    say("pickle.forbidden-call", "Loading the pickle would call something that it computes first.")
    return Instance()


def _call_name(function: Global, arguments: object, say: Say) -> object:
    use = function.standing
    result = Instance(made_by=function, arguments=arguments)
    if use is Standing.CALL:
        return _call_listed(function, arguments, result, say)
    if use is Standing.CLASS:
        say("pickle.unusual-call", f"Loading the pickle would run the constructor of {function}.")
    elif use is Standing.VALUE:
        say("pickle.forbidden-call", f"Loading the pickle would call {function}, which may only be named.")
    elif use is Standing.UNKNOWN_FUNCTION:
        say("pickle.forbidden-call", f"Loading the pickle would call {function}, which is not on the allow list.")
    elif use is Standing.UNKNOWN_CLASS and function.name.rpartition(".")[2] in HANDED_ON:
        say("pickle.forbidden-call", f"Loading the pickle would call {function}.")
    elif use is Standing.CODE:
        result.is_code = True
        result.makes_code = function.name in TYPE_LOADERS and _is_type_name(arguments)
        _judge_code(function, arguments, say)
    elif use is Standing.ATTRIBUTE:
        _judge_attribute(function, arguments, say)
    return result


def _call_listed(function: Global, arguments: object, result: Instance, say: Say) -> object:
    key = (function.module, function.name)
    known = arguments if isinstance(arguments, tuple) else None
    if key in NEW_OBJECT:
        if not known:
            say("pickle.forbidden-call", "Loading the pickle would make an object of a class that it computes.")
            return result
        return judge_new(known[0], known[1:], say)
    if key in CLASS_FIRST:
        if not known or not _is_class(known[0]):
            say(
                "pickle.forbidden-call",
                f"Loading the pickle would have {function} build something that is not a class.",
            )
        elif function.name == "_reconstructor" and not _is_plain_base(known[1:2]):
            say("pickle.forbidden-call", f"Loading the pickle would have {function} build on an unusual base.")
        elif isinstance(known[0], Global) and function.name == "_reconstructor":
            return Instance(made_by=known[0])
    elif key == ("_codecs", "encode"):
        encoding = known[1] if known and len(known) > 1 else None
        if not (isinstance(encoding, str) and encoding.lower() in HARMLESS_ENCODINGS):
            say("pickle.forbidden-call", "Loading the pickle would run an unusual codec.")
    elif key == ("builtins", "type"):
        if known is None or len(known) != 1 or known[0] is not None:
            say("pickle.forbidden-call", "Loading the pickle would make a new class.")
    elif key in {("functools", "partial"), ("collections", "defaultdict")}:
        _judge_kept_function(function, known, say)
    elif function.module == "numpy.random._pickle":
        _judge_random(function, known, say)
    return result


def _judge_kept_function(function: Global, known: tuple[object, ...] | None, say: Say) -> None:
    first = known[0] if known else None
    if known is None or not (first is None or (isinstance(first, Global) and first.standing in LISTED)):
        say("pickle.unusual-call", f"{function} is given something that is not on the allow list.")


def _judge_random(function: Global, known: tuple[object, ...] | None, say: Say) -> None:
    """These call what they are given, so that may only come from numpy.random itself."""
    for argument in known if known is not None else (Instance(),):
        origin = argument.made_by if isinstance(argument, Instance) else argument
        if isinstance(argument, Instance) and origin is None:
            say("pickle.forbidden-call", f"Loading the pickle would have {function} call a computed value.")
        elif isinstance(origin, Global) and not origin.module.startswith("numpy.random."):
            say("pickle.forbidden-call", f"Loading the pickle would have {function} call {origin}.")


def _judge_code(function: Global, arguments: object, say: Say) -> None:
    """`_class_setstate(class, (attributes, slots))`: remember whether making instances would run the stored code."""
    if function.name != "_class_setstate" or not isinstance(arguments, tuple) or len(arguments) < 2:
        return
    cls, state = arguments[0], arguments[1]
    attributes = state[0] if isinstance(state, tuple) and state else state
    if isinstance(cls, Instance) and isinstance(attributes, Mapping):
        cls.runs_on_build = bool((attributes.called | set(attributes.entries)) & CODE_METHODS)


def _judge_attribute(function: Global, arguments: object, say: Say) -> None:
    known = arguments if isinstance(arguments, tuple) else ()
    target, names = (known[0], known[1:2]) if function.name == "getattr" and known else (None, known[:1])
    of_instance = function.name != "getattr" or (
        isinstance(target, Instance)
        and target.made_by is not None
        and target.made_by.standing in LISTED
        and not target.is_code
    )
    is_public = bool(names) and all(isinstance(name, str) and not name.startswith("_") for name in names)
    if not of_instance or not is_public:
        say(
            "pickle.forbidden-call", f"Loading the pickle would look up a hidden or computed attribute with {function}."
        )


def _is_plain_base(bases: tuple[object, ...]) -> bool:
    base = bases[0] if bases else None
    return isinstance(base, Global) and base.module in ("builtins", "__builtin__") and base.name in PLAIN_BASES


def _is_type_name(arguments: object) -> bool:
    return (
        isinstance(arguments, tuple)
        and len(arguments) == 1
        and isinstance(arguments[0], str)
        and arguments[0].endswith("Type")
    )


def _is_class(value: object) -> bool:
    """A class by name that was judged already, or one that is stored by value."""
    if isinstance(value, Instance):
        return value.is_code
    return isinstance(value, Global) and (value.standing in (Standing.CLASS, Standing.CALL, Standing.UNKNOWN_CLASS))


def judge_new(cls: object, arguments: object, say: Say) -> object:
    """`cls.__new__` was called; returns what stands for the object."""
    if isinstance(cls, Global):
        if cls.standing is Standing.CALL:
            return _call_listed(cls, arguments, Instance(made_by=cls, arguments=arguments), say)
        if cls.standing is Standing.VALUE:
            say("pickle.forbidden-call", f"Loading the pickle would make an object of {cls}, which is not a class.")
        elif cls.standing is Standing.UNKNOWN_CLASS and cls.name in HANDED_ON:
            say("pickle.forbidden-call", f"Loading the pickle would make a {cls}.")
        return Instance(made_by=cls, arguments=arguments)
    if isinstance(cls, Instance) and cls.is_code:
        if cls.runs_on_build:
            say(
                "pickle.runs-own-code",
                "Loading the pickle would run a constructor or a `__setstate__` that is stored in it.",
            )
        return Instance(is_code=True)
    say("pickle.forbidden-call", "Loading the pickle would make an object of a class that it computes.")
    return Instance()


def judge_state(target: object, state: object, say: Say) -> None:
    """State was set on an object."""
    if isinstance(target, Global):
        say("pickle.changes-global", f"Loading the pickle would change {target} itself.")
        return
    if not isinstance(target, Instance):
        say("pickle.unusual-state", "State is set on a plain value.")
        return
    target.times_built += 1
    parts = state if isinstance(state, tuple) and len(state) == 2 and not target.is_code else (state,)
    for part in parts:
        mapping = part.items if isinstance(part, Instance) else part
        if isinstance(mapping, Mapping):
            _judge_attributes(target, mapping, say)
    if isinstance(state, Instance) and not (state.made_by and state.made_by.standing in LISTED):
        say("pickle.unusual-state", "The state of an object is computed.")
    if isinstance(state, Mapping):
        target.state = state
    target.state_items = state if isinstance(state, tuple) else None


def _judge_attributes(target: Instance, attributes: Mapping, say: Say) -> None:
    if attributes.called and target.made_by is not None:
        names = ", ".join(sorted(attributes.called))
        is_known = target.made_by.standing in LISTED or attributes.called != {"__dict__"}
        rule = "pickle.overrides-method" if is_known else "pickle.unusual-state"
        say(rule, f"The state of a {target.made_by} replaces its own {names}.")
    if attributes.has_computed_keys:
        say("pickle.unusual-state", "The names of an object's attributes are computed.")


def judge_extension(target: Instance, say: Say) -> None:
    """Elements were added to an object that is not a plain list or set."""
    if target.is_code:
        say("pickle.runs-own-code", "Loading the pickle would add elements to an object whose class is stored in it.")
    elif target.made_by is None:
        say("pickle.forbidden-call", "Loading the pickle would call a method of something that it computes first.")
