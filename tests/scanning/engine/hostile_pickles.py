"""More hostile pickles, and files with pickles in them: gadgets of many libraries, and what only a machine falls for.

Every payload only makes an empty marker, as in hostile.py. An item that `runs` does so when the library of its kind
loads it: joblib for .joblib, numpy for .npy and .npz, pickle for the rest.
"""

import struct
from collections.abc import Iterator

from tests.scanning.engine import hostile_models
from tests.scanning.engine.hostile import Hostile, call, dotted_call, text, value
from tests.scanning.engine.opcodes import name, protocol, state_of


def gadgets(marker: str) -> dict[str, bytes]:
    """Calls that make the marker in this environment, whatever they are meant for."""
    shell, words = f"touch {marker}", ["touch", marker]
    python = f"import os; os.system({shell!r})"
    evil = call("os", "system", shell)
    calls: dict[str, tuple[object, ...]] = {
        "aix-output": ("_aix_support", "_read_cmd_output", shell),
        "bz2-open": ("bz2", "open", marker, "w"),
        "c-pickle": ("_pickle", "loads", evil),
        "cloudpickle-loads": ("cloudpickle", "loads", evil),
        "copyfile": ("shutil", "copyfile", "/dev/null", marker),
        "distutils-file": ("distutils.file_util", "write_file", marker, []),
        "distutils-spawn": ("distutils.spawn", "spawn", words),
        "gzip-open": ("gzip", "open", marker, "wb"),
        "imap-stream": ("imaplib", "IMAP4_stream", shell),
        "joblib-cloudpickle": ("joblib.externals.cloudpickle", "loads", evil),
        "joblib-dump": ("joblib", "dump", [1], marker),
        "joblib-mkdirp": ("joblib.disk", "mkdirp", marker),
        "lzma-open": ("lzma", "open", marker, "w"),
        "maildir": ("mailbox", "Maildir", marker),
        "mlflow-process": ("mlflow.utils.process", "_exec_cmd", words),
        "numpy-f2py": ("numpy.f2py.crackfortran", "myeval", f"__import__('os').system({shell!r})"),
        "numpy-memmap": ("numpy", "memmap", marker, "u1", "w+", 0, (1,)),
        "numpy-runstring": ("numpy.testing._private.utils", "runstring", python, {}),
        "numpy-savetxt": ("numpy", "savetxt", marker, [1]),
        "os-open": ("os", "open", marker, 65),
        "os-posix-spawn": ("os", "posix_spawnp", "touch", words, {}),
        "os-symlink": ("os", "symlink", "/dev/null", marker),
        "osx-output": ("_osx_support", "_read_output", shell),
        "pandas-handle": ("pandas.io.common", "get_handle", marker, "w"),
        "pandas-to-pickle": ("pandas.io.pickle", "to_pickle", 1, marker),
        "pandas-versions": ("pandas.util._print_versions", "show_versions", marker),
        "python-2-commands": ("commands", "getoutput", shell),
        "python-2-execute": ("__builtin__", "exec", python),
        "skops-dump": ("skops.io", "dump", 1, marker),
        "sklearn-data-home": ("sklearn.datasets._base", "get_data_home", marker),
        "sklearn-svmlight": ("sklearn.datasets", "dump_svmlight_file", [[1.0]], [1], marker),
        "status-output": ("subprocess", "getstatusoutput", shell),
        "subinterpreter": ("_testcapi", "run_in_subinterp", python),
        "tarfile": ("tarfile", "open", marker, "w"),
        "wave": ("wave", "open", marker, "wb"),
        "yaml": ("yaml", "unsafe_load", f"!!python/object/apply:os.system [{shell}]"),
        "zipfile": ("zipfile", "ZipFile", marker, "w"),
    }
    return {
        label: call(str(module), str(function), *arguments) for label, (module, function, *arguments) in calls.items()
    }


def composed(marker: str) -> dict[str, bytes]:
    """Calls of methods, and calls of what other calls give back."""
    shell = f"touch {marker}"
    python = f"import os; os.system({shell!r})"
    table = value([[1.0, 2.0]])
    made: dict[str, bytes] = {}
    made["pandas-method"] = dotted_call("pandas", "DataFrame.to_pickle", [1], marker)
    made["numpy-method"] = protocol(
        4, text("numpy") + text("ndarray.tofile") + b"\x93" + name("numpy", "array") + table + b"\x85R"
        + text(marker) + b"\x86R",
    )  # fmt: skip
    return {**made, **_composed(shell, python)}


def _composed(shell: str, python: str) -> dict[str, bytes]:
    """Calls that come about by another one."""
    made: dict[str, bytes] = {}
    made["resolve-name"] = protocol(
        2, name("pkgutil", "resolve_name") + text("os:system") + b"\x85R" + text(shell) + b"\x85R"
    )
    made["reduce-exec"] = protocol(
        2, name("functools", "reduce") + name("builtins", "exec") + value([python, {}]) + b"\x86R"
    )
    made["starmap"] = protocol(
        2, name("builtins", "list") + name("itertools", "starmap") + name("os", "system") + value([(shell,)])
        + b"\x86R\x85R",
    )  # fmt: skip
    made["extension-registered"] = protocol(
        2, name("copyreg", "add_extension") + value(("os", "system", 77)) + b"R0\x82\x4d" + text(shell) + b"\x85R"
    )
    return made


def juggled(marker: str) -> Iterator[Hostile]:
    """One and the same call behind turns of the stack, the memo, frames, protocols and encodings. All of them run."""
    shell = f"touch {marker}"
    argument = text(shell) + b"\x85R"
    here = b"cos\nsystem\n"
    spellings = {
        "protocol-changes": b"\x80\x02c__builtin__\nlist\n)R0\x80\x04" + text("os") + text("system") + b"\x93"
        + argument,
        "short-binary-strings": b"\x80\x04U\x02osU\x06system\x93" + argument,
        "long-binary-strings": b"\x80\x04T\x02\0\0\0osT\x06\0\0\0system\x93" + argument,
        "unicode-8": b"\x80\x04\x8d" + struct.pack("<Q", 2) + b"os" + text("system") + b"\x93" + argument,
        "long-memo": b"\x80\x04" + text("os") + b"r\x00\x01\x00\x000" + text("system")
        + b"q\x01j\x00\x01\x00\x00h\x01\x93" + argument,
        "overwritten-memo": b"\x80\x04" + text("math") + b"q\x000" + text("os") + b"q\x000h\x00" + text("system")
        + b"\x93" + argument,
        "inst-in-frame": b"\x80\x04\x95" + struct.pack("<Q", len(shell) + 17) + b"(" + text(shell) + b"ios\nsystem\n.",
        "as-key": b"\x80\x02}(" + here + argument + b"K\x01u",
        "in-a-frozen-set": b"\x80\x04(" + here + argument + b"\x91",
        "as-state": b"\x80\x02" + name("types", "SimpleNamespace") + b")R}" + text("a") + here + argument + b"sb",
        "as-argument": b"\x80\x02" + name("builtins", "str") + here + argument + b"\x85R",
        "under-marks": b"\x80\x02(((1" + here + argument + b"11",
        "before-a-buffer": b"\x80\x05" + here + argument + b"0\x97",
        "after-bytes": b"\x80\x05\x96" + struct.pack("<Q", 3) + b"xyz0" + here + argument,
        "twice-framed": b"\x80\x04\x95\x03" + bytes(7) + b"N0N\x95" + struct.pack("<Q", len(argument) + 14) + b"0"
        + here[:11] + argument + b"0N",
        "persistent-later": b"\x80\x02" + here + argument + b"0K\x01Q",
        "with-octal": b"\x80\x02" + here + argument + b"0I010\n",
    }  # fmt: skip
    for label, data in spellings.items():
        yield Hostile(f"{label}.pkl", data if data.endswith(b".") else data + b".", runs=True)
    # A reader that cuts the number short takes the harmless memo; this engine says that it cannot tell.
    yield Hostile("memo-gap.pkl", b"\x80\x02Nr\x00\x00\x00\x60.", "needs-review")
    zeros = b"\x80\x04" + text("math") + b"p0\n0" + text("os") + b"p1\n0g" + b"0" * 45 + b"1\n" + text("system")
    yield Hostile("long-memo-number.pkl", zeros + b"\x93" + argument + b".", "needs-review", runs=True)


def libraries(marker: str) -> Iterator[Hostile]:
    for label, data in (gadgets(marker) | composed(marker)).items():
        yield Hostile(f"{label}.pkl", data, runs=label not in SILENT)


# Gadgets that are real and do not leave the marker in this environment.
SILENT = frozenset({"aix-output", "joblib-cloudpickle"})


def borrowed(marker: str) -> Iterator[Hostile]:
    """Nothing but names of the list: what would be called are methods and functions that the list never meant."""
    path = text(marker)
    booster = name("xgboost.core", "Booster")
    part = name("functools", "partial") + b"(" + booster + b"NN" + path + b"tR"
    bunch = name("scipy.optimize._optimize", "OptimizeResult") + b")\x81"
    pipeline = name("sklearn.pipeline", "Pipeline") + b")\x81"
    plain = name("sklearn.preprocessing._data", "StandardScaler") + b")\x81"
    review, unsafe = "needs-review", "unsafe"
    items = {
        "item-as-setstate": (bunch + text("__setstate__") + name("numpy", "log") + b"s" + path + b"b", unsafe),
        "computed-item-key": (bunch + name("builtins", "str") + text("__setstate__") + b"\x85RK\x01s", review),
        "partial-of-booster": (part, review),
        "booster-in-a-list": (b"]" + booster + b"a", review),
        "booster-twice": (booster + b"q\x00)\x810h\x00", review),
        "booster-as-factory": (name("collections", "defaultdict") + booster + b"\x85R", review),
        "booster-handle": (booster + b")\x81" + state_of({"handle": value(4096)}) + b"b", review),
        "lightgbm-handle": (
            name("lightgbm.basic", "Booster") + b")\x81" + state_of({"_handle": value(4096)}) + b"b", review),
        "tensor-of-booster": (
            name("torch._tensor", "_rebuild_from_type_v2") + b"(" + booster + name("torch", "Tensor") + b"(NN" + path
            + b"t}tR", unsafe),
        "tensor-class": (
            name("torch._utils", "_rebuild_parameter_with_state") + b"(N\x88N"
            + state_of({"__class__": name("numpy", "log")}) + b"tR", unsafe),
        "iterated": (name("builtins", "list") + pipeline + b"\x85R", review),
        "iterated-deep": (name("builtins", "set") + b"](" + pipeline + b"e\x85R", review),
        "filled-later": (
            b"]q\x00" + name("builtins", "tuple") + b"h\x00\x85q\x010h\x00" + pipeline + b"a0h\x010", review),
        "hashed": (b"}" + plain + b"K\x01s", review),
        "hashed-in-a-set": (b"\x8f(" + plain + b"\x90", review),
        "extends-an-estimator": (name("sklearn.frozen._frozen", "FrozenEstimator") + b")\x81K\x01a", review),
        "items-of-a-frame": (name("pandas", "DataFrame") + b")\x81K\x01K\x02s", review),
        "slots": (plain + b"N" + state_of({"with_mean": b"K\x01"}) + b"\x86b", review),
        "array-interface": (plain + state_of({"__array_interface__": b"}"}) + b"b", unsafe),
        "hidden-attribute": (plain + state_of({"__fspath__": name("numpy", "log")}) + b"b", review),
        "made-state": (
            plain + name("builtins", "dict") + b"](" + text("__setstate__") + name("numpy", "log") + b"\x86e\x85Rb",
            review),
        "class-as-state": (plain + name("numpy", "float64") + b"b", review),
        "identity": (
            name("numpy.core.multiarray", "scalar") + name("numpy", "dtype") + text("O8") + b"\x85R"
            + name("sklearn.base", "BaseEstimator") + b"\x86R", unsafe),
        "index-of-anything": (name("pandas.core.indexes.base", "_new_Index") + name("sklearn.pipeline", "Pipeline")
            + b"}\x86R", unsafe),
        "metric-state": (
            name("sklearn.metrics._dist_metrics", "newObj") + name("sklearn.metrics._dist_metrics", "HammingDistance64")
            + b"\x85R)b", review),
        "new-of-a-value": (name("numpy", "log") + b")\x81", unsafe),
        "newobj-function": (name("copyreg", "__newobj__") + name("numpy", "log") + b"\x85R", unsafe),
        "old-reconstructor": (name("copy_reg", "_reconstructor") + name("numpy", "log") + name("__builtin__", "object")
            + b"N\x87R", unsafe),
        "list-of-arguments": (name("builtins", "str") + b"](K\x01eR", unsafe),
        "memory": (name("builtins", "bytearray") + value(1 << 40) + b"\x85R", review),
    }  # fmt: skip
    for label, (body, verdict) in items.items():
        yield Hostile(f"{label}.pkl", protocol(2, body), verdict)


def later(_marker: str) -> Iterator[Hostile]:
    """Functions that would run when the model is used, not when it is loaded."""
    transformer = name("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81"
    for label, function, verdict in (
        ("system", name("os", "system"), "unsafe"),
        ("eval", name("builtins", "eval"), "unsafe"),
        ("vectorize", name("numpy", "vectorize") + b")\x81}" + text("pyfunc") + b"Nsb", "needs-review"),
        ("methodcaller", name("operator", "methodcaller") + text("predict") + b"\x85R", "needs-review"),
        ("set-output", name("sklearn.utils._set_output", "_wrap_method_output"), "needs-review"),
        ("main", name("__main__", "clean"), "needs-review"),
        ("partial", name("functools", "partial") + name("theirs", "function") + b"\x85R", "needs-review"),
    ):  # fmt: skip
        yield Hostile(f"predicts-{label}.pkl", protocol(2, transformer + state_of({"func": function}) + b"b"), verdict)


def dtype(code: str, *, flags: int, fields: bytes = b"NN", size: int = -1) -> bytes:
    """An element type whose state says what one wants."""
    sizes = value(size) + value(1 if size >= 0 else -1)
    return (
        name("numpy", "dtype") + value((code,)) + b"R(K\x03" + text("|") + b"N" + fields + sizes + value(flags) + b"tb"
    )


def lying(_marker: str) -> Iterator[Hostile]:
    """Element types that make NumPy take numbers for objects."""
    objects = dtype("O8", flags=63)
    field = text("a") + b"\x85}" + text("a") + objects + b"K\x00\x86s"
    overlap = text("a") + text("b") + b"\x86}(" + text("a") + objects + b"K\x00\x86" + text("b") + dtype("i8", flags=0)
    items = {
        "no-references": dtype("O8", flags=0),
        "hidden-field": dtype("V8", flags=0, fields=field, size=8),
        "overlapping-fields": dtype("V8", flags=27, fields=overlap + b"K\x00\x86u", size=8),
        "field-outside": dtype("V8", flags=27, fields=field.replace(b"K\x00\x86", b"K\x40\x86"), size=8),
        "negative-size": dtype("V8", flags=0, size=-9),
        "references-among-numbers": dtype("i8", flags=1),
    }
    for label, body in items.items():
        yield Hostile(f"type-{label}.pkl", protocol(2, body))
    scalar = name("numpy.core.multiarray", "scalar") + objects + b"C\x08AAAAAAAA\x86R"
    yield Hostile("scalar-of-objects.pkl", protocol(3, scalar), "needs-review")
    array = name("numpy.core.numeric", "_frombuffer") + b"(C\x08AAAAAAAA" + objects + b"K\x01\x85" + text("C") + b"tR"
    yield Hostile("buffer-of-objects.pkl", protocol(3, array), "needs-review")


def stored_code(_marker: str) -> Iterator[Hostile]:
    """Code by value that would run at once, or that changes what is there already."""
    pick = "cloudpickle.cloudpickle"
    code = name(pick, "_builtin_type") + text("CodeType") + b"\x85R)R"
    function = name(pick, "_make_function") + b"(" + code + b"}NNNtR"
    skeleton = name(pick, "_make_skeleton_class") + b"(%s" + text("X") + b"%s}NNtR"
    of_type = skeleton % (name("builtins", "type"), b")")
    told = of_type + b"q\x050" + name(pick, "_class_setstate") + b"h\x05" + state_of({"__init_subclass__": function})
    items = {
        "own-metaclass": (skeleton % (function, b")"), "unsafe"),
        "own-base": (told + b"}\x86\x86R0" + skeleton % (name("builtins", "type"), b"h\x05\x85"), "unsafe"),
        "patches-a-class": (
            name(pick, "_class_setstate") + name("sklearn.base", "BaseEstimator") + b"}}\x86\x86R", "unsafe"),
        "patches-a-module": (name(pick, "subimport") + text("os") + b"\x85R}" + text("system") + b"Nsb", "unsafe"),
        "plain-class": (of_type, "needs-review"),
        "module": (name(pick, "subimport") + text("this") + b"\x85R", "needs-review"),
        "dill-evaluates": (name("dill._dill", "_eval_repr") + text("1") + b"\x85R", "unsafe"),
        "dill-opens": (name("dill._dill", "_create_filehandle") + value(("x", "r", 0)) + b"R", "unsafe"),
        "code-type": (name("types", "CodeType") + b")R", "needs-review"),
        "function-type-called": (name("types", "FunctionType") + code + b"}\x86R)R", "unsafe"),
        "attribute-of-code": (name("builtins", "getattr") + code + text("x") + b"\x86R", "unsafe"),
    }  # fmt: skip
    for label, (body, verdict) in items.items():
        yield Hostile(f"code-{label}.pkl", protocol(2, body), verdict)


def corpus(folder: str) -> list[Hostile]:
    """Every item. What item number n runs makes the marker marker-n in `folder`."""
    makers = (libraries, juggled, borrowed, later, lying, stored_code, *hostile_models.MAKERS)
    # Compressed payloads cannot be numbered afterwards, so each is built with its own number.
    count = sum(1 for make in makers for _ in make(f"{folder}/marker-000"))
    built = [[item for make in makers for item in make(f"{folder}/marker-{number:03}")] for number in range(count)]
    return [built[number][number] for number in range(count)]
