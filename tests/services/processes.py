"""Starting and ending the servers that the tests need."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Missing(Exception):
    """A part that this machine cannot give; the text says why in one line."""


def free_port() -> int:
    """A port on the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def last_line(text: str) -> str:
    """The last line that says something."""
    return text.strip().rpartition("\n")[2] or "it said nothing"


@contextmanager
def running(
    command: Sequence[str | Path], log: Path, *, ready: bytes, stop: signal.Signals = signal.SIGTERM, **options: Any
) -> Iterator[None]:
    """Run a server for as long as the block lasts, from when it writes `ready` into its log; `stop` ends it.

    It gets a session of its own, so that Ctrl-C ends the tests first. Raises Missing if it does not come up.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_bound_to_us(stop),  # noqa: PLW1509  there are no threads yet when pytest starts
            **options,
        )
    try:
        _wait(process, log, ready)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _bound_to_us(stop: signal.Signals) -> Callable[[], object] | None:
    """The first deed of a new process: have the kernel send it `stop` when this one dies, even by kill -9."""
    if sys.platform != "linux":
        return None
    prctl, parent_death_signal = ctypes.CDLL(None).prctl, 1
    return lambda: prctl(parent_death_signal, int(stop))


def _wait(process: subprocess.Popen[bytes], log: Path, ready: bytes, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while ready not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > end:
            raise Missing(f"it did not start: {last_line(log.read_text(errors='replace'))}")
        time.sleep(0.02)
