"""Writes allow_list.json: looks at the installed libraries, and adds to what the list has already.

Run it once for every set of versions that models are saved with, in an environment of its own, from the top folder:
`python -m scanning.engine.make_allow_list [--new]`. It imports the libraries, so it is never run by the gate itself.

The rule: a name gets on the list only if using it while loading, with any arguments that the gate lets through, opens
no file, imports nothing that the file names, and runs nothing but itself. That is, by use:

- value: may be named. A plain function or constant that would do no harm even if something else called it.
- call: may be called, with plain data (pickle_calls.py says what that is, and which few take a class or a function).
- class: objects of it may be made without its constructor, and given state. Its `__setstate__` is Python's own or one
  that was read and only keeps the state (STATES_READ).
- data: the same, but its `__setstate__` works with the state, or was not read: the state may only hold plain data.

Left out by this rule: whatever evaluates or reads on loading (scipy.stats distributions, statsmodels and patsy, which
evaluate formulas, torch.jit, torch.hub, numpy.load, pandas.eval), and `getattr` under any name. Constructors that read
files (xgboost's and lightgbm's Booster) stay as class, and the class itself may not be kept or handed on.
"""

import importlib
import inspect
import json
import pkgutil
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from scanning.engine.listed_names import (
    BUILT_IN_ERRORS,
    CATBOOST,
    COMPILED,
    COMPILED_PARTS,
    LEFT_OUT,
    NUMPY_CORE,
    OTHERS,
    SKIPPED,
    SKLEARN,
    SKLEARN_CALLED,
    SKLEARN_FUNCTIONS,
    STANDARD,
    STATES_READ,
    TORCH,
)

LIST = Path(__file__).with_name("allow_list.json")
FORMAT = "2026.11.2"
LIBRARIES = [
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "joblib",
    "xgboost",
    "xgboost-cpu",
    "lightgbm",
    "catboost",
    "torch",
]

USES = ("call", "data", "class", "value")
DATA_LIBRARIES = ("numpy", "pandas")

Names = dict[str, dict[str, set[str]]]


def add(names: Names, module: str, use: str, name: str) -> None:
    """Put a name on the list, under both spellings of NumPy's inner package. The use that is first in USES stays."""
    if use == "class" and module.partition(".")[0] in DATA_LIBRARIES:
        use = "data"
    spellings = {module, module.replace("numpy._core", "numpy.core"), module.replace("numpy.core", "numpy._core")}
    for spelling in spellings:
        uses = names.setdefault(spelling, {other: set() for other in USES})
        known = [other for other in USES if name in uses[other]]
        heaviest = min([use, *known], key=USES.index)
        for other in known:
            uses[other].discard(name)
        uses[heaviest].add(name)


def add_table(names: Names, table: dict[str, dict[str, str]]) -> None:
    for use, modules in table.items():
        for module, listed in modules.items():
            for name in listed.split():
                add(names, module, use, name)


def add_class(names: Names, module: str, name: str, value: type) -> None:
    """A class, by what it does with its state."""
    owner = next((base for base in value.__mro__ if "__setstate__" in vars(base)), object)
    was_read = owner is object or f"{owner.__module__}.{owner.__qualname__}" in STATES_READ
    add(names, module, "class" if was_read else "data", name)


def modules_of(package: str) -> Iterator[ModuleType]:
    """Every importable module of a package, without those that are skipped."""
    try:
        root = importlib.import_module(package)
    except ImportError:
        return
    yield root
    for found in pkgutil.walk_packages(root.__path__, f"{package}.", onerror=lambda _: None):
        if not any(f".{part}" in found.name for part in SKIPPED):
            try:
                yield importlib.import_module(found.name)
            except Exception as problem:
                print(f"left out {found.name}: {problem}", file=sys.stderr)


def is_compiled(module: ModuleType) -> bool:
    return str(module.__file__).endswith(".so")


def own(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module defines itself, under the name that pickle would look up."""
    for name, value in list(vars(module).items()):
        if getattr(value, "__module__", None) == module.__name__ and getattr(value, "__name__", None) == name:
            yield name, value


def add_sklearn(names: Names) -> None:
    """Estimators and the compiled or plain classes they keep.

    Functions only where estimators take them as parameters.
    """
    for module in modules_of("sklearn"):
        place = module.__name__
        is_called = place.startswith(SKLEARN_CALLED) and is_compiled(module)
        for name, value in own(module):
            if inspect.isclass(value):
                if not issubclass(value, BaseException) and not name.endswith("Display"):
                    reduces = is_called and ("__reduce__" in vars(value) or "__reduce_cython__" in vars(value))
                    if reduces:
                        add(names, place, "call" if "newObj" not in vars(module) else "data", name)
                    elif not is_compiled(module):
                        add_class(names, place, name, value)
            elif place.startswith(SKLEARN_FUNCTIONS) and inspect.isfunction(value) and not name.startswith("_"):
                add(names, place, "value", name)
        for name in vars(module) if is_called else ():
            if name == "newObj" or (name.startswith("__pyx_unpickle_") and "Enum" not in name):
                add(names, place, "call", name)
    # Some releases were built so that this compiled module calls itself by its last name only.
    for use, listed in list(names.get("sklearn._loss._loss", {}).items()):
        for name in list(listed):
            add(names, "_loss", use, name)


def add_numpy(names: Names) -> None:
    """Element types, type classes and element-wise functions, wherever pickle may find them."""
    numpy = importlib.import_module("numpy")

    add_table(names, NUMPY_CORE)
    for value in {*numpy.sctypeDict.values()}:
        add(names, "numpy", "class", value.__name__)
    for name in ("bool_", "int_", "float_", "complex_", "str_", "bytes_", "object_", "void", "unicode_", "string_"):
        add(names, "numpy", "class", name)
    for name, value in vars(numpy).get("dtypes", numpy).__dict__.items():
        if inspect.isclass(value) and issubclass(value, numpy.dtype):
            add(names, "numpy.dtypes", "value", name)
    for name, value in vars(numpy).items():
        if isinstance(value, numpy.ufunc):
            for module in ("numpy", "numpy.core._multiarray_umath", "numpy.core.umath"):
                add(names, module, "value", name)


def add_scipy(names: Names) -> None:
    """Sparse matrices under their old and new modules, and the element-wise special functions."""
    numpy = importlib.import_module("numpy")

    sparse, special = importlib.import_module("scipy.sparse"), importlib.import_module("scipy.special")
    for name in dir(sparse):
        value = getattr(sparse, name)
        if inspect.isclass(value) and name.endswith(("_array", "_matrix")):
            for module in (value.__module__, value.__module__.replace("._", "."), "scipy.sparse"):
                add(names, module, "class", name)
    for name in dir(special):
        if isinstance(getattr(special, name), numpy.ufunc):
            for module in ("scipy.special", "scipy.special._ufuncs"):
                add(names, module, "value", name)


def add_boosters(names: Names) -> None:
    """The scikit-learn faces of xgboost and lightgbm and the boosters in them.

    Never to be constructed, which can read files.
    """
    for module_name, inner in {"xgboost.sklearn": "xgboost.core", "lightgbm.sklearn": "lightgbm.basic"}.items():
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            continue
        for name, value in own(module):
            if inspect.isclass(value) and hasattr(value, "fit"):
                add_class(names, module_name, name, value)
        add(names, inner, "class", "Booster")
    add(names, "xgboost.compat", "class", "XGBoostLabelEncoder")


def add_torch(names: Names) -> None:
    """Layers, optimizers and schedules; how tensors are rebuilt is in the tables."""
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return
    schedule = importlib.import_module("torch.optim.lr_scheduler").LRScheduler
    for package, base in {
        "torch.nn.modules": torch.nn.Module,
        "torch.optim": (torch.optim.Optimizer, schedule, torch.optim.swa_utils.AveragedModel),
    }.items():
        for module in modules_of(package):
            for name, value in own(module):
                if inspect.isclass(value) and issubclass(value, base):
                    add_class(names, module.__name__, name, value)


def containers(names: Names, kinds: tuple[type, ...]) -> list[tuple[str, str]]:
    """The listed classes that are one of these kinds of container, as far as they are installed here."""
    found = []
    for module, uses in names.items():
        for name in uses["class"] | uses["data"]:
            try:
                value = getattr(importlib.import_module(module), name)
            except (ImportError, AttributeError):
                continue
            if inspect.isclass(value) and issubclass(value, kinds):
                found.append((module, name))
    return found


def before() -> tuple[Names, dict[str, Any]]:
    """What the list holds already, and the rest of the document."""
    names: Names = {}
    if "--new" in sys.argv or not LIST.exists():
        return names, {"seen": [], "dictionaries": [], "lists": []}
    document = json.loads(LIST.read_text())
    for module, uses in document["names"].items():
        for use, listed in uses.items():
            for name in listed:
                add(names, module, use, name)
    return names, document


def leave_out(names: Names) -> None:
    """Take off again what earlier lists had and what only looks like the others."""
    for module, uses in names.items():
        if module.startswith(COMPILED_PARTS):
            uses.update({use: listed & COMPILED.get(module, frozenset()) for use, listed in uses.items()})
        if uses["call"] & {"newObj"}:
            # These are made by newObj, and their constructors do more than that.
            made = {name for name in uses["call"] if name != "newObj" and not name.startswith("__pyx_unpickle_")}
            uses["data"] |= made
            uses["call"] -= made
        for use, listed in uses.items():
            uses[use] = {name for name in listed if f"{module}.{name}" not in LEFT_OUT and name not in LEFT_OUT}
        if module == "numpy.dtypes":
            uses["value"] |= uses["data"]
            uses["data"] = set()


def main() -> None:
    """Merge what is installed here into the list."""
    warnings.simplefilter("ignore")
    names, document = before()
    for table in (STANDARD, OTHERS, TORCH, CATBOOST, SKLEARN):
        add_table(names, table)
    add_table(names, {"call": {"builtins": BUILT_IN_ERRORS}})
    for add_library in (add_numpy, add_scipy, add_sklearn, add_boosters, add_torch):
        add_library(names)
    leave_out(names)
    installed = {}
    for library in LIBRARIES:
        try:
            installed[library] = version(library)
        except PackageNotFoundError:
            continue
    kept = {
        module: {use: sorted(listed) for use, listed in uses.items() if listed}
        for module, uses in sorted(names.items())
        if any(uses.values())
    }
    known = {kind: {tuple(entry) for entry in document.get(kind, [])} for kind in ("dictionaries", "lists")}
    written = {
        "version": FORMAT,
        "seen": [*(entry for entry in document["seen"] if entry != installed), installed],
        "dictionaries": sorted(known["dictionaries"] | set(containers(names, (dict,)))),
        "lists": sorted(known["lists"] | set(containers(names, (list, set)))),
        "names": kept,
    }
    LIST.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
