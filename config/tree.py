"""The whole of Gatehouse in one process tree: `python -m config.tree [--once] [-- command ...]`.

    supervisor ── worker   Celery with its beat, threads in one process
               ── web      granian and its workers
               ── guard    kills the others when the supervisor is killed

Each child leads a process group of its own, so that nothing it starts outlives it. The command, if there is one, runs
as soon as the server answers; with `--once` its end is the end of the tree, and its status the tree's.
What is prepared before is in `prepare`; how a production install spreads these processes is not decided here.
"""

import argparse
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from config import environment

HERE = Path(__file__).resolve().parent.parent
START_SECONDS = 90  # until a child is ready
STOP_SECONDS = 10  # from the polite signal to the kill
DEATHS_ALLOWED, DEATHS_SECONDS = 4, 60  # more deaths of one child in this time end the tree

# Threads, not forks: a task waits for files, the database and the scanner's own process, and one process holds Django
# once. Threads cannot enforce Celery's time limits; the scanner's process has a limit of its own.
WORKER = ["celery", "-A", "config", "-q", "worker", "--pool=threads", "--concurrency=2", "--beat", "--loglevel=WARNING"]
# Blocking threads bound the requests at work, uploads included; what comes on top waits its turn. Granian's
# `backpressure` would bound connections instead, and idle ones that a client keeps open would shut out the others.
WEB = ["granian", "--interface=wsgi", "--http=1", "--no-ws", "--workers=2", "--blocking-threads=8", "--log-level=error"]
WEB += ["--workers-kill-timeout=5", "--host=127.0.0.1", "config.wsgi:application"]


class CannotStart(Exception):
    """Why, in a sentence for the person at the terminal."""


class Stopped(Exception):
    """Somebody asked us to stop."""


@dataclass
class Child:
    """One process that we start; `deaths` are the times of its unexpected ends."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=deque)
    starts_at: float = 0.0

    def has_ended(self) -> bool:
        """Whether it runs no more. It is not reaped yet, so that its number still stands for its group."""
        ended = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return self.process is None or os.waitid(os.P_PID, self.process.pid, ended) is not None


class Tree:
    """Starts, watches and stops the children."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.ready_file = folder / "run" / "worker-ready"
        self.environment = os.environ | {
            "DATA_DIR": str(folder),
            "PORT": str(port),
            "GATEHOUSE_URL": f"http://127.0.0.1:{port}",
            "WORKER_READY_FILE": str(self.ready_file),
        }
        self.worker = Child("worker", [sys.executable, "-m", *WORKER])
        self.web = Child("web server", [sys.executable, "-m", *WEB, f"--port={port}"])
        self.children: list[Child] = []  # those that run or wait for their next start
        self.signals: SimpleQueue[int] = SimpleQueue()  # unlike an Event, it may be filled from a signal handler
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda number, _: self.signals.put(number))
        self.guard, self.guard_pid = _start_guard()

    def run(self, command: list[str], *, once: bool) -> int:
        """Bring everything up and keep it up; says the exit status."""
        try:
            self.finish(Child("preparation", [sys.executable, "-m", "config.prepare"]), "The database is not ready.")
            self.ready_file.unlink(missing_ok=True)
            self.start(self.worker)
            self.start(self.web)
            self.await_ready(self.worker, self.ready_file.exists)
            self.await_ready(self.web, self.web_answers)
            say(f"Gatehouse is ready: http://127.0.0.1:{self.port}  (Ctrl-C stops it)")
            if (first := self.folder / "admin-password").exists():
                say(f"Sign in as admin; the first password is in {first}")
            status = self.accompany(command) if command else 0
            while not once:
                self.pause(1)
                self.mend()
            return status
        except Stopped:
            say("Stopping ...")
            return 0
        finally:
            self.stop()

    def await_ready(self, child: Child, is_ready: Callable[[], bool]) -> None:
        """Wait until a child that was started is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if child.has_ended():
                raise CannotStart(f"The {child.name} ended while it started; the lines above say why.")
            if time.monotonic() > deadline:
                raise CannotStart(f"The {child.name} was not ready after {START_SECONDS} seconds.")
            self.pause(0.1)

    def finish(self, child: Child, complaint: str) -> None:
        """Run it to its end, which must be a good one."""
        self.start(child)
        while not child.has_ended():
            self.pause(1)
        if self.bury(child) != 0:
            raise CannotStart(f"{complaint} The lines above say why.")

    def accompany(self, command: list[str]) -> int:
        """Run a command beside the others and say its status."""
        guest = Child("command", command)
        self.start(guest)
        while not guest.has_ended():
            self.pause(1)
            self.mend()
        return self.bury(guest)

    def web_answers(self) -> bool:
        """Whether the server is up, database included."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command, cwd=HERE, env=self.environment, stdin=subprocess.DEVNULL, process_group=0
        )
        self.guard.write(f"+{child.process.pid}\n")
        if child not in self.children:
            self.children.append(child)

    def bury(self, child: Child) -> int:
        """Kill what is left of its group, reap it, and say its status."""
        if child.process is None:
            return 0
        _kill_group(child.process.pid)
        status = child.process.wait()
        self.guard.write(f"-{child.process.pid}\n")
        child.process = None
        if child not in (self.web, self.worker):
            self.children.remove(child)
        return status

    def mend(self) -> None:
        """Start again what has died, after a pause that grows; CannotStart when it dies again and again."""
        for child in (self.worker, self.web):
            now = time.monotonic()
            if child.process is None:
                if now >= child.starts_at:
                    self.start(child)
            elif child.has_ended():
                status = self.bury(child)
                child.deaths.append(now)
                while child.deaths[0] < now - DEATHS_SECONDS:
                    child.deaths.popleft()
                if len(child.deaths) > DEATHS_ALLOWED:
                    raise CannotStart(f"The {child.name} keeps dying (status {status}).")
                pause = 2 ** (len(child.deaths) - 1)
                child.starts_at = now + pause
                say(f"The {child.name} died (status {status}); it starts again in {pause} s.")

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until a child ends; Stopped when somebody asked for it."""
        try:
            number = self.signals.get(timeout=seconds)
        except Empty:
            return
        if number != signal.SIGCHLD:
            raise Stopped

    def stop(self) -> None:
        """Ask politely, then kill; a second Ctrl-C skips the waiting."""
        for child in self.children:
            if child.process is not None and not child.has_ended():
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        try:
            while not all(child.has_ended() for child in self.children) and time.monotonic() < deadline:
                self.pause(0.2)
        except Stopped:
            say("Stopping at once.")
        for child in list(self.children):
            self.bury(child)
        self.guard.close()
        os.waitpid(self.guard_pid, 0)


def main() -> int:
    """Run the tree; the exit status."""
    parser = argparse.ArgumentParser(prog="config.tree", description="Run the web server and the worker together.")
    parser.add_argument("--once", action="store_true", help="stop when the command has ended, with its status")
    parser.add_argument("command", nargs="*", help="what to run once the server answers")
    options = parser.parse_args()
    if options.once and not options.command:
        parser.error("--once needs a command")
    try:
        port = _port()
        folder = environment.data_folder(HERE / "data")
        with _only_one(folder):
            _expect_free(port)
            return Tree(folder, port).run(options.command, once=options.once)
    except CannotStart as problem:
        say(str(problem))
        return 1


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(sentence, file=sys.stderr, flush=True)


def _port() -> int:
    word = os.environ.get("PORT", "8000")
    if not (word.isdecimal() and 0 < int(word) < 65536):
        raise CannotStart(f"PORT is a number from 1 to 65535, not {word!r}.")
    return int(word)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder. The guard inherits the lock: after a `kill -9` it is free when the last child is gone."""
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    with (folder / "run" / "lock").open("w") as lock:
        _retried(
            lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB),
            f"Another Gatehouse is running on {folder}. Stop it, or choose another folder with DATA_DIR.",
        )
        yield


def _expect_free(port: int) -> None:
    """Granian would share a port that somebody else listens on; we refuse."""

    def bind() -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # leftovers of closed connections do not count
            probe.bind(("127.0.0.1", port))

    _retried(bind, f"Port {port} is in use. Stop what listens there, or choose another one with PORT.")


def _retried(attempt: Callable[[], None], complaint: str) -> None:
    """Try for two seconds, in which the guard of a killed tree has done its work."""
    for rest in reversed(range(20)):
        try:
            attempt()
        except OSError as refusal:
            if not rest:
                raise CannotStart(complaint) from refusal
            time.sleep(0.1)
        else:
            return


def _start_guard() -> tuple[IO[str], int]:
    """Fork a process that is told of every group (`+7`, `-7`) and kills those left when our end of the pipe closes.

    However we end, `kill -9` included, the kernel closes it.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(reading)
        return os.fdopen(writing, "w", buffering=1), pid
    os.close(writing)
    os.setsid()  # away from the terminal, whose Ctrl-C is not meant for us
    groups: set[int] = set()
    with os.fdopen(reading) as lines:
        for line in lines:
            (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        _kill_group(group)
    os._exit(0)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # all gone


if __name__ == "__main__":
    sys.exit(main())
