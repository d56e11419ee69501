"""The engine as a process: one JSON job on standard input, one JSON report on standard output.

Arguments are limits, set before anything is read: `AS=1073741824 CPU=60 FSIZE=0 ALARM=180`.
"""

import resource
import signal
import sys
from pathlib import Path


def set_limits(arguments: list[str]) -> None:
    """Set each `NAME=value` as RLIMIT_NAME, soft and hard; ALARM is the wall time in seconds."""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name == "ALARM":
            signal.alarm(int(value))
        else:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(value), int(value)))


if __name__ == "__main__":
    set_limits(sys.argv[1:])
    # Isolated mode leaves the folder of the script out of the path; at the end, so that nothing here shadows a library.
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from scanning.engine import guard, jobs

    guard.forbid_side_effects()
    sys.exit(jobs.answer(sys.stdin.buffer, sys.stdout.buffer))
