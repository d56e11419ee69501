"""Hostile files, built by code. Every payload only makes an empty marker file, so that its running can be noticed."""

import bz2
import gzip
import json
import lzma
import marshal
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from tests.scanning.engine.builders import archive, npy, tar, tar_link, tensors, zip_link

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000b49444154789c6360000200000500017a5eab3f0000000049454e44ae426082"
)


class Hostile(NamedTuple):
    """A file, what the gate must say, and whether `pickle.load` runs its payload on any Python."""

    name: str
    data: bytes
    verdict: str = "unsafe"
    runs: bool = False


def text(value: str) -> bytes:
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def value(item: object) -> bytes:
    """Opcodes that push a plain value."""
    return pickle.dumps(item, protocol=2)[2:-1]


def call(module: str, name: str, *arguments: object) -> bytes:
    """A pickle that calls a module-level function: GLOBAL and REDUCE."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + value(arguments) + b"R."


def dotted_call(module: str, name: str, *arguments: object) -> bytes:
    """The same with STACK_GLOBAL, which walks along dots."""
    return b"\x80\x04" + text(module) + text(name) + b"\x93" + value(arguments) + b"R."


def gadgets(marker: str) -> dict[str, tuple[str, str, *tuple[object, ...]]]:
    """Functions that run something, by themselves or through their arguments: (module, name, *arguments)."""
    shell, words = f"touch {marker}", ["touch", marker]
    python = f"import os; os.system({shell!r})"
    code = marshal.dumps(compile(python, "x", "exec"))
    return {
        "os-system": ("os", "system", shell),
        "posix-system": ("posix", "system", shell),
        "os-popen": ("os", "popen", shell),
        "os-mkdir": ("os", "mkdir", marker),
        "os-spawnvp": ("os", "spawnvp", 0, "touch", words),
        "subprocess-call": ("subprocess", "call", words),
        "subprocess-popen": ("subprocess", "Popen", words),
        "subprocess-getoutput": ("subprocess", "getoutput", shell),
        "subprocess-check-output": ("subprocess", "check_output", words),
        "exec": ("builtins", "exec", python),
        "eval": ("builtins", "eval", f"__import__('os').system({shell!r})"),
        "python-2-eval": ("__builtin__", "eval", f"__import__('os').system({shell!r})"),
        "open": ("builtins", "open", marker, "w"),
        "io-open": ("io", "open", marker, "w"),
        "file-io": ("_io", "FileIO", marker, "w"),
        "timeit": ("timeit", "timeit", python, "pass", len, 1),
        "profile": ("cProfile", "run", python),
        "debugger": ("bdb", "Bdb"),
        "pydoc-pager": ("pydoc", "pipepager", "", f"{shell}; cat"),
        "command-output": ("uuid", "_get_command_stdout", "touch", marker),
        "logging-file": ("logging", "FileHandler", marker),
        "sqlite": ("sqlite3", "connect", marker),
        "interpreter": ("code", "InteractiveInterpreter"),
        "spawn": ("pty", "spawn", words),
        "run-path": ("runpy", "run_path", marker),
        "import-module": ("importlib", "import_module", "this"),
        "import": ("builtins", "__import__", "os"),
        "marshal": ("marshal", "loads", code),
        "ctypes": ("ctypes", "CDLL", "libc.so.6"),
        "nested-pickle": ("pickle", "loads", call("os", "system", shell)),
        "map": ("builtins", "map", "print", ["x"]),
        "reduce": ("functools", "reduce", "print", ["x"]),
        "socket": ("socket", "create_connection", ("127.0.0.1", 9)),
        "url": ("urllib.request", "urlopen", "http://127.0.0.1:9/"),
        "remove-tree": ("shutil", "rmtree", marker),
        "site": ("site", "addpackage", "/", "x.pth", None),
        "subinterpreter": ("_xxsubinterpreters", "run_string", 0, python),
        "weak-codec": ("codecs", "open", marker, "w"),
        "installer": ("pip._internal", "main", ["install", "x"]),
        "logging-listen": ("logging.config", "dictConfig", {}),
        "numpy-load": ("numpy", "load", marker),
        "numpy-run": ("numpy.testing._private.utils", "runstring", python, {}),
        "joblib-load": ("joblib", "load", marker),
        "main-function": ("__main__", "anything", python),
        "new-type": ("builtins", "type", "X", (), {}),
        "codec": ("_codecs", "encode", "x", "rot13"),
    }


def called(marker: str) -> Iterator[Hostile]:
    """Plain calls of such functions."""
    running = {
        "os-system", "posix-system", "os-popen", "os-mkdir", "os-spawnvp", "subprocess-call", "subprocess-popen",
        "subprocess-getoutput", "subprocess-check-output", "exec", "eval", "python-2-eval", "open", "io-open",
        "file-io",
        "profile", "pydoc-pager", "command-output", "logging-file", "sqlite", "nested-pickle", "weak-codec",
    }  # fmt: skip
    for name, (module, function, *arguments) in gadgets(marker).items():
        plain = [argument for argument in arguments if argument is not len]
        yield Hostile(f"{name}.pkl", call(module, function, *plain), runs=name in running)


def written(marker: str) -> Iterator[Hostile]:
    """The same call in every spelling that the opcodes allow."""
    shell = f"touch {marker}"
    argument = text(shell)
    framed = text("os") + text("system") + b"\x93" + argument + b"\x85R."
    old = f"cos\nsystem\n(S'{shell}'\ntR.".encode()
    spellings = {
        "protocol-0": old,
        "inst": f"(S'{shell}'\nios\nsystem\n.".encode(),
        "obj": b"(cos\nsystem\n" + argument + b"o.",
        "newobj": b"\x80\x02csubprocess\nPopen\n" + value((["touch", marker],)) + b"R.",
        "stack-global": b"\x80\x04" + text("os") + text("system") + b"\x93" + argument + b"\x85R.",
        "short-strings": b"\x80\x04\x8c\x02os\x8c\x06system\x93" + argument + b"\x85R.",
        "memoised": b"\x80\x04"
        + text("system")
        + b"q\x07"
        + text("os")
        + b"q\x0100h\x01h\x07\x93"
        + argument
        + b"\x85R.",
        "text-memo": b"\x80\x04"
        + text("os")
        + b"p300\n0"
        + text("system")
        + b"p301\n0g300\ng301\n\x93"
        + argument
        + b"\x85R.",
        "memoize": b"\x80\x04" + text("os") + b"\x940" + text("system") + b"\x940h\x00h\x01\x93" + argument + b"\x85R.",
        "unicode-escape": b"\x80\x04V\\u006fs\nVsyst\\u0065m\n\x93" + argument + b"\x85R.",
        "string-escape": b"\x80\x04S'\\x6fs'\nS'sys\\x74em'\n\x93" + argument + b"\x85R.",
        "dup": b"\x80\x02cos\nsystem\n2" + argument + b"\x85R0" + argument + b"\x85R.",
        "framed": b"\x80\x04\x95" + struct.pack("<Q", len(framed)) + framed,
        "in-a-list": b"\x80\x02](K\x01cos\nsystem\n" + argument + b"\x85Re.",
        "in-state": b"\x80\x02}" + text("a") + b"cos\nsystem\n" + argument + b"\x85Rs.",
        "then-broken": call("os", "system", shell)[:-1] + b"\xff",
        "without-stop": call("os", "system", shell)[:-1],
        "after-pop": b"\x80\x02N0(1" + call("os", "system", shell)[2:],
        "wrong-protocol": b"\x80\x01" + call("os", "system", shell)[2:],
        "octal": b"\x80\x02I010\n0" + call("os", "system", shell)[2:],
    }
    for name, data in spellings.items():
        yield Hostile(f"{name}.pkl", data, runs=name != "octal")
    yield Hostile("second.pkl", pickle.dumps([1]) + call("os", "system", shell))
    yield Hostile("ext.pkl", b"\x80\x02\x82\x01.")
    yield Hostile("ext4.pkl", b"\x80\x02\x84\x01\x00\x00\x00)R.")
    yield Hostile("only-named.pkl", b"\x80\x02cos\nsystem\n.")
    yield Hostile("newobj-of-popen.pkl", b"\x80\x02csubprocess\nPopen\n)\x81.")


def walked(marker: str) -> Iterator[Hostile]:
    """Ways to something dangerous that begin at something harmless."""
    shell = f"touch {marker}"
    argument = text(shell) + b"\x85R."
    getattr_os = b"cbuiltins\ngetattr\n"
    yield Hostile("logging-os.pkl", dotted_call("logging", "os.system", shell), runs=True)
    yield Hostile("getattr.pkl", b"\x80\x02" + getattr_os + b"cos\n__name__\n" + text("x") + b"\x86R.")
    yield Hostile(
        "getattr-module.pkl",
        b"\x80\x02"
        + getattr_os
        + b"cbuiltins\n__import__\n"
        + text("os")
        + b"\x85R"
        + text("system")
        + b"\x86R"
        + argument,
        runs=True,
    )
    yield Hostile(
        "getattr-hidden.pkl", b"\x80\x02" + getattr_os + b"cbuiltins\nobject\n)R" + text("__class__") + b"\x86R."
    )
    yield Hostile("attrgetter.pkl", b"\x80\x02coperator\nattrgetter\n" + text("__globals__") + b"\x85R.")
    yield Hostile(
        "methodcaller.pkl",
        b"\x80\x02coperator\nmethodcaller\n" + text("system") + text(shell) + b"\x86Rcos\n__dict__\n\x85R.",
    )
    yield Hostile("dotted-method.pkl", dotted_call("pathlib", "Path.touch", marker))
    yield Hostile("dunder.pkl", b"\x80\x02cnumpy\n__builtins__\n.")
    yield Hostile("old-numpy.pkl", call("numpy.core", "_ufunc_reconstruct", "os", "system"))
    yield Hostile(
        "random-ctor.pkl", b"\x80\x02cnumpy.random._pickle\n__generator_ctor\n" + text(shell) + b"cos\nsystem\n\x86R."
    )
    yield Hostile(
        "random-class.pkl",
        b"\x80\x02cnumpy.random._pickle\n__generator_ctor\n" + text("x") + b"cxgboost.core\nBooster\n\x86R.",
    )
    yield Hostile("reconstructor.pkl", b"\x80\x02ccopyreg\n_reconstructor\ncos\nsystem\ncbuiltins\nobject\nN\x87R.")
    yield Hostile("partial.pkl", b"\x80\x02cfunctools\npartial\ncos\nsystem\n" + text(shell) + b"\x86R)R.", runs=True)
    yield Hostile("partial-listed.pkl", b"\x80\x02cfunctools\npartial\ncnumpy\nlog\n\x85R)R.")
    yield Hostile(
        "computed-name.pkl", b"\x80\x04cbuiltins\nstr\n" + text("os") + b"\x85R" + text("system") + b"\x93" + argument
    )
    yield Hostile("value-called.pkl", b"\x80\x02cnumpy\nlog\nK\x01\x85R.")


def bent(marker: str) -> Iterator[Hostile]:
    """Changes to what is there already, code that is stored in the file, and streams that nobody can vouch for."""
    yield Hostile("changes-global.pkl", b"\x80\x02csklearn.base\nBaseEstimator\n}" + text("fit") + b"K\x01sb.")
    yield Hostile("sets-item.pkl", b"\x80\x02csys\nmodules\n" + text("x") + b"K\x01s.")
    yield Hostile("sets-listed-item.pkl", b"\x80\x02ccollections\nOrderedDict\n" + text("x") + b"K\x01s.")
    own = b"\x80\x02csklearn.pipeline\nPipeline\n)\x81}" + text("__setstate__") + b"cnumpy\nlog\nsbK\x01b."
    yield Hostile("own-setstate.pkl", own)
    yield Hostile("own-append.pkl", own.replace(text("__setstate__"), text("append")).replace(b"sbK\x01b", b"sbK\x01a"))
    yield Hostile(
        "own-class.pkl", b"\x80\x02csklearn.pipeline\nPipeline\n)\x81N}" + text("__class__") + b"cnumpy\nlog\ns\x86b."
    )
    yield Hostile("distribution.pkl", b"\x80\x02cscipy.stats._continuous_distns\nnorm_gen\n)\x81.", "needs-review")
    code = b"ccloudpickle.cloudpickle\n_builtin_type\n" + text("CodeType") + b"\x85R"
    yield Hostile("stored-code.pkl", b"\x80\x02" + code + b")R.", "needs-review")
    function = b"ccloudpickle.cloudpickle\n_make_function\n" + code + b")R}NNN"
    yield Hostile(
        "stored-code-called.pkl", b"\x80\x02" + function.replace(b"_make_function\n", b"_make_function\n(") + b"tR)R."
    )
    yield Hostile("dill-called.pkl", b"\x80\x02cdill._dill\n_create_function\n)R)R.")
    yield Hostile("foreign-class.pkl", b"\x80\x02ctheirs.models\nModel\n)\x81}b.", "needs-review")
    yield Hostile("main-class.pkl", b"\x80\x02c__main__\nModel\n)\x81}b.", "needs-review")
    yield Hostile(
        "constructor.pkl",
        b"\x80\x02cxgboost.core\nBooster\nN" + value(()) + b"0" + text(marker) + b"\x86R.",
        "needs-review",
    )
    yield Hostile("persistent.pkl", b"\x80\x02" + text("x") + b"Q.", "needs-review")
    yield Hostile("buffer.pkl", b"\x80\x05\x97.", "needs-review")
    yield Hostile("cut.pkl", pickle.dumps(list(range(300)))[:-9], "needs-review")
    yield Hostile("trailing.pkl", pickle.dumps(1) + b"hello", "needs-review")


def joblib_hiding(payload: bytes) -> bytes:
    """A joblib file whose array, of the old kind without padding, is a pickle to whoever reads it with pickle."""
    state = b"}(" + text("subclass") + b"cnumpy\nndarray\n" + text("shape") + b"K" + bytes([len(payload)]) + b"\x85"
    state += (
        text("order")
        + text("C")
        + text("dtype")
        + b"cnumpy\ndtype\n"
        + text("u1")
        + b"\x85R"
        + text("allow_mmap")
        + b"\x88u"
    )
    return b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"b" + payload + b"."


def contained(marker: str) -> Iterator[Hostile]:
    """The payload inside of something, or under another name."""
    payload = call("os", "system", f"touch {marker}")
    nested = archive({"b.zip": archive({"c.bin": payload})})
    yield Hostile("picture.png", payload, runs=True)
    yield Hostile("no-extension", payload, runs=True)
    yield Hostile("readme.txt", f"cos\nsystem\n(S'touch {marker}'\ntR.".encode(), runs=True)
    yield Hostile("one.zip", archive({"a.pkl": payload}))
    yield Hostile("stored.zip", archive({"a.pkl": payload}, zipfile.ZIP_STORED))
    yield Hostile("zip-in-zip.bin", nested)
    yield Hostile("deep.zip", archive({"a": gzip.compress(bz2.compress(nested))}))
    yield Hostile("a.gz", gzip.compress(payload))
    yield Hostile(
        "two-members.gz", gzip.compress(b"hello") + gzip.compress(b"") + gzip.compress(payload), "needs-review"
    )
    yield Hostile("a.bz2", bz2.compress(payload))
    yield Hostile("a.xz", lzma.compress(payload))
    yield Hostile("a.lzma", lzma.compress(payload, lzma.FORMAT_ALONE))
    yield Hostile("a.joblib", zlib.compress(payload))
    yield Hostile("cut.gz", gzip.compress(payload + b"x" * 9)[:-6])
    yield Hostile("a.tar", tar((tarfile.TarInfo("a.pkl"), payload)))
    yield Hostile("a.tar.gz", gzip.compress(tar((tarfile.TarInfo("a.pkl"), payload))))
    yield Hostile("objects.npy", npy("|O", payload))
    yield Hostile("objects.npz", archive({"a.npy": npy("|O", payload)}))
    yield Hostile("torch.pt", archive({"m/data.pkl": payload, "m/version": b"3\n"}, zipfile.ZIP_STORED))
    yield Hostile(
        "torch-extra.pt", archive({"m/data.pkl": pickle.dumps({}), "m/extra.pkl": payload}, zipfile.ZIP_STORED)
    )
    yield Hostile("picture-and-zip.png", PNG + archive({"a.pkl": payload}))
    yield Hostile("pickle-and-zip.pkl", pickle.dumps(1) + archive({"a.pkl": payload}))
    zipped = archive({"a.pkl": payload})
    described: dict[str, object] = {"t": {"dtype": "U8", "shape": [len(zipped)], "data_offsets": [0, len(zipped)]}}
    yield Hostile("tensors-and-zip.safetensors", tensors(described, zipped))
    yield Hostile("hidden-in-array.joblib", joblib_hiding(payload[2:]), runs=True)
    local = bytearray(archive({"a.pkl": payload}, zipfile.ZIP_STORED))
    local[:30] = local[:26] + b"\x05\x00" + local[28:30]
    yield Hostile("other-local-name.zip", bytes(local))
    node = {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}
    yield Hostile("function.skops", archive({"schema.json": json.dumps(node).encode()}))
    old = {"__class__": "x", "__module__": "numpy", "__loader__": "FunctionNode", "protocol": 0}
    old_node = old | {"__class__": "log", "content": {"module_path": "os", "function": "system"}}
    yield Hostile("old-function.skops", archive({"schema.json": json.dumps(old_node).encode()}))
    made = {"__class__": "Popen", "__module__": "subprocess", "__loader__": "ConstructorFromReduceNode", "content": []}
    yield Hostile("constructor.skops", archive({"schema.json": json.dumps(made).encode()}))
    method = {"__class__": "Pipeline", "__module__": "sklearn.pipeline", "__loader__": "MethodNode", "content": {}}
    yield Hostile("method.skops", archive({"schema.json": json.dumps(method).encode()}), "needs-review")


def others(marker: str) -> Iterator[Hostile]:
    """Files that need no pickle to be dangerous, or that nobody can vouch for."""
    yield Hostile("traversal.zip", archive({"../../x": b"x"}))
    yield Hostile("absolute.zip", archive({"/etc/x": b"x"}))
    yield Hostile("backslash.zip", archive({"..\\x": b"x"}))
    yield Hostile("link.zip", zip_link())
    yield Hostile("link.tar", tar(tar_link("a", "/etc/passwd")))
    yield Hostile("traversal.tar", tar((tarfile.TarInfo("../x"), b"x")))
    yield Hostile("elf.txt", b"\x7fELF" + bytes(60))
    yield Hostile("program.json", b"MZ" + bytes(60))
    yield Hostile("code.pyc", b"\xa7\x0d\x0d\x0a" + bytes(12) + marshal.dumps(compile("1", "x", "exec")))
    yield Hostile("MLmodel", b"flavors: !!python/object/apply:os.system ['touch %s']\n" % marker.encode())
    yield Hostile("javascript.yaml", b"a: !!js/function 'function(){}'\n")
    yield Hostile("model.safetensors.index.json", b'{"weight_map": {"a": "../../etc/passwd"}}')
    yield Hostile("bomb.gz", gzip.compress(bytes(64 << 20)), "needs-review")
    yield Hostile("bomb.zip", archive({"a": bytes(64 << 20)}), "needs-review")
    yield Hostile("bomb.yaml/MLmodel", b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(8)
    ), "needs-review")  # fmt: skip
    yield Hostile("deep.json", b"[" * 100_000, "needs-review")
    yield Hostile("program.txt", b"import os\nos.getcwd()\n", "needs-review")
    yield Hostile("script", b"#!/bin/sh\necho\n", "needs-review")
    yield Hostile("page.md", b"<script>alert(1)</script>", "needs-review")
    yield Hostile("notebook", b'{"cells": [], "nbformat": 4}', "needs-review")
    yield Hostile("config.json", b'{"auto_map": {"AutoModel": "theirs.Model"}}', "needs-review")
    yield Hostile(
        "gap.safetensors", tensors({"t": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}}, b"xx"), "needs-review"
    )
    yield Hostile(
        "tail.safetensors", tensors({"t": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}, b"xx"), "needs-review"
    )
    yield Hostile("tail.png", PNG + b"hello", "needs-review")
    yield Hostile("tail.npy", npy("|u1", b"xx"), "needs-review")
    yield Hostile("commented.zip", archive({"a": b"x"})[:-2] + b"\x01\x00x", "needs-review")
    yield Hostile("unknown.bin", bytes(range(256)), "needs-review")
    yield Hostile("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "needs-review")
    yield Hostile("bidi.txt", "if a\N{RIGHT-TO-LEFT OVERRIDE}b".encode(), "needs-review")
    for name, line in {
        "index": "--extra-index-url http://x/\nnumpy==1.0",
        "vcs": "git+https://x/y.git",
        "at": "x @ https://x/y.whl",
        "editable": "-e .",
        "path": "./x.whl",
    }.items():
        yield Hostile(f"{name}/requirements.txt", line.encode(), "needs-review")
    yield Hostile("conda.yaml", b"channels: [https://x/]\ndependencies: [{pip: ['-i http://x/']}]\n", "needs-review")
    flavor = "flavors: {python_function: {loader_module: %s}}\n"
    yield Hostile("foreign/MLmodel", (flavor % "theirs.loader").encode(), "needs-review")
    yield Hostile("pyfunc/MLmodel", (flavor % "mlflow.pyfunc.model").encode(), "needs-review")
    yield Hostile("stdlib/MLmodel", (flavor % "runpy").encode())
    yield Hostile("code/MLmodel", (flavor % "mlflow.sklearn, code: code").encode(), "needs-review")
    yield Hostile("outside/MLmodel", (flavor % "mlflow.sklearn, model_path: ../../x").encode())


def corpus(folder: str) -> list[Hostile]:
    """Every hostile file. What item number n runs would make the file marker-n in `folder`."""
    marker = f"{folder}/marker-000"
    makers = (called, written, walked, bent, contained, others)
    items = [item for make in makers for item in make(marker)]
    return [_numbered(item, number) if item.runs else item for number, item in enumerate(items)]


def _numbered(item: Hostile, number: int) -> Hostile:
    return item._replace(data=item.data.replace(b"marker-000", b"marker-%03d" % number))
