"""Loads pickles for real, one after the other, and says what any of them did that loading a model must not do.

Run in a process of its own: `python watching.py module,module file ...`. One line for each file that is begun, and one
for everything that a file opened, imported, compiled or ran; a crash is for the caller to notice.
"""

import contextlib
import importlib
import io
import pickle
import resource
import sys
import warnings

ENCODINGS = ["encodings.latin_1", "encodings.ascii", "encodings.utf_8", "encodings.iso8859_1"]
# What libraries import when they first need it, whatever the file says; listed modules may be imported anyway.
ALLOWED_IMPORTS = frozenset({"encodings", "numpy", "pandas", "scipy", "sklearn", "dateutil", "pytz", "joblib"})
WATCHED = (
    "code.", "compile", "ctypes.", "exec", "function.__new__", "import", "marshal.", "object.__setattr__", "open",
    "os.", "pty.", "shutil.", "socket.", "subprocess.", "sys.settrace", "tempfile.", "urllib.", "webbrowser.",
)  # fmt: skip
MEMORY = 6 << 30


class Watch:
    """An audit hook that notes events while a pickle is loaded."""

    def __init__(self, roots: frozenset[str] = frozenset()) -> None:
        self.roots = roots | ALLOWED_IMPORTS
        self.is_loading = False
        self.seen: list[str] = []

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.is_loading or not event.startswith(WATCHED):
            return
        first = arguments[0] if arguments else None
        if event == "import" and str(first).partition(".")[0] in self.roots:
            return
        # NumPy reads literals in type strings with Python's parser, and warnings show the lines that they come from.
        if event == "compile" and isinstance(first, bytes) and len(first) < 32:
            return
        if event == "open" and str(first).endswith(".py") and arguments[1] == "r":
            return
        self.seen.append(f"{event} {str(arguments)[:200]}")

    def load(self, data: bytes) -> list[str]:
        """What loading these bytes did; that it failed does not matter."""
        self.seen.clear()
        self.is_loading = True
        with contextlib.suppress(BaseException):
            kept = pickle.load(io.BytesIO(data))
            del kept
        self.is_loading = False
        return list(self.seen)


def prepare(modules: list[str]) -> None:
    """Import what could be named, so that only what is unexpected is imported later."""
    for module in [*ENCODINGS, *modules]:
        with contextlib.suppress(Exception):
            importlib.import_module(module)


def main(modules: str, files: list[str]) -> None:
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    listed = modules.split(",")
    prepare(listed)
    watch = Watch(frozenset(module.partition(".")[0] for module in listed))
    sys.addaudithook(watch)
    for path in files:
        with open(path, "rb") as file:
            data = file.read()
        sys.stdout.write(f"at {path}\n")
        sys.stdout.flush()
        for deed in watch.load(data):
            sys.stdout.write(f"did {path} {deed}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
