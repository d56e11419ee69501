"""Files come to the engine range by range, from any store, and a large one costs what its readers look at."""

import io
from pathlib import Path
from typing import BinaryIO

import pytest

from accounts.models import User
from benchmarks.large_files import FORMATS
from blobs.models import Blob
from lib.errors import NotFound, Unavailable
from registry.models import ModelVersion, RegisteredModel
from scanning import materials
from scanning.engine.line import COUNT, MOST, QUESTION
from scanning.materials import MOST_AHEAD, RemoteContent
from scanning.models import Scan, Verdict
from scanning.operations.scans import carry_out
from scanning.ranges import Greedy, Ranges
from scanning.sandbox import ScanFile, scan_files
from tests.factories.registry import register_files

HUNDRED_GB = 100_000_000_000


class Bucket:
    """A store far away: notes every request, and answers from a file of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: list[tuple[int, int]] = []
        self.fetched = 0

    def __call__(self, blob: Blob, start: int = 0, length: int | None = None) -> BinaryIO:
        assert length is not None
        self.requests.append((start, length))
        with self.path.open("rb") as file:
            file.seek(start)
            body = file.read(length)
        self.fetched += len(body)
        return io.BytesIO(body)


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """The far store in place of ours."""
    store = Bucket(tmp_path / "blob")
    monkeypatch.setattr(materials, "read", store)
    return store


def far(bucket: Bucket) -> ScanFile:
    size = bucket.path.stat().st_size
    return ScanFile("file", RemoteContent(Blob(sha256="0" * 64, size=size)), size)


@pytest.mark.parametrize(("name", "kilobytes"), [("safetensors", 2_500), ("torch zip", 3_000), ("npz", 12_000)])
def test_a_hundred_gigabytes_far_away_cost_a_few_ranges(name: str, kilobytes: int, bucket: Bucket) -> None:
    FORMATS[name](bucket.path, HUNDRED_GB)
    assert bucket.path.stat().st_size > HUNDRED_GB
    assert scan_files([far(bucket)]).verdict == "clean"
    assert bucket.fetched < kilobytes * 1_000
    assert len(bucket.requests) < 40


def test_what_is_read_in_order_is_fetched_once_in_growing_pieces(bucket: Bucket) -> None:
    FORMATS["csv"](bucket.path, 60_000_000)
    size = bucket.path.stat().st_size
    content = RemoteContent(Blob(sha256="0" * 64, size=size))
    for start in range(0, size, 100_000):
        content.read(start, min(100_000, size - start))
    assert bucket.fetched == size
    assert len(bucket.requests) < 40
    assert max(length for _, length in bucket.requests) <= MOST_AHEAD


def test_a_window_gives_the_bytes_that_were_asked_for(bucket: Bucket) -> None:
    data = bytes(number % 251 for number in range(3_000_000))
    bucket.path.write_bytes(data)
    content = RemoteContent(Blob(sha256="0" * 64, size=len(data)))
    for start, length in [
        (0, 10),
        (5, 70_000),
        (2_999_990, 10),
        (0, 1),
        (65_530, 10),
        (100, MOST),
        (MOST, MOST),
        (7, 0),
    ]:
        assert content.read(start, length) == data[start : start + length], (start, length)


def test_a_blob_that_is_gone_fails_the_scan_and_a_store_that_is_silent_leaves_it_to_the_next(
    version: ModelVersion, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Exception] = [Unavailable("The store does not answer."), NotFound("There is no such file.")]

    def broken(*_: object) -> BinaryIO:
        raise answers[0]

    monkeypatch.setattr(materials, "local_path", lambda blob: None)
    monkeypatch.setattr(materials, "read", broken)
    scan = Scan.objects.get(tree=version.tree)
    with pytest.raises(Unavailable):
        carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.SCANNING
    answers.pop(0)
    Scan.objects.update(verdict=Verdict.QUEUED)
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert (scan.verdict, scan.findings.get().rule) == (Verdict.FAILED, "engine.changed")


def test_a_local_blob_that_is_gone_fails_the_scan(
    version: ModelVersion, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(blob: Blob) -> Path:
        raise NotFound("There is no such file.")

    monkeypatch.setattr(materials, "local_path", gone)
    monkeypatch.setattr(materials, "read", lambda *_: gone(Blob()))
    scan = Scan.objects.get(tree=version.tree)
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert (scan.verdict, scan.findings.get().rule) == (Verdict.FAILED, "engine.changed")


def test_the_files_of_a_version_are_scanned_where_they_are(
    model: RegisteredModel, scientist: User, system: User
) -> None:
    """On the stack of this run: from the folder of the store, or by range from a real S3 server."""
    weights = bytearray(3_000_000)
    version = register_files(
        model,
        {"a.npy": b"\x93NUMPY\x01\x00", "notes.txt": b"hello\n" * 50_000, "weights.bin": bytes(weights), "empty": b""},
        actor=scientist,
    )
    scan = Scan.objects.get(tree=version.tree)
    carry_out(scan, actor=system)
    scan.refresh_from_db()
    assert scan.verdict == Verdict.NEEDS_REVIEW
    assert {finding.path for finding in scan.findings.all()} == {"a.npy", "weights.bin"}


def test_ten_thousand_files_are_one_scan(tmp_path: Path) -> None:
    """None stays open: the process may have far fewer."""
    files = []
    for number in range(10_000):
        path = tmp_path / str(number)
        path.write_bytes(b"text %d\n" % number)
        files.append(ScanFile(f"folder/{'x' * 100}/{number}.txt", path, path.stat().st_size))
    assert scan_files(files).verdict == "clean"
    bad = tmp_path / "9999"
    bad.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    files[-1] = ScanFile("last.txt", bad, bad.stat().st_size)
    report = scan_files(files)
    assert (report.verdict, {finding.file for finding in report.findings}) == ("unsafe", {"last.txt"})


def change(path: Path, how: str) -> None:
    """Let a file stop being what was recorded."""
    path.unlink()
    match how:
        case "longer":
            path.write_bytes(b"hello!")
        case "shorter":
            path.write_bytes(b"hell")
        case "a folder":
            path.mkdir()
        case "a link":
            path.symlink_to("/etc/passwd")


@pytest.mark.parametrize("how", ["longer", "shorter", "gone", "a folder", "a link"])
def test_a_file_that_changed_fails_the_scan(how: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"hello")
    files = [ScanFile("file", path, 5)]
    assert scan_files(files).verdict == "clean"
    change(path, how)
    report = scan_files(files)
    assert (report.verdict, [finding.rule for finding in report.findings]) == ("failed", ["engine.changed"])


def test_only_ranges_of_the_job_are_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    ranges = Ranges([ScanFile("file", path, 10)])
    assert ranges.answer(QUESTION.pack(0, 2, 3)) == COUNT.pack(3) + b"234"
    assert ranges.answer(QUESTION.pack(0, 10, 0)) == COUNT.pack(0)
    for question in [(1, 0, 1), (0, 10, 1), (0, 0, 11), (0, 2**64 - 1, 1), (0, 0, MOST + 1), (2**32 - 1, 0, 0)]:
        with pytest.raises(Greedy):
            ranges.answer(QUESTION.pack(*question))
    ranges.close()
