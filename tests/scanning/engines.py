"""Engines that misbehave, for the tests of what holds them; and a look at a live one from outside."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from scanning import sandbox
from scanning.sandbox import ScanFile

SHUT = "shut_the_door()\n"


@contextmanager
def engine_that(acts: str, *, before: str = "", door: str = SHUT) -> Iterator[None]:
    """Let the sandbox run another engine: it sets its limits, shuts the door, and then does this."""
    real = sandbox.ENGINE
    sandbox.isolation()
    # Not below the tests' own folder, which the account of the engine may not enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        engine = Path(folder) / "engine.py"
        start = real.read_text().partition("if __name__")[0]
        loads = f"import json, os, resource, socket, struct, time\n{before}"
        engine.write_text(f"{start}\n{loads}\nset_limits(sys.argv[1:])\n{door}{acts}\n")
        sandbox.ENGINE = engine
        try:
            yield
        finally:
            sandbox.ENGINE = real


class Process(NamedTuple):
    """A process of this machine, told from a later one with the same number by the time of its start."""

    pid: int
    started: str
    parent: int

    @property
    def folder(self) -> Path:
        """Where the kernel tells of it."""
        return Path("/proc") / str(self.pid)

    @property
    def is_alive(self) -> bool:
        """Whether it runs; a zombie does not."""
        return self in _processes()


_others: set[Process] = set()


def note_others() -> None:
    """What lives below this process now belongs to other tests, and so does whatever it starts: servers, browsers."""
    _others.clear()
    _others.update(engines())


def engines(top: int = 0) -> list[Process]:
    """Everything that lives below a process, this one if none is named, but for others; parents before children."""
    found = {top or os.getpid()}
    below = []
    waiting = [process for process in _processes() if process not in _others]
    while more := [process for process in waiting if process.parent in found]:
        below += more
        found |= {process.pid for process in more}
        waiting = [process for process in waiting if process.pid not in found]
    return below


def _processes() -> list[Process]:
    """Everything that runs on this machine."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent, *rest = (folder / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if state != "Z":
            found.append(Process(int(folder.name), rest[17], int(parent)))
    return found


class Window:
    """A file of the size of a block; when it is read, somebody looks at the engine that waits for it."""

    def __init__(self, look: Callable[[Path], None]) -> None:
        self.look = look
        self.looked = False

    def read(self, start: int, length: int) -> bytes:
        """Spaces, which are a text."""
        self.look(engines()[-1].folder)
        self.looked = True
        return b" " * length

    def close(self) -> None:
        """There is nothing to close."""

    def as_file(self) -> ScanFile:
        """This as a file of a job."""
        return ScanFile("window", self, 10)


def limits_of(process: Path) -> dict[str, tuple[str, str]]:
    """Soft and hard limits by the names that the kernel gives them."""
    found = {}
    for line in (process / "limits").read_text().splitlines()[1:]:
        name, soft, hard = line[:26].strip(), line[26:47].strip(), line[47:68].strip()
        found[name] = (soft, hard)
    return found


def status_of(process: Path) -> dict[str, list[str]]:
    """The words of a process's status by their names."""
    lines = (line.partition(":") for line in (process / "status").read_text().splitlines())
    return {name: rest.split() for name, _, rest in lines}


def streams_of(process: Path) -> dict[int, str]:
    """Where every open descriptor leads."""
    return {int(entry.name): os.readlink(entry) for entry in (process / "fd").iterdir()}
