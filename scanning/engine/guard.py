"""A second line inside the engine process: actions that no reader needs stop it, whatever made them happen."""

import importlib
import sys

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
    "utf_8_sig",
)


def load_what_comes_late() -> None:
    """Load what is loaded on first use otherwise: afterwards there is no file to load it from."""
    for name in LATE:
        importlib.import_module(f"encodings.{name}")


def forbid_side_effects() -> None:
    """From now on no file, process, connection, import, code or unpickling in this process. Cannot be undone."""

    def watch(event: str, _: tuple[object, ...]) -> None:
        if event.startswith(FORBIDDEN):
            raise PermissionError(f"the scan engine does not do {event}")

    sys.addaudithook(watch)
