"""The sandbox: whatever becomes of the engine, there is a report, nothing is left behind, and only clean is clean."""

import fcntl
import json
import os
import pickle
import struct
from pathlib import Path

import pytest

from scanning import sandbox
from scanning.sandbox import Limits, ScanFile, scan_files, sweep

QUICK = Limits(cpu_seconds=2, wall_seconds_per_cpu_second=1.0)


def only(path: Path) -> list[ScanFile]:
    return [ScanFile("file", path, path.stat().st_size)]


@pytest.fixture
def readme(tmp_path: Path) -> list[ScanFile]:
    file = tmp_path / "readme"
    file.write_text("hello")
    return only(file)


def engine_that(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sandbox run another engine, which sets its limits and then misbehaves."""
    engine = tmp_path / "engine.py"
    engine.write_text(sandbox.ENGINE.read_text().partition("if __name__")[0] + f"set_limits(sys.argv[1:])\n{code}\n")
    monkeypatch.setattr(sandbox, "ENGINE", engine)


def test_a_plain_file_is_clean_and_nothing_is_left(readme: list[ScanFile], tmp_path: Path) -> None:
    report = scan_files(readme, folder=tmp_path / "scans")
    assert (report.verdict, report.findings, report.engine) == ("clean", (), "1")
    assert list((tmp_path / "scans").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import ctypes; ctypes.string_at(0)", "crashed"),
        ("import os; os.kill(os.getpid(), 9)", "memory"),
        ("while True: pass", "stopped"),
        ("import time; time.sleep(60)", "too long"),
        ("x = bytearray(1 << 31)", "error"),
        ("print('nonsense')", "no readable answer"),
        ("print('{}')", "another form"),
        ("while True: print('x' * 100000)", "too long"),
        ("raise SystemExit(3)", "status 3"),
        ("f = open('out', 'w'); f.write('x'); f.flush()", "error"),
    ],
)
def test_a_misbehaving_engine_is_a_failed_scan(
    code: str, words: str, readme: list[ScanFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine_that(code, tmp_path, monkeypatch)
    report = scan_files(readme, limits=QUICK, folder=tmp_path / "scans")
    assert report.verdict == "failed"
    assert words in report.findings[0].message
    assert list((tmp_path / "scans").iterdir()) == []


def test_a_verdict_better_than_its_findings_is_not_believed(
    readme: list[ScanFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = dict.fromkeys(("file", "scanner", "rule", "message", "advice", "position"), "") | {"severity": "unsafe"}
    answer = {"engine": "1", "rules": "1", "allow_list": "1", "verdict": "clean", "findings": [finding], "facts": {}}
    engine_that(f"print({json.dumps(answer)!r})", tmp_path, monkeypatch)
    assert scan_files(readme, folder=tmp_path / "scans").verdict == "failed"


def test_the_engine_cannot_reach_the_network(
    readme: list[ScanFile], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not sandbox.no_network():
        pytest.skip("this kernel does not let us take the network away")
    code = "import socket, sys\nsys.exit(40 + len([n for _, n in socket.if_nameindex() if n != 'lo']))"
    engine_that(code, tmp_path, monkeypatch)
    assert "status 40" in scan_files(readme, folder=tmp_path / "scans").findings[0].message


def test_the_engine_itself_refuses_to_act(tmp_path: Path) -> None:
    code = "from scanning.engine import guard; guard.forbid_side_effects(); import os; os.system('touch marker')"
    assert os.spawnve(os.P_WAIT, os.sys.executable, ["python", "-c", code], {"PYTHONPATH": os.getcwd()}) != 0  # type: ignore[attr-defined]
    assert not Path("marker").exists()


def test_a_pickle_that_takes_too_much_is_not_clean(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("wb") as out:
        out.write(b"\x80\x04")
        for _ in range(64):
            out.write(b"(" * (1 << 16))
    assert scan_files(only(file), folder=tmp_path / "scans").verdict in ("needs-review", "failed")


def test_a_large_sparse_tensor_file_passes_within_the_limits(tmp_path: Path) -> None:
    size = 300_000_000
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    file = tmp_path / "file"
    with file.open("wb") as out:
        out.write(struct.pack("<Q", len(header)) + header)
        out.truncate(8 + len(header) + size)
    limits = Limits(memory_bytes=256 << 20)
    assert scan_files(only(file), limits=limits, folder=tmp_path / "scans").verdict == "clean"


def test_a_large_pickle_of_bytes_passes_within_the_limits(tmp_path: Path) -> None:
    size = 300_000_000
    file = tmp_path / "file"
    with file.open("wb") as out:
        out.write(b"\x80\x04\x8e" + struct.pack("<Q", size))
        out.seek(size, os.SEEK_CUR)
        out.write(b".")
    limits = Limits(memory_bytes=256 << 20)
    assert scan_files(only(file), limits=limits, folder=tmp_path / "scans").verdict == "clean"


def test_the_working_directory_is_private(tmp_path: Path) -> None:
    with sandbox.private_directory(tmp_path) as directory:
        assert directory.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_scan_left_is_swept_and_a_running_one_is_kept(tmp_path: Path) -> None:
    left, running = tmp_path / "scan-left", tmp_path / "scan-running"
    for directory in (left, running):
        directory.mkdir()
        (directory / "job.json").write_text("{}")
    lock = os.open(running, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert sweep(tmp_path) == 0
    assert sweep(tmp_path, older_than_seconds=-1) == 1
    os.close(lock)
    assert not left.exists() and running.exists()


def test_an_unsafe_file_among_good_ones_makes_the_version_unsafe(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(pickle.dumps([1, 2]))
    bad.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    files = [ScanFile("a.pkl", good, good.stat().st_size), ScanFile("b/c.txt", bad, bad.stat().st_size)]
    report = scan_files(files, folder=tmp_path / "scans")
    assert report.verdict == "unsafe"
    assert {finding.file for finding in report.findings} == {"b/c.txt"}


def test_a_version_without_files_is_not_clean(tmp_path: Path) -> None:
    assert scan_files([], folder=tmp_path / "scans").verdict == "needs-review"
