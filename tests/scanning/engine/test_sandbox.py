"""The sandbox: whatever becomes of the engine, there is a report, nothing is left behind, and only clean is clean."""

import json
import os
import pickle
import struct
from pathlib import Path

import pytest

from scanning import ranges
from scanning.sandbox import Limits, ScanFile, scan_files
from tests.scanning.engines import engine_that, engines

pytestmark = pytest.mark.usefixtures("alone")

QUICK = Limits(cpu_seconds=2, wall_seconds_per_cpu_second=1.0)


def only(path: Path) -> list[ScanFile]:
    return [ScanFile("file", path, path.stat().st_size)]


@pytest.fixture
def readme(tmp_path: Path) -> list[ScanFile]:
    file = tmp_path / "readme"
    file.write_text("hello")
    return only(file)


MISBEHAVIOUR = {
    "segfaults": ("ctypes.string_at(0)", "import ctypes", "crashed"),
    "kills itself": ("os.kill(os.getpid(), 9)", "", "memory"),
    "aborts": ("os.abort()", "", "crashed"),
    "spins": ("while True: pass", "", "stopped"),
    "spins in C": ("sum(range(1 << 60))", "", "stopped"),
    "sleeps": ("time.sleep(60)", "", "too long"),
    "ignores every signal it can": (
        "time.sleep(60)",
        "for number in range(1, 65):\n    if_allowed(lambda n: signal.signal(n, signal.SIG_IGN), number)",
        "too long",
    ),
    "allocates at once": ("x = bytearray(1 << 31)", "", "error"),
    "allocates without end": ("x = []\nwhile True: x.append(bytearray(1 << 20))", "", "error"),
    "recurses without end": ("def f(): return f()\nsys.setrecursionlimit(1 << 30)\nf()", "", ""),
    "forks without end": ("while True: os.fork()", "", ""),
    "says nonsense": ("print('nonsense')", "", "no readable answer"),
    "says a number": ("print('NaN')", "", "no readable answer"),
    "says nothing": ("", "", "no readable answer"),
    "says too little": ("print('{}')", "", "another form"),
    "nests its answer": ("print('[' * 1000000)", "", "no readable answer"),
    "floods": ("while True: print('x' * 100000)", "", "too long"),
    "drips": ("while True: print('x', flush=True); time.sleep(0.01)", "", "too long"),
    "ends with a status": ("raise SystemExit(3)", "", "status 3"),
    "writes a file": ("f = open('out', 'w'); f.write('x'); f.flush()", "", "error"),
    "connects": ("socket.create_connection(('127.0.0.1', 9))", "", "error"),
    "closes its streams and stays": ("os.close(0); os.close(1); time.sleep(60)", "", ""),
    "asks for another file": ("os.write(0, struct.pack('<IQI', 9, 0, 1)); time.sleep(60)", "", "was not given"),
    "asks for what is behind the file": ("os.write(0, struct.pack('<IQI', 0, 4, 2)); time.sleep(60)", "", "not given"),
    "asks for far too much": ("os.write(0, struct.pack('<IQI', 0, 0, 1 << 31)); time.sleep(60)", "", "not given"),
    "asks half a question": ("os.write(0, b'x'); time.sleep(60)", "", "too long"),
    "asks and never listens": (
        "while True: os.write(0, struct.pack('<IQI', 0, 0, 5) * 100)",
        "",
        "too long",
    ),
}


@pytest.mark.parametrize(("code", "before", "words"), MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_a_misbehaving_engine_is_a_failed_scan(code: str, before: str, words: str, readme: list[ScanFile]) -> None:
    ends_by_itself = words not in {"", "stopped", "too long"}
    with engine_that(code, before=before):
        report = scan_files(readme, limits=Limits() if ends_by_itself else QUICK)
    assert report.verdict == "failed"
    assert words in report.findings[0].message
    assert engines() == []


def test_an_engine_that_reads_the_same_for_ever_is_stopped(
    readme: list[ScanFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "AT_LEAST", 1 << 20)
    with engine_that("while True: os.write(0, struct.pack('<IQI', 0, 0, 5)); os.read(0, 9)"):
        report = scan_files(readme)
    assert "over and over" in report.findings[0].message


def test_a_verdict_better_than_its_findings_is_not_believed(
    readme: list[ScanFile],
) -> None:
    finding = dict.fromkeys(("file", "scanner", "rule", "message", "advice", "position"), "") | {"severity": "unsafe"}
    answer = {"engine": "1", "rules": "1", "allow_list": "1", "verdict": "clean", "findings": [finding], "facts": {}}
    with engine_that(f"print({json.dumps(answer)!r})"):
        assert scan_files(readme).verdict == "failed"


def test_a_pickle_that_takes_too_much_is_not_clean(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("wb") as out:
        out.write(b"\x80\x04")
        for _ in range(64):
            out.write(b"(" * (1 << 16))
    assert scan_files(only(file)).verdict in ("needs-review", "failed")


def test_a_large_sparse_tensor_file_passes_within_the_limits(tmp_path: Path) -> None:
    size = 300_000_000
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    file = tmp_path / "file"
    with file.open("wb") as out:
        out.write(struct.pack("<Q", len(header)) + header)
        out.truncate(8 + len(header) + size)
    limits = Limits(memory_bytes=256 << 20)
    assert scan_files(only(file), limits=limits).verdict == "clean"


def test_a_large_pickle_of_bytes_passes_within_the_limits(tmp_path: Path) -> None:
    size = 300_000_000
    file = tmp_path / "file"
    with file.open("wb") as out:
        out.write(b"\x80\x04\x8e" + struct.pack("<Q", size))
        out.seek(size, os.SEEK_CUR)
        out.write(b".")
    limits = Limits(memory_bytes=256 << 20)
    assert scan_files(only(file), limits=limits).verdict == "clean"


def test_an_unsafe_file_among_good_ones_makes_the_version_unsafe(tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(pickle.dumps([1, 2]))
    bad.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    files = [ScanFile("a.pkl", good, good.stat().st_size), ScanFile("b/c.txt", bad, bad.stat().st_size)]
    report = scan_files(files)
    assert report.verdict == "unsafe"
    assert {finding.file for finding in report.findings} == {"b/c.txt"}


def test_a_version_without_files_is_not_clean() -> None:
    assert scan_files([]).verdict == "needs-review"
