"""A second line inside the engine process: actions that no reader needs stop it, whatever made them happen."""

import os
import sys

FORBIDDEN = (
    "ctypes.",
    "ftplib.",
    "http.client.",
    "os.chmod",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.putenv",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.spawn",
    "os.symlink",
    "os.system",
    "os.truncate",
    "pickle.find_class",
    "pty.spawn",
    "shutil.",
    "socket.",
    "subprocess.",
    "urllib.",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def forbid_side_effects() -> None:
    """From now on no process, connection, unpickling or writing to files in this process. Cannot be undone."""

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            flags = arguments[2] if len(arguments) > 2 else 0
            if isinstance(flags, int) and flags & WRITING:
                raise PermissionError("the scan engine does not write files")
        elif event.startswith(FORBIDDEN):
            raise PermissionError(f"the scan engine does not do {event}")

    sys.addaudithook(watch)
