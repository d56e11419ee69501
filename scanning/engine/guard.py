"""A second line inside the engine process: actions that no reader needs stop it, whatever made them happen."""

import importlib
import pkgutil
import sys
import warnings
from pathlib import Path

FORBIDDEN = (
    "code.__new__",
    "ctypes.",
    "exec",
    "fcntl.",
    "ftplib.",
    "function.__new__",
    "glob.",
    "http.client.",
    "import",
    "marshal.",
    "mmap.",
    "open",
    "os.",
    "pathlib.",
    "pickle.find_class",
    "pty.",
    "resource.setrlimit",
    "shutil.",
    "signal.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "syslog.",
    "tempfile.",
    "urllib.",
    "webbrowser.",
)
# What the standard library loads only when it is needed: the encodings that a file may name.
LATE = (
    "ascii",
    "cp1252",
    "cp437",
    "idna",
    "iso8859_1",
    "latin_1",
    "raw_unicode_escape",
    "unicode_escape",
    "utf_16",
    "utf_16_be",
    "utf_16_le",
    "utf_32",
    "utf_7",
    "utf_8",
    "utf_8_sig",
)


def load_what_comes_late() -> None:
    """Load what is loaded on first use otherwise: afterwards there is nothing to load it from.

    Every module of the engine; what a function without arguments keeps for good (functools.cache); encodings; and
    whatever the function `load_late` of a module loads.
    """
    for name in LATE:
        importlib.import_module(f"encodings.{name}")
    for found in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if found.name.startswith(("make_", "__")):
            continue
        module = importlib.import_module(f"scanning.engine.{found.name}")
        for value in list(vars(module).values()):
            if hasattr(value, "cache_info") and not value.__wrapped__.__code__.co_argcount:
                value()
        if load_late := getattr(module, "load_late", None):
            load_late()


def forbid_side_effects() -> None:
    """From now on no file, process, connection, import, code or unpickling in this process. Cannot be undone."""

    # A warning about what a file says would look for the line that it is about.
    warnings.simplefilter("ignore")

    def watch(event: str, _: tuple[object, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"the scan engine does not do {event}")

    sys.addaudithook(watch)
