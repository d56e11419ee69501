"""Which module-level names a model file may mention, and what each may be used for.

Exact names only, never a package.
"""

import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
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
    "_enum_setstate", "_fill_function", "_function_setstate", "_load_type", "_make_cell", "_make_cell_value",
    "_make_empty_cell", "_make_function", "_make_skel_func", "_make_skeleton_class", "_make_skeleton_enum",
    "_make_typevar", "_rehydrate_skeleton_class", "subimport", "dynamic_subimport",
})  # fmt: skip
CODE_TYPES = frozenset({("types", "CodeType"), ("types", "FunctionType"), ("types", "CellType")})
ATTRIBUTE_NAMES = frozenset(
    (module, name)
    for module, names in {"builtins": ["getattr"], "operator": ["attrgetter", "methodcaller"]}.items()
    for name in names
) | {("_operator", "attrgetter"), ("_operator", "methodcaller")}
# Classes of the standard library that run things, and that other packages hand on under their own module.
HANDED_ON = frozenset({"Popen", "Process", "Pool", "Thread", "Timer", "Interpreter", "InteractiveInterpreter", "CDLL"})


@cache
def names() -> dict[tuple[str, str], Standing]:
    """The allow list: (module, name) to what it may be used for."""
    kinds = {"call": Standing.CALL, "class": Standing.CLASS, "value": Standing.VALUE}
    listed: dict[tuple[str, str], Standing] = {}
    for module, uses in lists.load("allow_list")["names"].items():
        for use, named in uses.items():
            listed.update(dict.fromkeys(((module, name) for name in named), kinds[use]))
    return listed


@cache
def words() -> frozenset[str]:
    """Every module and every name on the list."""
    return frozenset(word for listed in names() for word in listed)


def version() -> str:
    """The version of this list and of the others that the engine goes by, with the start of their digest."""
    return lists.version()


def standing(module: str, name: str) -> Standing:
    """What (module, name) may be used for, as Python 3 would look it up and as Python 2's names would be translated."""
    direct = _standing(module, name)
    modern = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
    if modern == (module, name):
        return direct
    # An old spelling means the new name in old protocols and itself in new ones, where it cannot be imported.
    return _standing(*modern)


def _standing(module: str, name: str) -> Standing:
    listed = names().get((module, name))
    if listed is not None:
        return listed
    root = module.partition(".")[0]
    if (module, name) in CODE_TYPES or (module in CODE_MODULES and name in CODE_NAMES):
        return Standing.CODE
    if (module, name) in ATTRIBUTE_NAMES:
        return Standing.ATTRIBUTE
    if "." in name or name.startswith("__") or not module or not name or name in HANDED_ON:
        return Standing.FORBIDDEN
    if root != "__main__" and (root in sys.stdlib_module_names or root in OTHER_FORBIDDEN_ROOTS):
        return Standing.FORBIDDEN
    return Standing.UNKNOWN_CLASS if looks_like_a_class(name) else Standing.UNKNOWN_FUNCTION


def looks_like_a_class(name: str) -> bool:
    """Whether a name is spelled as classes are."""
    return name.lstrip("_")[:1].isupper()


def may_be_added(module: str, name: str) -> str | None:
    """Why a registry may not allow this name for itself, as a sentence; None when it may.

    Only one exact name of another library, of a kind that is merely unknown: never a package, a part of the standard
    library, an attribute of something, or what the list has already.
    """
    parts = module.split(".")
    if not name.isidentifier() or not all(part.isidentifier() for part in parts):
        return "Give one exact name: a module such as statsmodels.tsa.arima.model, and a name in it without dots."
    use = standing(module, name)
    if use in LISTED:
        return f"{module}.{name} is on the allow list already."
    if parts[0] == "__main__":
        return "What stands in __main__ is another thing in every program, so it cannot be allowed."
    if use not in (Standing.UNKNOWN_CLASS, Standing.UNKNOWN_FUNCTION):
        return f"{module}.{name} can run or build code, so it cannot be allowed."
    return None
