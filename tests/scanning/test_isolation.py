"""What holds an engine that has been taken over: no descriptor, no path, no right, no company, no network."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scanning import sandbox
from scanning.isolation import Isolation, candidates
from scanning.reports import BadReport, read_report
from scanning.sandbox import Limits, scan_files
from tests.scanning.engines import Window, engine_that, engines, limits_of, status_of, streams_of

pytestmark = pytest.mark.usefixtures("alone")

QUICK = Limits(cpu_seconds=2, wall_seconds_per_cpu_second=1.0)
ROOT = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0


def walls_that_hold() -> list[Isolation]:
    """Every isolation that this machine allows, the chosen one first."""
    found = []
    for walls in candidates():
        try:
            read_report(sandbox._run([], Limits(), walls), set())
        except BadReport:
            continue
        found.append(walls)
    return found


WALLS = walls_that_hold()


def look_at_an_engine(look: Callable[[Path], None]) -> None:
    window = Window(look)
    assert scan_files([window.as_file()]).verdict == "clean"
    assert window.looked


def test_it_has_a_line_a_pipe_and_nothing_else() -> None:
    def look(process: Path) -> None:
        streams = streams_of(process)
        kinds = {number: where.partition(":")[0] for number, where in streams.items()}
        assert kinds == {0: "socket", 1: "pipe", 2: "/dev/null"}
        assert (process / "environ").read_bytes() == b""
        assert limits_of(process)["Max open files"] == ("3", "3")

    look_at_an_engine(look)


def test_its_limits_are_set_and_cannot_be_raised() -> None:
    def look(process: Path) -> None:
        limits = limits_of(process)
        assert limits["Max address space"] == ("1073741824", "1073741824")
        assert limits["Max cpu time"] == ("60", "60")
        for name in ("Max file size", "Max core file size", "Max processes"):
            assert limits[name] == ("0", "0"), name
        status = status_of(process)
        # Who may raise a hard limit has the right to; nobody here has any.
        assert status["NoNewPrivs"] == ["1"]
        if IS_ROOT:
            assert status["Uid"] == status["Gid"] == ["65534"] * 4
            assert status["Groups"] == []
            assert {status[name][0].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {""}

    look_at_an_engine(look)


def test_it_sees_no_path_no_network_and_no_process() -> None:
    if not WALLS[0].is_alone:
        pytest.skip("this kernel does not let us give the engine spaces of its own")

    def look(process: Path) -> None:
        assert os.readlink(process / "root").endswith("/fdinfo")
        assert os.readlink(process / "cwd").endswith("/fdinfo")
        for space in ("net", "pid", "ipc"):
            assert os.readlink(process / "ns" / space) != os.readlink(f"/proc/self/ns/{space}"), space
        devices = (process / "net" / "dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in devices] == ["lo"]

    look_at_an_engine(look)


ATTEMPTS = """
def attempt(name, act):
    try:
        act()
        done.append(name)
    except (OSError, ValueError):
        pass
def fork():
    if os.fork() == 0:
        os._exit(0)
done = []
attempt("read", lambda: os.open("/etc/passwd", os.O_RDONLY))
attempt("read itself", lambda: os.open(sys.executable, os.O_RDONLY))
attempt("list", lambda: os.listdir("/"))
attempt("write", lambda: os.open("marker", os.O_WRONLY | os.O_CREAT))
attempt("write a temporary file", lambda: os.open("/tmp/marker", os.O_WRONLY | os.O_CREAT))
attempt("make a folder", lambda: os.mkdir("marker"))
attempt("make a link", lambda: os.symlink("/", "marker"))
attempt("remove", lambda: os.unlink(PLACE))
attempt("rename", lambda: os.rename(PLACE, PLACE + "-gone"))
attempt("connect", lambda: socket.socket(socket.AF_INET))
attempt("connect nearby", lambda: socket.socket(socket.AF_UNIX))
attempt("pipe", os.pipe)
attempt("duplicate", lambda: os.dup(0))
attempt("signal", lambda: os.kill(WORKER, 0))
attempt("become root", lambda: os.setuid(0) or os.listdir("/root"))
attempt("raise the limit of files", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
attempt("raise the limit of memory", lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)))
attempt("fork", fork)
os.write(1, json.dumps(done).encode())
"""


@pytest.mark.parametrize(
    "walls", WALLS, ids=[f"{'-'.join(Path(word).name for word in one.words[:4])}" for one in WALLS]
)
def test_code_in_it_can_do_nothing(walls: Isolation, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    place.write_text("kept")
    names = f"PLACE, WORKER = {str(place)!r}, {os.getpid()}"
    with engine_that(ATTEMPTS, before=names):
        done = json.loads(sandbox._run([], QUICK, walls))
    # Root of a mapped space is root to the kernel, which counts no processes of root; they end with their space.
    expected = {"fork"} if IS_ROOT and "--map-root-user" in walls.words else set()
    if not IS_ROOT and not walls.is_alone:
        # The weakest walls are one's own account's: what holds there is that nothing can be opened or started.
        expected = {"remove", "rename", "signal"}
    assert set(done) <= expected
    assert place.exists() or "remove" in expected


def test_it_can_start_no_other_program(tmp_path: Path) -> None:
    with engine_that("os.execv('/bin/true', ['true'])"):
        report = scan_files([], limits=QUICK)
    assert "status 1" in report.findings[0].message


def test_the_guard_inside_stops_what_a_reader_never_does() -> None:
    code = """
        import os, sys
        from scanning.engine import guard
        guard.load_what_comes_late()
        guard.forbid_side_effects()
        done = []
        for act in (
            lambda: open("/etc/passwd"), lambda: os.system("true"), lambda: os.listdir("/"), lambda: os.fork(),
            lambda: exec("1"), lambda: __import__("wave"), lambda: os.remove("x"), lambda: os.chmod("x", 0),
        ):
            try:
                act()
                done.append(act)
            except PermissionError:
                pass
        b"x".decode("cp1252"), "x".encode("idna"), b"xx".decode("utf-16")
        sys.exit(len(done))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def test_nothing_is_written_while_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def look(_: Path) -> None:
        assert list(tmp_path.iterdir()) == []

    look_at_an_engine(look)
    assert list(tmp_path.iterdir()) == []


STAYS = """
import signal
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
    signal.signal(number, signal.SIG_IGN)
"""


def test_what_it_starts_ends_with_it() -> None:
    if not WALLS[0].is_alone:
        pytest.skip("this kernel does not let us give the engine a process space of its own")
    # Before the door is shut, as root: afterwards it could not start them at all.
    starts = """
if os.fork() == 0:
    os.setsid()
    for _ in range(2):
        os.fork()
    os.execv("/bin/sleep", ["sleep", "1001.125"])
"""
    with engine_that("", before=STAYS, door=starts):
        report = scan_files([], limits=QUICK)
    assert report.verdict == "failed"
    assert engines() == []
    assert [process for process in everything() if b"1001.125" in process] == []


def everything() -> Iterator[bytes]:
    """The command lines of all that runs on this machine: whoever has left its session is below nobody we know."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield (folder / "cmdline").read_bytes()


WORKER = """
import sys
from tests.scanning.engines import Window, engine_that, engines, limits_of, status_of, streams_of
from scanning.sandbox import Limits, ScanFile, scan_files
class Slow:
    def read(self, start, length):
        print("at work", flush=True)
        return b" " * length
    def close(self):
        pass
with engine_that(sys.argv[1], before=sys.argv[2]):
    scan_files([ScanFile("x", Slow(), 10)], limits=Limits(cpu_seconds=5))
"""
ASKS = "os.write(0, struct.pack('<IQI', 0, 0, 10))\n"


@pytest.mark.parametrize("acts", ["while True: pass", "time.sleep(1000)"])
def test_it_ends_when_its_worker_is_killed(acts: str) -> None:
    if not WALLS[0].is_alone:
        pytest.skip("without a process space of its own it ends by its limits")
    command = [sys.executable, "-c", WORKER, ASKS + acts, STAYS]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)}
    ) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"at work\n"
        started = engines(worker.pid)
        assert len(started) >= 3
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    deadline = time.monotonic() + 120
    while any(process.is_alive for process in started):
        assert time.monotonic() < deadline
        time.sleep(0.05)
