"""Runs the scan engine in a process of its own, with limits, without a network, and without trusting what it answers.

No Django here: the command uses this as well as the server.
"""

import fcntl
import functools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scanning.engine.findings import Finding, Severity, Verdict, verdict_of

ENGINE = Path(__file__).with_name("engine") / "__main__.py"
PREFIX = "scan-"
MOST_TEXT = 4_096
FINDING_FIELDS = ("file", "scanner", "severity", "rule", "message", "advice", "position", "subject")


@dataclass(frozen=True, slots=True)
class ScanFile:
    """A file to scan: its path in the version, where its bytes are, and how many there must be."""

    path: str
    source: Path
    size: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What one scan may use. Processor time grows with the size of the files; memory does not, as nothing is mapped."""

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 60
    bytes_per_cpu_second: int = 50_000_000
    wall_seconds_per_cpu_second: float = 3.0
    open_files: int = 32
    report_bytes: int = 8 << 20

    def cpu_for(self, size: int) -> int:
        """Seconds of processor time for files of `size` bytes in all."""
        return self.cpu_seconds + size // self.bytes_per_cpu_second

    def wall_for(self, size: int) -> float:
        """Seconds after which the engine is killed, however little it computed."""
        return self.cpu_for(size) * self.wall_seconds_per_cpu_second


@dataclass(frozen=True, slots=True)
class Report:
    """What the engine said of a version, checked. `verdict` is never better than its findings."""

    engine: str
    rules: str
    allow_list: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


class BadReport(Exception):
    """A sentence: what is wrong with the engine's answer."""


def scan_files(files: Sequence[ScanFile], *, limits: Limits = Limits(), folder: Path | None = None) -> Report:
    """The engine's report on the files of one version. Never raises for what is in them.

    A crash, a limit or a senseless answer is a report too, with the verdict `failed`. `folder` is where the private
    working directory is made; it should not be shared with other users.
    """
    size = sum(file.size for file in files)
    try:
        with private_directory(folder or default_folder()) as directory:
            return _read_report(_run(files, size, limits, directory), {file.path for file in files})
    except BadReport as problem:
        return _failed(str(problem))


def default_folder() -> Path:
    """Where working directories are made when the caller names no place."""
    return Path(os.environ.get("DATA_DIR", "data")) / "scans"


@contextmanager
def private_directory(folder: Path) -> Iterator[Path]:
    """A new directory that only this user may enter, removed at the end. A lock on it says that its owner is alive."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(descriptor)


def sweep(folder: Path | None = None, *, older_than_seconds: float = 60.0) -> int:
    """Remove working directories whose owners were killed; returns how many. Safe while other scans run."""
    removed = 0
    for directory in (folder or default_folder()).glob(f"{PREFIX}*"):
        try:
            # A directory is locked an instant after it is made, so a very young one is left alone.
            if time.time() - directory.stat().st_mtime < older_than_seconds:
                continue
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
            removed += 1
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
    return removed


@functools.cache
def no_network() -> tuple[str, ...]:
    """The words that start a program without a network, as far as this system lets us; probed once."""
    program = shutil.which("unshare")
    if program is None:
        return ()
    for options in ("-rn", "-n"):
        try:
            probe = subprocess.run([program, options, "--", "true"], capture_output=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ()
        if probe.returncode == 0:
            return (program, options, "--")
    return ()


def _command(size: int, limits: Limits) -> list[str]:
    cpu, wall = limits.cpu_for(size), limits.wall_for(size)
    settings = {
        "AS": limits.memory_bytes,
        "CPU": cpu,
        "FSIZE": 0,
        "CORE": 0,
        "NOFILE": limits.open_files,
        # Forbids new processes to this one, however many the user has; without effect for root.
        "NPROC": 0,
        # The engine ends by itself should this process be killed before it can stop it.
        "ALARM": int(wall) + 5,
    }
    return [
        *no_network(),
        sys.executable,
        "-I",
        "-B",
        str(ENGINE),
        *(f"{name}={value}" for name, value in settings.items()),
    ]


def _run(files: Sequence[ScanFile], size: int, limits: Limits, directory: Path) -> bytes:
    """The engine's raw answer; BadReport when it gave none in time, or did not end well."""
    job = directory / "job.json"
    described = [{"path": file.path, "source": str(file.source.absolute()), "size": file.size} for file in files]
    job.write_text(json.dumps({"files": described}))
    with job.open("rb") as question:
        try:
            process = subprocess.Popen(
                _command(size, limits),
                stdin=question,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=directory,
                env={},
                close_fds=True,
                start_new_session=True,
            )
        except OSError as problem:
            raise BadReport(f"The scan could not be started: {problem.strerror}.") from problem
    try:
        answer = _collect(process, limits, time.monotonic() + limits.wall_for(size))
        status = process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        raise BadReport("The scan did not end after its answer.") from None
    finally:
        _kill(process)
    if status:
        raise BadReport(_ending(status, limits.cpu_for(size)))
    return answer


def _collect(process: "subprocess.Popen[bytes]", limits: Limits, deadline: float) -> bytes:
    assert process.stdout is not None
    pieces: list[bytes] = []
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise BadReport("The scan took too long and was stopped.")
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            size += len(piece)
            if size > limits.report_bytes:
                raise BadReport("The scan gave an answer that is too long, and was stopped.")


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


def _ending(status: int, cpu: int) -> str:
    if status in (-signal.SIGXCPU, -signal.SIGKILL, 128 + signal.SIGXCPU, 128 + signal.SIGKILL):
        return f"The scan was stopped because it used more than {cpu} seconds of processor time, or too much memory."
    if status in (-signal.SIGALRM, 128 + signal.SIGALRM):
        return "The scan took too long and was stopped."
    if status < 0:
        return f"The scan crashed (signal {-status}) while it read the files."
    return f"The scan ended with an error (status {status})."


def _read_report(answer: bytes, paths: set[str]) -> Report:
    """The engine's answer as a report, with nothing taken on trust. BadReport when it has another form."""
    try:
        document = json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadReport("The scan gave no readable answer.") from None
    if not isinstance(document, dict):
        raise BadReport("The scan gave no readable answer.")
    words = [document.get(key) for key in ("engine", "rules", "allow_list", "verdict")]
    listed, facts = document.get("findings"), document.get("facts")
    if not all(_is_word(word) for word in words) or not isinstance(listed, list) or not isinstance(facts, dict):
        raise BadReport("The scan gave an answer of another form than it should.")
    findings = tuple(_read_finding(entry) for entry in listed)
    if not paths | {""} >= {finding.file for finding in findings}:
        raise BadReport("The scan speaks of a file that it was not given.")
    verdict = verdict_of(findings)
    if document["verdict"] != verdict:
        raise BadReport("The scan gave a verdict that its findings do not bear out.")
    engine, rules, allow_list, _ = (str(word) for word in words)
    return Report(engine, rules, allow_list, verdict, findings, facts)


def _read_finding(entry: object) -> Finding:
    if not isinstance(entry, dict) or not all(_is_word(entry.get(key)) for key in FINDING_FIELDS):
        raise BadReport("The scan gave an answer of another form than it should.")
    if entry["severity"] not in tuple(Severity):
        raise BadReport("The scan gave a finding of unknown weight.")
    texts = {key: str(entry[key]) for key in FINDING_FIELDS if key != "severity"}
    return Finding(severity=Severity(entry["severity"]), **texts)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def _failed(sentence: str) -> Report:
    finding = Finding(
        file="",
        scanner="sandbox",
        severity=Severity.FAILED,
        rule="sandbox.failed",
        message=sentence,
        advice="Scan again; if it fails again, have a reviewer look at the files.",
        position="",
    )
    return Report("", "", "", Verdict.FAILED, (finding,))
