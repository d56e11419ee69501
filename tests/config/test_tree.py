"""The supervisor: one start, one stop, and nothing left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("DATABASE_URL", "CELERY_BROKER_URL", "STORAGE_URL")  # the tree of these tests needs nothing but its folder


class Tree:
    """A supervisor in a process of its own, on a folder and a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "log"
        self.supervisor: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        surroundings = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        with self.log.open("ab") as log:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "config.tree", *arguments],
                cwd=ROOT,
                env=surroundings | {"DATA_DIR": str(self.folder / "data"), "PORT": str(self.port)} | environment,
                stdout=log,
                stderr=log,
            )
        return self.supervisor

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def is_up(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def processes(self) -> dict[int, str]:
        """Everything that runs on our folder except the supervisor: process id and command line."""
        mark = f"DATA_DIR={self.folder / 'data'}\0".encode()
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ").strip()
            except OSError:
                continue
        return {
            pid: line for pid, line in found.items() if line and (not self.supervisor or pid != self.supervisor.pid)
        }

    def leader(self, word: str) -> int | None:
        """The process that leads the group of a part, if it runs."""
        leaders = (pid for pid, line in self.processes().items() if word in line and os.getpgid(pid) == pid)
        return next(leaders, None)

    def has_replaced(self, word: str, dead: int) -> bool:
        """Whether another process leads that group now."""
        return self.leader(word) not in (dead, None)


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    tree = Tree(tmp_path)
    yield tree
    if tree.supervisor and tree.supervisor.poll() is None:
        tree.supervisor.terminate()
        tree.supervisor.wait(60)


def wait_for(tree: Tree, condition: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert tree.supervisor
        assert tree.supervisor.poll() is None, tree.said()
        assert time.monotonic() < deadline, tree.said()
        time.sleep(0.1)


def test_it_serves_replaces_what_dies_and_stops_without_remains(tree: Tree) -> None:
    supervisor = tree.start()
    wait_for(tree, lambda: "is ready" in tree.said())
    wait_for(tree, lambda: f"Sign in as admin; the first password is in {tree.folder}/data/admin-" in tree.said())
    assert tree.is_up()
    assert (tree.folder / "data").stat().st_mode & 0o777 == 0o700

    second = subprocess.run(
        supervisor.args, cwd=ROOT, env=_environment_of(supervisor), capture_output=True, check=False
    )
    assert second.returncode == 1
    assert "Another Gatehouse is running" in second.stderr.decode()

    for part in ("celery", "granian"):
        dead = tree.leader(part)
        assert dead
        os.kill(dead, signal.SIGKILL)
        wait_for(tree, partial(tree.has_replaced, part, dead))
    wait_for(tree, tree.is_up)

    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(60) == 0
    assert tree.processes() == {}


def test_nothing_outlives_a_killed_supervisor_and_a_new_start_works_at_once(tree: Tree) -> None:
    supervisor = tree.start()
    wait_for(tree, tree.is_up)
    supervisor.kill()
    supervisor.wait()
    again = tree.start("--once", "--", "sh", "-c", 'test "$DATA_DIR" && test "$GATEHOUSE_URL" && exit 7')
    assert again.wait(180) == 7, tree.said()
    assert tree.processes() == {}


def test_nothing_is_left_when_the_start_fails(tree: Tree) -> None:
    supervisor = tree.start(DATABASE_URL="nonsense://")
    assert supervisor.wait(180) == 1
    assert "The database is not ready." in tree.said()
    assert tree.processes() == {}


def test_a_port_in_use_is_told(tree: Tree) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", tree.port))
        other.listen()
        assert tree.start().wait(60) == 1
    assert f"Port {tree.port} is in use." in tree.said()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told(tree: Tree, port: str) -> None:
    assert tree.start(PORT=port).wait(60) == 1
    assert "PORT is a number from 1 to 65535" in tree.said()


def _environment_of(process: subprocess.Popen[bytes]) -> dict[str, str]:
    words = Path(f"/proc/{process.pid}/environ").read_text().split("\0")
    return dict(word.split("=", 1) for word in words if word)
