"""The engine as a process: one job and the bytes it asks for on standard input, one JSON report on standard output.

Arguments are limits, set before anything is read: `AS=1073741824 CPU=60 FSIZE=0 ALARM=180`.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

STANDARD_STREAMS = 3
NOBODY = 65534


def set_limits(arguments: list[str]) -> None:
    """Set each `NAME=value` as RLIMIT_NAME, soft and hard; ALARM is the wall time in seconds."""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name == "ALARM":
            signal.alarm(int(value))
        else:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(value), int(value)))


def if_allowed(step: Callable[[Any], object], argument: object) -> None:
    """Take a step that this system may not let us take."""
    with suppress(OSError):
        step(argument)


def shut_the_door() -> None:
    """From now on there is nothing to open: no descriptor is left for it and, where the system lets us, no path.

    Root becomes nobody. Whatever the engine needs has to be loaded by now.
    """
    # A folder in which nobody can make anything.
    if_allowed(os.chroot, "/proc/self/fdinfo")
    if_allowed(os.chdir, "/")
    if os.geteuid() == 0:
        # Root of a user namespace is no root outside of it, and can be nobody else.
        if_allowed(os.setgroups, [])
        if_allowed(os.setgid, NOBODY)
        if_allowed(os.setuid, NOBODY)
    set_limits([f"NOFILE={STANDARD_STREAMS}"])


if __name__ == "__main__":
    set_limits(sys.argv[1:])
    # Isolated mode leaves the folder of the script out of the path; at the end, so that nothing here shadows a library.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from scanning.engine import guard, jobs, line

    guard.load_what_comes_late()
    shut_the_door()
    guard.forbid_side_effects()
    sys.exit(jobs.answer(line.Line(sys.stdin.fileno()), sys.stdout.buffer))
