"""Which module-level names a model file may mention, and what each may be used for.

Exact names only, never a package. The list is written by make_allow_list.py, which says what gets on it. A registry may
add names of its own, one by one, where `may_be_added` finds nothing against it.
"""

import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterator
from enum import Enum
from functools import cache

from scanning.engine import lists


class Standing(Enum):
    """What a name is to the gate."""

    CALL = "may be called while loading"
    CLASS = "may be instantiated without running its constructor"
    VALUE = "may be named"
    CODE = "builds code that is stored in the file"
    ATTRIBUTE = "reaches attributes by name"
    OPENS = "opens other files by design"
    UNKNOWN_CLASS = "looks like a class of another library"
    UNKNOWN_FUNCTION = "looks like a function of another library"
    FORBIDDEN = "not allowed"


LISTED = (Standing.CALL, Standing.CLASS, Standing.VALUE)

# Names that were modules of Python 2 or belong to other platforms, and tools whose functions install or run things.
OTHER_FORBIDDEN_ROOTS = frozenset({
    "__builtin__", "_distutils_hack", "_winreg", "aifc", "anydbm", "asynchat", "asyncore", "audioop", "cPickle",
    "cStringIO", "cgi", "cgitb", "chunk", "commands", "compiler", "copy_reg", "crypt", "distutils", "easy_install",
    "ensurepip", "exceptions", "fickling", "httplib", "imp", "lib2to3", "mailcap", "modelaudit", "modelscan",
    "msilib", "multiprocess", "nis", "nntplib", "nt", "ossaudiodev", "picklescan", "pip", "pipes", "pkg_resources",
    "popen2", "pydoc_data", "pydot", "pytest", "_pytest", "rexec", "saferpickle", "setuptools", "sitecustomize",
    "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "test", "thread", "urllib2", "urlparse", "usercustomize", "uu",
    "uv", "wheel", "xdrlib", "xmlrpclib",
})  # fmt: skip
# Modules whose functions rebuild code objects and classes that were stored by value.
CODE_MODULES = frozenset({
    "cloudpickle", "cloudpickle.cloudpickle", "cloudpickle.cloudpickle_fast", "dill", "dill._dill", "dill.dill",
    "joblib.externals.cloudpickle", "joblib.externals.cloudpickle.cloudpickle",
    "joblib.externals.cloudpickle.cloudpickle_fast",
})  # fmt: skip
CODE_NAMES = frozenset({
    "_builtin_type", "_class_setstate", "_create_cell", "_create_code", "_create_function", "_create_type",
    "_enum_setstate", "_fill_function", "_function_setstate", "_import_module", "_load_type", "_make_cell",
    "_make_cell_value",
    "_make_empty_cell", "_make_function", "_make_skel_func", "_make_skeleton_class", "_make_skeleton_enum",
    "_make_typevar", "_rehydrate_skeleton_class", "subimport", "dynamic_subimport",
})  # fmt: skip
CODE_TYPES = frozenset({("types", "CodeType"), ("types", "FunctionType"), ("types", "CellType")})
ATTRIBUTE_NAMES = frozenset(
    (module, name)
    for module, names in {"builtins": ["getattr"], "operator": ["attrgetter", "methodcaller"]}.items()
    for name in names
) | {("_operator", "attrgetter"), ("_operator", "methodcaller")}
# What honest old or dated files need although it opens a file that is not part of them: somebody has to look.
OPENING = frozenset({
    ("joblib.numpy_pickle_compat", "NDArrayWrapper"), ("joblib.numpy_pickle_compat", "ZNDArrayWrapper"),
    ("joblib.numpy_pickle", "NDArrayWrapper"), ("joblib.numpy_pickle", "ZNDArrayWrapper"),
    ("dateutil.tz.tz", "tzfile"), ("dateutil.tz.tz", "tzlocal"), ("pytz", "_p"), ("zoneinfo", "ZoneInfo"),
    ("zoneinfo", "ZoneInfo._unpickle"),
})  # fmt: skip
# Listed classes whose constructors read files: a pickle may hold their objects, never keep or pass on the class itself.
NEVER_A_VALUE = frozenset({("lightgbm.basic", "Booster"), ("xgboost.core", "Booster")})
# Functions of libraries on the list that open files or run code, whatever they are given.
DANGEROUS_WORDS = frozenset({
    "capture", "compile", "dump", "eval", "exec", "from_file", "hub", "import_module", "import_optional_dependency",
    "load", "loads", "memmap", "open", "open_file", "read", "read_pickle", "run", "runstring", "save", "system",
})  # fmt: skip
# Classes of the standard library that run things, and that other packages hand on under their own module.
HANDED_ON = frozenset({"Popen", "Process", "Pool", "Thread", "Timer", "Interpreter", "InteractiveInterpreter", "CDLL"})


@cache
def names() -> dict[tuple[str, str], Standing]:
    """The allow list: (module, name) to what it may be used for."""
    kinds = {"call": Standing.CALL, "class": Standing.CLASS, "data": Standing.CLASS, "value": Standing.VALUE}
    listed: dict[tuple[str, str], Standing] = {}
    for module, uses in lists.load("allow_list")["names"].items():
        for use, named in uses.items():
            listed.update(dict.fromkeys(((module, name) for name in named), kinds[use]))
    return listed


@cache
def takes_plain_state() -> frozenset[tuple[str, str]]:
    """Listed classes that do more with their state than keep it, so that it may only hold plain data."""
    return frozenset(
        (module, name) for module, uses in lists.load("allow_list")["names"].items() for name in uses.get("data", ())
    )


@cache
def holds_items() -> frozenset[tuple[str, str]]:
    """Listed classes that are dictionaries."""
    return frozenset((module, name) for module, name in lists.load("allow_list")["dictionaries"])


@cache
def holds_elements() -> frozenset[tuple[str, str]]:
    """Listed classes that are lists or sets."""
    return frozenset((module, name) for module, name in lists.load("allow_list")["lists"])


def listing() -> Iterator[tuple[str, str, str]]:
    """The whole list in order, for a page that shows it: module, name, and the use as a phrase ("may be named")."""
    for (module, name), use in sorted(names().items()):
        yield module, name, use.value


def may_be_added(module: str, name: str) -> str | None:
    """Why a registry may not allow this exact name to its models, as a sentence; None when it may.

    Allowing a name only ever means that files may hold objects of it. A call of it stays as it is.
    """
    full = f"{module}.{name}"
    if not all(part.isidentifier() for part in module.split(".")) or not name.isidentifier():
        return f"{full} is not the name of one class in one module."
    found = standing(module, name)
    if found in LISTED:
        return f"{full} is on the allow list already."
    if found is Standing.FORBIDDEN:
        return f"{full} is part of Python, hidden, or of a tool that runs things; no model needs it."
    if found is Standing.CODE:
        return f"{full} builds code that is stored in the file, so every file with it has to be read by somebody."
    if found is Standing.ATTRIBUTE:
        return f"{full} reaches anything in any module, so allowing it would allow everything."
    if found is Standing.OPENS:
        return f"{full} opens other files while a model is loaded."
    if module == "__main__":
        return (
            f"{full} means another class wherever it is loaded. Move the class into a module and save the model again."
        )
    if found is Standing.UNKNOWN_FUNCTION and DANGEROUS_WORDS & set(name.lstrip("_").split(".")):
        return f"{full} opens files or runs code."
    return None


@cache
def last_names() -> frozenset[str]:
    """Every name on the list, without its module."""
    return frozenset(name for _, name in names())


def version() -> str:
    """The version of this list and of the others that the engine goes by, with the start of their digest."""
    return lists.version()


def modern(module: str, name: str) -> tuple[str, str]:
    """A name as Python 3 spells it: what an unpickler makes of Python 2's names in the protocols of that time."""
    return NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))


def standing(module: str, name: str) -> Standing:
    """What (module, name) may be used for, as Python 3 would look it up."""
    listed = names().get((module, name))
    if listed is not None:
        return listed
    root = module.partition(".")[0]
    if (module, name) in CODE_TYPES or (module in CODE_MODULES and name in CODE_NAMES):
        return Standing.CODE
    if (module, name) in ATTRIBUTE_NAMES:
        return Standing.ATTRIBUTE
    if (module, name) in OPENING:
        return Standing.OPENS
    if "." in name or name.startswith("__") or not module or not name or name in HANDED_ON:
        return Standing.FORBIDDEN
    if root != "__main__" and (root in sys.stdlib_module_names or root in OTHER_FORBIDDEN_ROOTS):
        return Standing.FORBIDDEN
    return Standing.UNKNOWN_CLASS if looks_like_a_class(name) else Standing.UNKNOWN_FUNCTION


def looks_like_a_class(name: str) -> bool:
    """Whether a name is spelled as classes are."""
    return name.lstrip("_")[:1].isupper()
