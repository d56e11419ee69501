"""Writes allow_list.json: looks at the installed libraries, and adds to what the list has already.

Run it once for every set of versions that models are saved with, in an environment of its own:
`python make_allow_list.py [--new]`. It imports the libraries, so it is never run by the gate itself.

A name gets on the list only if using it with any arguments while loading opens no file, imports nothing and runs no
other code:
no `__setstate__` that evaluates its state (scipy.stats distributions), no reader of files, no `getattr` by another
name.
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

LIST = Path(__file__).with_name("allow_list.json")
FORMAT = "2026.11.1"
LIBRARIES = ["scikit-learn", "numpy", "scipy", "pandas", "joblib", "xgboost", "lightgbm"]

# Parts of scikit-learn that fetch, run, plot or test, or that only hold the code of others.
SKIPPED = (
    "__check_build", "_build_utils", "_distributor", "conftest", "datasets", "experimental", "externals", "tests",
    "_testing", "utils._joblib", "utils.parallel", "utils._show_versions", "utils.discovery", "utils._mocking",
    "utils._estimator_html_repr", "utils._plotting", "callback", "inspection", "_plot", "utils._repr_html",
    "utils._test_common", "utils.estimator_checks",
)  # fmt: skip
# Modules of scikit-learn whose functions estimators keep as parameters; they may be named, never called while loading.
SKLEARN_FUNCTIONS = (
    "sklearn.metrics",
    "sklearn.feature_selection",
    "sklearn.gaussian_process",
    "sklearn.kernel_approximation",
    "sklearn.cluster",
)
# Compiled modules of scikit-learn whose classes and rebuilding functions are called while saved models are loaded.
SKLEARN_CALLED = (
    "sklearn._loss._loss",
    "sklearn.linear_model._sgd_fast",
    "sklearn.metrics._dist_metrics",
    "sklearn.neighbors._",
    "sklearn.tree._criterion",
)

STANDARD = {
    "call": {
        "_codecs": "encode",
        "array": "array _array_reconstructor",
        "builtins": "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple type",
        "collections": "Counter OrderedDict UserDict UserList defaultdict deque",
        "copyreg": "__newobj__ __newobj_ex__ _reconstructor",
        "datetime": "date datetime time timedelta timezone",
        "decimal": "Decimal",
        "fractions": "Fraction",
        "functools": "partial",
        "operator": "itemgetter",
        "_operator": "itemgetter",
        "pathlib": "PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
        "pathlib._local": "PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath",
        "random": "Random",
        "re": "_compile",
        "types": "SimpleNamespace",
        "uuid": "SafeUUID",
    },
    "class": {"uuid": "UUID"},
    "value": {
        "builtins": "abs all any callable hash len max min round sum sorted Ellipsis NotImplemented",
        "math": "ceil cos exp fabs floor log log10 log1p log2 sin sqrt tan tanh",
    },
}
BUILT_IN_ERRORS = (
    "ArithmeticError AttributeError Exception IndexError KeyError LookupError RuntimeError TypeError ValueError"
)

NUMPY_CORE = {
    "call": {
        "numpy": "dtype",
        "numpy.core.multiarray": "_reconstruct scalar",
        "numpy.core.numeric": "_frombuffer",
        "numpy.ma.core": "_mareconstruct",
        "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
        "numpy.random.bit_generator": "__pyx_unpickle_SeedSequence",
    },
    "class": {
        "numpy": "ndarray matrix recarray",
        "numpy.ma": "MaskedArray",
        "numpy.ma.core": "MaskedArray MaskedConstant",
        "numpy.matrixlib.defmatrix": "matrix",
        "numpy.rec": "recarray",
        "numpy.core.records": "recarray",
        "numpy.random": "Generator RandomState",
        "numpy.random._generator": "Generator",
        "numpy.random.mtrand": "RandomState",
        "numpy.random.bit_generator": "SeedSequence SeedlessSeedSequence",
        "numpy.random._mt19937": "MT19937",
        "numpy.random._pcg64": "PCG64 PCG64DXSM",
        "numpy.random._philox": "Philox",
        "numpy.random._sfc64": "SFC64",
    },
    "value": {
        # Plain functions of arrays that transformers and scorers are given.
        "numpy": "all any argmax argmin average clip cumsum max mean median min nan_to_num nanmax nanmean nanmedian "
        "nanmin nanstd nansum nanvar percentile prod ptp quantile ravel reshape round squeeze std sum transpose var",
    },
}
# The abstract unpickler knows what these give back, or they only hold plain values.
OTHERS = {
    "call": {
        "pandas._libs.internals": "_unpickle_block",
        "pandas._libs.tslibs.timedeltas": "_timedelta_unpickle",
        "pandas._libs.tslibs.timestamps": "_unpickle_timestamp",
        "pandas._libs.arrays": "__pyx_unpickle_NDArrayBacked",
        "pandas": "StringDtype",
        "pandas.core.arrays.string_": "StringDtype",
        "pandas.core.indexes.base": "_new_Index",
        "pandas.core.internals.managers": "BlockManager SingleBlockManager",
        "sklearn.tree._tree": "Tree",
    },
    "class": {
        "joblib.numpy_pickle": "NumpyArrayWrapper",
        "pandas": "BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DatetimeIndex DatetimeTZDtype "
        "Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype Int64Dtype Int8Dtype IntervalDtype IntervalIndex "
        "MultiIndex PeriodDtype RangeIndex Series UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype",
        "pandas.arrays": "BooleanArray DatetimeArray FloatingArray IntegerArray StringArray TimedeltaArray",
        "pandas.core.arrays.boolean": "BooleanArray BooleanDtype",
        "pandas.core.arrays.categorical": "Categorical",
        "pandas.core.arrays.datetimes": "DatetimeArray",
        "pandas.core.arrays.floating": "FloatingArray Float32Dtype Float64Dtype",
        "pandas.core.arrays.integer": "IntegerArray Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype "
        "UInt16Dtype UInt32Dtype UInt64Dtype",
        "pandas.core.arrays.string_": "StringArray",
        "pandas.core.arrays.timedeltas": "TimedeltaArray",
        "pandas.core.dtypes.dtypes": "CategoricalDtype DatetimeTZDtype IntervalDtype PeriodDtype",
        "pandas.core.frame": "DataFrame",
        "pandas.core.indexes.base": "Index",
        "pandas.core.indexes.category": "CategoricalIndex",
        "pandas.core.indexes.datetimes": "DatetimeIndex",
        "pandas.core.indexes.interval": "IntervalIndex",
        "pandas.core.indexes.multi": "MultiIndex",
        "pandas.core.indexes.numeric": "Float64Index Int64Index UInt64Index",
        "pandas.core.indexes.range": "RangeIndex",
        "pandas.core.series": "Series",
        "scipy.interpolate._bsplines": "BSpline",
        "scipy.interpolate._cubic": "Akima1DInterpolator CubicHermiteSpline CubicSpline PchipInterpolator",
        "scipy.interpolate._interpolate": "BPoly NdPPoly PPoly interp1d",
        "scipy.optimize._optimize": "OptimizeResult",
        "scipy.spatial._ckdtree": "cKDTree",
        "scipy.spatial._kdtree": "KDTree",
    },
    "value": {
        "pandas._libs.missing": "NA",
        "scipy._lib.array_api_compat.numpy._aliases": "asarray",
        "sklearn.cluster._kmeans": "_kmeans_single_elkan _kmeans_single_lloyd",
        "scipy.spatial.distance": "cosine euclidean",
    },
}
TORCH = {
    "call": {
        "torch": "Size device",
        "torch._tensor": "_rebuild_from_type_v2",
        "torch._utils": "_rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor "
        "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3",
    },
    "class": {},
    "value": {
        "torch": "BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage "
        "DoubleStorage FloatStorage HalfStorage IntStorage LongStorage ShortStorage Tensor bfloat16 bool complex128 "
        "complex64 float16 float32 float64 int16 int32 int64 int8 uint8",
        "torch.storage": "UntypedStorage",
        "torch.nn.parameter": "Parameter",
    },
}

USES = ("call", "class", "value")

Names = dict[str, dict[str, set[str]]]


def add(names: Names, module: str, use: str, name: str) -> None:
    """Put a name on the list, under both spellings of NumPy's inner package. A heavier use stays."""
    spellings = {module, module.replace("numpy._core", "numpy.core"), module.replace("numpy.core", "numpy._core")}
    for spelling in spellings:
        uses = names.setdefault(spelling, {"call": set(), "class": set(), "value": set()})
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
        is_called = place.startswith(SKLEARN_CALLED) and str(module.__file__).endswith(".so")
        for name, value in own(module):
            if inspect.isclass(value):
                if not issubclass(value, BaseException) and not name.endswith("Display"):
                    reduces = is_called and ("__reduce__" in vars(value) or "__reduce_cython__" in vars(value))
                    add(names, place, "call" if reduces else "class", name)
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
    for name, value in vars(importlib.import_module("numpy.dtypes")).items():
        if inspect.isclass(value):
            add(names, "numpy.dtypes", "class", name)
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
        if inspect.isclass(value) and issubclass(value, sparse.spmatrix | sparse.sparray):
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
                add(names, module_name, "class", name)
        add(names, inner, "class", "Booster")
    add(names, "xgboost.compat", "class", "XGBoostLabelEncoder")


def main() -> None:
    """Merge what is installed here into the list."""
    warnings.simplefilter("ignore")
    is_new = "--new" in sys.argv or not LIST.exists()
    before = {"names": {}, "seen": []} if is_new else json.loads(LIST.read_text())
    names: Names = {}
    for module, uses in before["names"].items():
        for use, listed in uses.items():
            for name in listed:
                add(names, module, use, name)
    for table in (STANDARD, OTHERS, TORCH):
        add_table(names, table)
    add_table(names, {"call": {"builtins": BUILT_IN_ERRORS}})
    add_numpy(names)
    add_scipy(names)
    add_sklearn(names)
    add_boosters(names)
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
    seen = [entry for entry in before["seen"] if entry != installed]
    LIST.write_text(json.dumps({"version": FORMAT, "seen": [*seen, installed], "names": kept}, indent=1) + "\n")


if __name__ == "__main__":
    main()
