"""Callables of the libraries models are made with that reach a command, a file or an import."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable

import numpy as np

from tests.scanning.corpus.assembly import Raw, build, call, name, new, pickled, stacked
from tests.scanning.engine.hostile import Hostile

SYSTEM = name("posix", "system")
Pair = tuple[str, Raw]


def libraries(marker: str) -> list[Hostile]:
    """Pickles that run by what numpy, pandas, scipy, scikit-learn, joblib, MLflow and others bring."""
    touch, code = f"touch {marker}", f"open({marker!r}, 'w').close()"
    pairs = [*_numpy(touch, code, marker), *_science(touch, marker), *_tools(touch, code, marker)]
    items = [Hostile(f"library-{title}.pkl", pickled(value), "unsafe", True) for title, value in pairs]
    return items + _absent(touch, marker) + _estimators(touch)


def _numpy(touch: str, code: str, marker: str) -> list[Pair]:
    text = "__import__('os').system('" + touch + "')"
    return [
        ("getlincoef", call(name("numpy.f2py.crackfortran", "getlincoef"), text, {})),
        ("runstring", call(name("numpy.testing._private.utils", "runstring"), code, {})),
        ("vectorize", call(call(name("numpy", "vectorize"), SYSTEM), touch)),
        ("frompyfunc", call(call(name("numpy", "frompyfunc"), SYSTEM, 1, 1), touch)),
        ("fromiter", call(name("numpy", "fromiter"), call(name("builtins", "map"), SYSTEM, [touch]), "i8")),
        ("memmap", call(name("numpy", "memmap"), marker, "uint8", "w+", 0, 1)),
        ("savetxt", call(name("numpy", "savetxt"), marker, [1])),
        (
            "array-tofile",
            call(call(name("_operator", "methodcaller"), "tofile", marker), call(name("numpy", "array"), [1])),
        ),
        ("dotted-numpy", call(stacked("numpy", "lib._npyio_impl.os.system"), touch)),
        (
            "save",
            call(name("numpy", "save"), marker + ".npy", [1])
            + Raw(b"0")
            + call(name("posix", "rename"), marker + ".npy", marker),
        ),
        ("loadtxt", call(name("numpy", "loadtxt"), [touch], name("builtins", "object"), "#", ";", SYSTEM)),
    ]


def _science(touch: str, marker: str) -> list[Pair]:
    inner = pickled(call(SYSTEM, touch))
    method = name("_operator", "methodcaller")
    return [
        ("pandas-apply", call(call(method, "apply", SYSTEM), call(name("pandas", "Series"), [touch]))),
        ("pandas-map", call(call(method, "map", SYSTEM), call(name("pandas", "Index"), [touch]))),
        ("pandas-pipe", call(name("pandas.core.common", "pipe"), touch, SYSTEM)),
        ("pandas-eval", call(name("pandas", "eval"), "f(c)", "pandas", "python", {"f": SYSTEM, "c": touch}, {})),
        ("pandas-read-pickle", call(name("pandas", "read_pickle"), call(name("_io", "BytesIO"), inner))),
        ("pandas-handle", call(name("pandas.io.common", "get_handle"), marker, "w")),
        ("pandas-apply-if-callable", call(name("pandas.core.common", "apply_if_callable"), SYSTEM, touch)),
        (
            "scipy-map-wrapper",
            call(name("builtins", "list"), call(call(name("scipy._lib._util", "MapWrapper"), 1), SYSTEM, [touch])),
        ),
        ("scipy-wrapper", call(call(name("scipy._lib._util", "_FunctionWrapper"), SYSTEM, ()), touch)),
        (
            "sklearn-transformer",
            call(
                call(method, "transform", touch),
                build(
                    new(name("sklearn.preprocessing._function_transformer", "FunctionTransformer")),
                    {
                        "func": SYSTEM,
                        "kw_args": None,
                        "validate": False,
                        "inverse_func": None,
                        "check_inverse": False,
                        "feature_names_out": None,
                        "accept_sparse": False,
                        "inv_kw_args": None,
                    },
                ),
            ),
        ),
        (
            "sklearn-func-wrapper",
            call(
                call(
                    call(method, "with_config_and_warning_filters", {}, []),
                    call(name("sklearn.utils.parallel", "_FuncWrapper"), SYSTEM),
                ),
                touch,
            ),
        ),
        *_more_science(touch, marker),
    ]


def _more_science(touch: str, marker: str) -> list[Pair]:
    """The second half."""
    inner = pickled(call(SYSTEM, touch))
    run: list[object] = [(SYSTEM, (touch,), {})]
    return [
        (
            "joblib-batch",
            call(
                call(
                    name("joblib.parallel", "BatchedCalls"),
                    run,
                    call(name("joblib._parallel_backends", "SequentialBackend")),
                )
            ),
        ),
        ("joblib-parallel", call(call(name("joblib.parallel", "Parallel"), 1), run)),
        ("joblib-not-memorized", call(call(name("joblib.memory", "NotMemorizedFunc"), SYSTEM), touch)),
        ("joblib-load", call(name("joblib", "load"), call(name("_io", "BytesIO"), inner))),
        (
            "cloudpickle-subimport",
            call(
                call(
                    name("builtins", "getattr"),
                    call(name("cloudpickle.cloudpickle", "subimport"), "os"),
                    "system",
                ),
                touch,
            ),
        ),
        ("cloudpickle-loads", call(name("cloudpickle", "loads"), inner)),
    ]


def _tools(touch: str, code: str, marker: str) -> list[Pair]:
    words = touch.split()
    render = name("_operator", "methodcaller")
    yaml = f"!!python/object/apply:os.system ['{touch}']"
    return [
        ("mlflow-exec", call(name("mlflow.utils.process", "_exec_cmd"), words)),
        ("mlflow-write", call(name("mlflow.utils.file_utils", "write_to"), marker, "x")),
        ("mlflow-run-command", call(name("mlflow.utils.requirements_utils", "_run_command"), words, 30)),
        ("jinja-import", call(call(name("jinja2.utils", "import_string"), "os.system"), touch)),
        (
            "jinja-render",
            call(
                call(render, "render"),
                call(name("jinja2", "Template"), "{{ cycler.__init__.__globals__.os.system('" + touch + "') }}"),
            ),
        ),
        ("yaml-unsafe", call(name("yaml", "unsafe_load"), yaml)),
        ("django-import", call(call(name("django.utils.module_loading", "import_string"), "os.system"), touch)),
        ("werkzeug-import", call(call(name("werkzeug.utils", "import_string"), "os:system"), touch)),
        ("kombu-symbol", call(call(name("kombu.utils.imports", "symbol_by_name"), "os:system"), touch)),
        ("mako", call(call(render, "render"), call(name("mako.template", "Template"), "<% " + code + " %>"))),
        ("skops-gettype", call(call(name("skops.io._utils", "gettype"), "posix", "system"), touch)),
        ("matplotlib-text", call(name("matplotlib.image", "imsave"), marker, [[0.0]], None, None, None, "png")),
        ("pytest-import", call(call(name("_pytest.monkeypatch", "resolve"), "os.system"), touch)),
        ("h5py-write", call(name("h5py", "File"), marker, "w")),
    ]


def _absent(touch: str, marker: str) -> list[Hostile]:
    """Names of libraries that need not be installed where the file is checked."""
    words, inner = touch.split(), pickled(call(SYSTEM, touch))
    rows = [
        ("torch-collect-env", call(name("torch.utils.collect_env", "run"), touch)),
        ("torch-shell", call(name("torch.testing._internal.common_utils", "shell"), words)),
        ("torch-exec", call(name("torch.fx.graph_module", "_exec_with_source"), f"open({marker!r},'w')", {})),
        ("torch-dotted", call(stacked("torch.serialization", "os.system"), touch)),
        ("torch-load-bytes", call(name("torch.storage", "_load_from_bytes"), inner)),
        ("torch-library", call(stacked("torch", "ops.load_library"), "/x/evil.so")),
        ("torch-hub", call(name("torch.hub", "load"), "someone/else", "model")),
        ("torch-extension", call(name("torch.utils.cpp_extension", "load_inline"), "x", ["int x;"])),
        (
            "torch-rebuild-type",
            call(name("torch._tensor", "_rebuild_from_type_v2"), SYSTEM, name("builtins", "object"), (touch,), {}),
        ),
        (
            "torch-rebuild-wrapper",
            call(name("torch.fx.graph_module", "reduce_graph_module"), {"_code": "import os"}, ""),
        ),
        ("dill-loads", call(name("dill", "loads"), inner)),
        ("dill-import", call(call(name("dill._dill", "_import_module"), "os.system"), touch)),
        (
            "dill-function",
            call(
                call(name("dill._dill", "_create_function"), call(name("dill._dill", "_create_code"), 0, b"", ()), {})
            ),
        ),
        ("keras-lambda", call(name("keras.src.utils.python_utils", "func_load"), "4wAAAA==")),
        ("tensorflow-run", call(name("tensorflow.python.platform.gfile", "GFile"), marker, "w")),
        ("xgboost-file", call(name("xgboost.core", "Booster"), None, (), "/etc/passwd")),
        (
            "transformers-module",
            call(
                name("transformers.dynamic_module_utils", "get_class_from_dynamic_module"), "evil.Model", "someone/else"
            ),
        ),
        ("unknown-private", call(name("acme_internal.plugins", "bootstrap"), "x")),
        ("look-alike", call(name("numpy.core.multlarray", "_reconstruct"), 1)),
        ("cyrillic-name", call(stacked("num\u0440y._core.multiarray", "_reconstruct"), 1)),
        ("full-width-name", call(stacked("\uff4fs", "system"), touch)),
    ]
    return [Hostile(f"library-{title}.pkl", pickled(value)) for title, value in rows]


class _Reduced:
    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.pair = function, arguments

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.pair


def _estimators(touch: str) -> list[Hostile]:
    """Honest objects with a call somewhere inside."""
    import os

    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    call_inside = _Reduced(os.system, touch)
    fitted = LogisticRegression().fit(np.array([[0.0], [1.0]]), [0, 1])
    fitted.note_ = call_inside
    piped = Pipeline([("scale", StandardScaler()), ("last", call_inside)])
    held = np.empty(2, dtype=object)
    held[1] = call_inside
    record = np.zeros(1, dtype=[("a", "O"), ("b", "i4")])
    record["a"][0] = call_inside
    stream = io.BytesIO()
    pickle.dump({"model": fitted, "extra": [StandardScaler()]}, stream, 5)
    return [
        Hostile("estimator-attribute.pkl", stream.getvalue(), "unsafe", True),
        Hostile("estimator-pipeline.pkl", pickle.dumps(piped), "unsafe", True),
        Hostile("estimator-function.pkl", pickle.dumps(FunctionTransformer(func=os.system))),
        Hostile("array-object.pkl", pickle.dumps(held), "unsafe", True),
        Hostile("array-record.pkl", pickle.dumps(record, 2), "unsafe", True),
    ]
