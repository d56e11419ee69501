"""Runs the scan engine in a process of its own, with limits, without a network, and without trusting what it answers.

The engine gets nothing but a connection, over which it asks for the bytes of the files, and a pipe for its report:
nothing is written to any disk. No Django here: the command uses this as well as the server.
"""

import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from scanning.engine.line import COUNT, QUESTION
from scanning.isolation import Isolation, candidates
from scanning.ranges import Greedy, Ranges, ScanFile
from scanning.reports import BadReport, Report, failed, read_report

__all__ = ["Limits", "Report", "ScanFile", "isolation", "scan_files"]

ENGINE = Path(__file__).with_name("engine") / "__main__.py"
TRIAL_SECONDS = 60.0
# How long an engine that has ended may leave its report open: somebody it started may hold on to it.
LOOK_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What one scan may use. Processor time grows with the size of the files; memory does not, as nothing is mapped."""

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 60
    bytes_per_cpu_second: int = 20_000_000
    wall_seconds_per_cpu_second: float = 3.0
    open_files: int = 32
    report_bytes: int = 8 << 20

    def cpu_for(self, size: int) -> int:
        """Seconds of processor time for files of `size` bytes in all."""
        return self.cpu_seconds + size // self.bytes_per_cpu_second

    def wall_for(self, size: int) -> float:
        """Seconds after which the engine is killed, however little it computed."""
        return self.cpu_for(size) * self.wall_seconds_per_cpu_second


def scan_files(files: Sequence[ScanFile], *, limits: Limits = Limits()) -> Report:
    """The engine's report on the files of one version. Never raises for what is in them.

    A crash, a limit or a senseless answer is a report too, with the verdict `failed`. What a store raises because it
    does not answer is raised here.
    """
    try:
        return read_report(_run(files, limits, isolation()), {file.path for file in files})
    except BadReport as problem:
        return failed(str(problem))


@functools.cache
def isolation() -> Isolation:
    """The strongest walls that hold here, found by scanning nothing inside of them; asked once in a process.

    Raises BadReport when the engine does not run at all.
    """
    limits = Limits(wall_seconds_per_cpu_second=TRIAL_SECONDS / Limits().cpu_seconds)
    for walls in candidates():
        try:
            read_report(_run([], limits, walls), set())
        except TooSlow:
            # A machine that has no time says nothing of its walls; lower ones are no answer to that.
            raise
        except BadReport:
            continue
        return walls
    raise BadReport("The scan engine does not run on this machine.")


class TooSlow(BadReport):
    """The engine was stopped because its time was over."""


def _command(size: int, limits: Limits) -> list[str]:
    cpu, wall = limits.cpu_for(size), limits.wall_for(size)
    settings = {
        "AS": limits.memory_bytes,
        "CPU": cpu,
        "FSIZE": 0,
        "CORE": 0,
        # Enough to load the engine; it gives the rest away before it reads.
        "NOFILE": limits.open_files,
        # Forbids new processes to this one, however many the user has; without effect for root.
        "NPROC": 0,
        # The engine ends by itself should this process be killed before it can stop it.
        "ALARM": int(wall) + 5,
    }
    return [sys.executable, "-I", "-B", str(ENGINE), *(f"{name}={value}" for name, value in settings.items())]


def _run(files: Sequence[ScanFile], limits: Limits, walls: Isolation) -> bytes:
    """The engine's raw answer; BadReport when it gave none in time, or did not end well."""
    size = sum(file.size for file in files)
    ours, theirs = socket.socketpair()
    with ours, closing(Ranges(files)) as ranges:
        with theirs:
            process = _start([*walls.words, *_command(size, limits)], theirs)
        try:
            conversation = _Conversation(process, ours, ranges, limits, time.monotonic() + limits.wall_for(size))
            conversation.begin(json.dumps({"files": [{"path": file.path, "size": file.size} for file in files]}))
            answer = conversation.answer()
            status = process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            raise BadReport("The scan did not end after its answer.") from None
        finally:
            _kill(process)
    if status:
        raise _ending(status, limits.cpu_for(size))
    return answer


def _start(command: list[str], connection: socket.socket) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            command,
            stdin=connection.fileno(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            close_fds=True,
            start_new_session=True,
        )
    except OSError as problem:
        raise BadReport(f"The scan could not be started: {problem.strerror}.") from problem


class _Conversation:
    """Gives the engine its job, answers its questions, and collects its report, all before a deadline."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        line: socket.socket,
        ranges: Ranges,
        limits: Limits,
        deadline: float,
    ) -> None:
        assert process.stdout is not None
        self.process = process
        self.report = process.stdout
        self.line = line
        self.ranges = ranges
        self.most = limits.report_bytes
        self.deadline = deadline
        self.asked = b""

    def begin(self, job: str) -> None:
        """Send the job."""
        said = job.encode()
        self._send(COUNT.pack(len(said)) + said)

    def answer(self) -> bytes:
        """What the engine says until it ends, while its questions are answered."""
        pieces: list[bytes] = []
        size = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self.report, selectors.EVENT_READ)
            selector.register(self.line, selectors.EVENT_READ)
            while True:
                ready = selector.select(min(self._left(), LOOK_EVERY))
                if not ready and self.process.poll() is not None:
                    return b"".join(pieces)
                for key, _ in ready:
                    if key.fileobj is self.line:
                        if not self._serve():
                            selector.unregister(self.line)
                        continue
                    piece = os.read(self.report.fileno(), 1 << 16)
                    if not piece:
                        return b"".join(pieces)
                    pieces.append(piece)
                    size += len(piece)
                    if size > self.most:
                        raise BadReport("The scan gave an answer that is too long, and was stopped.")

    def _serve(self) -> bool:
        """Answer what was asked so far; False when nothing more will come."""
        try:
            said = self.line.recv(QUESTION.size * 16)
        except TimeoutError:
            return True
        except ConnectionError:
            said = b""
        self.asked += said
        while len(self.asked) >= QUESTION.size:
            question, self.asked = self.asked[: QUESTION.size], self.asked[QUESTION.size :]
            try:
                self._send(self.ranges.answer(question))
            except Greedy as greedy:
                raise BadReport(str(greedy)) from None
        return bool(said)

    def _send(self, data: bytes) -> None:
        self.line.settimeout(self._left())
        try:
            self.line.sendall(data)
        except TimeoutError:
            raise TooSlow("The scan took too long and was stopped.") from None
        except ConnectionError:
            # It has ended; how, its status will tell.
            pass

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TooSlow("The scan took too long and was stopped.")
        return left


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the engine with everything in its session, and let go of it."""
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _ending(status: int, cpu: int) -> BadReport:
    # The keeper of a process space says it the other way round.
    status = 128 - status if status > 128 else status
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        return BadReport(
            f"The scan was stopped because it used more than {cpu} seconds of processor time, or too much memory."
        )
    if status == -signal.SIGALRM:
        return TooSlow("The scan took too long and was stopped.")
    if status < 0:
        return BadReport(f"The scan crashed (signal {-status}) while it read the files.")
    return BadReport(f"The scan ended with an error (status {status}).")
