"""Callables of the standard library that reach a command, a file or an import without being named for it."""

from __future__ import annotations

from tests.scanning.corpus.assembly import Raw, call, name, new, pickled, stacked
from tests.scanning.engine.hostile import Hostile

SYSTEM = name("posix", "system")
OS = name("shutil", "os")
Pair = tuple[str, Raw]


def gadgets(marker: str) -> list[Hostile]:
    """Pickles that run code or write a file by a gadget of the standard library."""
    touch = f"touch {marker}"
    code = f"open({marker!r}, 'w').close()"
    pairs = [*_indirect(touch), *_lazy(touch), *_commands(marker), *_code(code), *_writers(marker)]
    return [Hostile(f"gadget-{title}.pkl", pickled(value), "unsafe", True) for title, value in pairs] + _waiting(touch)


def _indirect(touch: str) -> list[Pair]:
    getattribute = name("builtins", "getattr")
    return [
        ("getattr", call(call(getattribute, OS, "system"), touch)),
        (
            "getattr-chain",
            call(call(getattribute, call(getattribute, name("shutil", "copy"), "__globals__"), "get"), "os")
            + Raw(b"0")
            + call(call(getattribute, OS, "system"), touch),
        ),
        (
            "attrgetter",
            call(call(call(name("operator", "attrgetter"), "os.system"), name("posixpath", "genericpath")), touch),
        ),
        ("methodcaller", call(call(name("operator", "methodcaller"), "system", touch), OS)),
        ("operator-call", call(name("_operator", "call"), SYSTEM, touch)),
        ("partial", call(call(name("functools", "partial"), SYSTEM, touch))),
        (
            "reduce-getattr",
            call(call(name("functools", "reduce"), getattribute, [name("genericpath", "os"), "system"]), touch),
        ),
        ("resolve-name", call(call(name("pkgutil", "resolve_name"), "os:system"), touch)),
        ("pydoc-locate", call(call(name("pydoc", "locate"), "os.system"), touch)),
        ("importlib", call(call(getattribute, call(name("importlib", "import_module"), "os"), "system"), touch)),
        (
            "itemgetter",
            call(call(call(name("operator", "itemgetter"), "system"), call(name("builtins", "vars"), OS)), touch),
        ),
        (
            "modules-getitem",
            call(call(getattribute, call(name("operator", "getitem"), name("sys", "modules"), "os"), "system"), touch),
        ),
        (
            "globals-of-function",
            call(call(name("_operator", "getitem"), stacked("shutil", "os.__dict__"), "system"), touch),
        ),
        ("mock-resolve", call(call(stacked("unittest.mock", "pkgutil.resolve_name"), "os:system"), touch)),
        ("logging-resolve", call(stacked("logging", "os.system"), touch)),
        ("method-type", call(call(name("types", "MethodType"), SYSTEM, touch))),
        ("context-run", call(call(getattribute, call(name("contextvars", "copy_context")), "run"), SYSTEM, touch)),
        (
            "lru-cache",
            call(
                call(name("functools", "_lru_cache_wrapper"), SYSTEM, 1, False, name("functools", "_CacheInfo")), touch
            ),
        ),
        ("singledispatch", call(call(name("functools", "singledispatch"), SYSTEM), touch)),
        ("staticmethod", call(call(name("builtins", "staticmethod"), SYSTEM), touch)),
        ("thread-pool", call(name("multiprocessing.pool", "ThreadPool"), 1, SYSTEM, (touch,))),
    ]


def _lazy(touch: str) -> list[Pair]:
    lazy = call(name("builtins", "map"), SYSTEM, [touch])
    return [
        ("map-list", call(name("builtins", "list"), lazy)),
        ("map-deque", call(name("collections", "deque"), lazy, 0)),
        ("map-set", call(name("builtins", "set"), lazy)),
        ("map-ordered", call(name("builtins", "sum"), lazy)),
        ("map-dict-update", call(name("collections", "Counter"), lazy)),
        ("map-array", call(name("array", "array"), "l", lazy)),
        ("map-bytearray", call(name("builtins", "bytearray"), lazy)),
        ("filter-frozenset", call(name("builtins", "frozenset"), call(name("builtins", "filter"), SYSTEM, [touch]))),
        ("starmap", call(name("collections", "deque"), call(name("itertools", "starmap"), SYSTEM, [(touch,)]))),
        ("takewhile", call(name("builtins", "list"), call(name("itertools", "takewhile"), SYSTEM, [touch]))),
        ("dropwhile", call(name("builtins", "tuple"), call(name("itertools", "dropwhile"), SYSTEM, [touch]))),
        ("groupby", call(name("builtins", "tuple"), call(name("itertools", "groupby"), [touch], SYSTEM))),
        ("nsmallest-key", call(name("heapq", "nsmallest"), 1, [touch], SYSTEM)),
        ("bisect-key", call(call(name("functools", "partial"), name("heapq", "nlargest"), 1, [touch]), SYSTEM)),
        (
            "iter-sentinel",
            call(
                name("builtins", "next"),
                call(name("builtins", "iter"), call(name("functools", "partial"), SYSTEM, touch), 1),
            ),
        ),
        ("dict-fromkeys", call(stacked("builtins", "dict.fromkeys"), lazy)),
        ("map-any", call(name("builtins", "any"), lazy)),
        ("map-in", call(name("_operator", "contains"), lazy, 0)),
        (
            "map-join",
            call(
                stacked("builtins", "str.join"),
                "",
                call(name("builtins", "map"), name("subprocess", "getoutput"), [touch]),
            ),
        ),
    ]


def _commands(marker: str) -> list[Pair]:
    words, line = ["touch", marker], f"touch {marker}"
    wait = name("_operator", "methodcaller")
    return [
        ("uuid", call(name("uuid", "_get_command_stdout"), *words)),
        ("osx-support", call(name("_osx_support", "_read_output"), line, True)),
        ("imaplib", call(name("imaplib", "IMAP4_stream"), line)),
        ("webbrowser", call(call(wait, "open", marker), call(name("webbrowser", "GenericBrowser"), ["touch", "%s"]))),
        ("pty", call(name("pty", "spawn"), words)),
        ("posix-spawn", call(name("posix", "posix_spawn"), "/usr/bin/touch", words, {})),
        ("spawnlp", call(name("os", "spawnlp"), 0, *["touch", *words])),
        ("setuptools-spawn", call(name("setuptools._distutils.spawn", "spawn"), words)),
        ("script-helper", call(name("test.support.script_helper", "spawn_python"), "-c", f"open({marker!r},'w')")),
        ("popen-method", call(stacked("subprocess", "Popen"), line, -1, None, None, None, None, None, True, True)),
        ("spawnv-passfds", call(name("multiprocessing.util", "spawnv_passfds"), b"/usr/bin/touch", words, [])),
        ("pipes", call(call(wait, "open", marker, "w"), call(name("pipes", "Template")))),
        (
            "ctypes",
            call(call(name("builtins", "getattr"), call(name("ctypes", "CDLL"), None), "system"), line.encode()),
        ),
        ("pythonapi", call(stacked("ctypes", "pythonapi.PyRun_SimpleString"), f"open({marker!r},'w')".encode())),
    ]


def _code(code: str) -> list[Pair]:
    wait = name("_operator", "methodcaller")
    compiled = call(name("builtins", "compile"), code, "x", "exec")
    return [
        ("timeit", call(name("timeit", "timeit"), code, "pass", name("time", "time"), 1)),
        ("profile", call(name("cProfile", "run"), code, "/dev/null")),
        ("trace", call(call(wait, "runctx", code, {}, {}), call(name("trace", "Trace"), 0, 0))),
        ("interpreter", call(call(wait, "runsource", code), call(name("code", "InteractiveInterpreter")))),
        ("exec-compiled", call(name("builtins", "exec"), compiled, {})),
        (
            "function-type",
            call(call(name("types", "FunctionType"), compiled, {"__builtins__": name("builtins", "__dict__")})),
        ),
        ("reduce-exec", call(name("functools", "reduce"), name("builtins", "exec"), [code, {}])),
        (
            "source-loader",
            call(name("_frozen_importlib", "_call_with_frames_removed"), name("builtins", "exec"), code, {}),
        ),
        (
            "forward-reference",
            call(
                name("typing", "_eval_type"), call(name("typing", "ForwardRef"), code.replace(".close()", "")), {}, {}
            ),
        ),
        ("dataclass", call(name("dataclasses", "_create_fn"), "f", [f"a={code[:-8]}"], ["pass"])),
        (
            "subinterpreter",
            call(name("_xxsubinterpreters", "run_string"), call(name("_xxsubinterpreters", "create")), code),
        ),
        ("bdb", call(call(wait, "run", code, {}, {}), call(name("bdb", "Bdb")))),
        (
            "code-replace",
            call(
                call(
                    name("types", "FunctionType"),
                    call(stacked("types", "CodeType.replace"), compiled),
                    {"__builtins__": name("builtins", "__dict__")},
                )
            ),
        ),
        ("doctest", call(name("doctest", "debug_script"), code, True, {})),
    ]


def _writers(marker: str) -> list[Pair]:
    return [
        ("open", call(name("_io", "open"), marker, "w")),
        ("file-io", call(name("_io", "FileIO"), marker, "w")),
        ("newobj-open", call(name("_pyio", "open"), marker, "w")),
        ("os-open", call(name("posix", "open"), marker, 0o102)),
        ("mkdir", call(name("posix", "mkdir"), marker)),
        ("symlink", call(name("posix", "symlink"), "/dev/null", marker)),
        ("copy", call(name("shutil", "copyfile"), "/etc/hostname", marker)),
        ("path-touch", call(stacked("pathlib", "Path.touch"), call(name("pathlib", "PosixPath"), marker))),
        ("log-handler", call(name("logging", "FileHandler"), marker)),
        ("rotating-handler", call(name("logging.handlers", "RotatingFileHandler"), marker)),
        ("sqlite", call(stacked("sqlite3", "Connection"), marker)),
        ("zip-file", call(name("zipfile", "ZipFile"), marker, "w")),
        ("gzip-file", call(name("gzip", "GzipFile"), marker, "wb")),
        ("lzma-file", call(name("lzma", "LZMAFile"), marker, "w")),
        ("wave", call(name("wave", "open"), marker, "wb")),
        ("mailbox", call(name("mailbox", "mbox"), marker)),
        ("urlretrieve", call(name("urllib.request", "urlretrieve"), "file:///etc/hostname", marker)),
        ("temporary", call(name("tempfile", "mkdtemp"), "", marker.rsplit("/", 1)[-1], marker.rsplit("/", 1)[0])),
        ("codecs", call(name("codecs", "open"), marker, "w")),
        ("dbm", call(name("dbm.dumb", "open"), marker, "n")),
        ("tokenize", call(name("tokenize", "_builtin_open"), marker, "w")),
    ]


def _waiting(touch: str) -> list[Hostile]:
    """The call comes when the process ends or the object is dropped: a loader that lives on runs it later."""
    return [
        Hostile("gadget-atexit.pkl", pickled(call(name("atexit", "register"), SYSTEM, touch))),
        Hostile(
            "gadget-finalize.pkl",
            pickled(call(name("weakref", "finalize"), new(name("argparse", "Namespace")), SYSTEM, touch)),
            "unsafe",
            True,
        ),
        Hostile(
            "gadget-signal.pkl",
            pickled(call(name("_signal", "signal"), 10, call(name("functools", "partial"), SYSTEM, touch))),
        ),
        Hostile("gadget-import-side-effect.pkl", pickled(name("antigravity", "fly"))),
        Hostile(
            "gadget-environment.pkl", b"\x80\x04" + name("os", "environ") + b"\x8c\x0aLD_PRELOAD\x8c\x05/x.so" + b"s."
        ),
        Hostile("gadget-sys-path.pkl", b"\x80\x04" + name("sys", "path") + b"\x8c\x08/tmp/xyza."),
        Hostile("gadget-profile-hook.pkl", pickled(call(name("sys", "setprofile"), SYSTEM))),
        Hostile("gadget-exit.pkl", pickled(call(name("posix", "_exit"), 0))),
        Hostile("gadget-connect.pkl", pickled(call(name("socket", "create_connection"), ("192.0.2.1", 9), 1))),
        Hostile(
            "gadget-read-secret.pkl",
            pickled(
                {"x": call(call(name("_operator", "methodcaller"), "read"), call(name("_io", "open"), "/etc/passwd"))}
            ),
        ),
    ]
