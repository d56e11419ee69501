"""Code that is stored in a pickle by value, as cloudpickle and dill do: what is built of it, and what runs at once."""

from scanning.engine.allow_list import Standing
from scanning.engine.pickle_calls import Say
from scanning.engine.pickle_values import Global, Instance, Mapping

# Functions that give back a type by its name; the types that rebuild code are called next.
TYPE_LOADERS = frozenset({"_builtin_type", "_load_type"})
MODULE_LOADERS = frozenset({"subimport", "dynamic_subimport", "_import_module"})
CODE_METHODS = frozenset({"__new__", "__setstate__", "__setitem__", "__hash__", "append", "extend", "add"})
CLASS_MAKERS = frozenset({"_make_skeleton_class", "_rehydrate_skeleton_class", "_create_type", "_make_skeleton_enum"})
SETTERS = frozenset({"_class_setstate", "_function_setstate", "_enum_setstate", "_rehydrate_skeleton_class"})
RUN_ON_SUBCLASS = frozenset({"__init_subclass__", "__set_name__", "__prepare__", "__instancecheck__"})


def makes_code(function: Global, arguments: object) -> bool:
    """Whether the result of a call is a type that is called next to build code."""
    return (
        function.name in TYPE_LOADERS
        and isinstance(arguments, tuple)
        and len(arguments) == 1
        and isinstance(arguments[0], str)
        and arguments[0].endswith("Type")
    )


def names_module(function: Global) -> bool:
    return function.name in MODULE_LOADERS


def judge_code(function: Global, arguments: object, say: Say) -> None:
    """A function of cloudpickle or dill was called: what it changes or runs beyond building code."""
    known = arguments if isinstance(arguments, tuple) else ()
    if function.name in SETTERS and known and isinstance(known[0], Global):
        say("pickle.changes-global", f"Loading the pickle would change {known[0]} itself.")
    if function.name in CLASS_MAKERS and known:
        _judge_class_maker(known, say)
    if function.name == "_class_setstate" and len(known) > 1:
        _note_methods(known[0], known[1])


def _judge_class_maker(known: tuple[object, ...], say: Say) -> None:
    """A class is made by calling its metaclass, and tells its bases."""
    metaclass = known[0]
    is_named = isinstance(metaclass, Global) and metaclass.standing is not Standing.UNKNOWN_FUNCTION
    maker = metaclass.made_by if isinstance(metaclass, Instance) and not metaclass.runs_on_build else None
    if not is_named and not (maker is not None and maker.name in TYPE_LOADERS | CLASS_MAKERS):
        say("pickle.runs-own-code", "Loading the pickle would make a class with something that is stored in it.")
    bases = known[2] if len(known) > 2 else ()
    for base in bases if isinstance(bases, tuple) else ():
        if isinstance(base, Instance) and base.runs_on_build:
            say("pickle.runs-own-code", "Loading the pickle would run a method of a base class that is stored in it.")


def _note_methods(cls: object, state: object) -> None:
    """`_class_setstate(class, (attributes, slots))`: remember whether making instances would run the stored code."""
    attributes = state[0] if isinstance(state, tuple) and state else state
    if isinstance(cls, Instance) and isinstance(attributes, Mapping):
        names = attributes.called | set(attributes.entries)
        cls.runs_on_build = bool(names & (CODE_METHODS | RUN_ON_SUBCLASS))


def judge_code_class(cls: Instance, say: Say) -> None:
    """An object of a class that is stored by value was made."""
    if cls.runs_on_build:
        say(
            "pickle.runs-own-code",
            "Loading the pickle would run a constructor or a `__setstate__` that is stored in it.",
        )
