"""Bombs, depths, loops and sparse giants: the worker lives, memory stays bounded, nothing is left, nothing is clean."""

from pathlib import Path

import pytest

from benchmarks.sparse_zips import StoredZip
from scanning.sandbox import Report, ScanFile, scan_files
from tests.scanning.bombs import bombs, depths, harmless, loops
from tests.scanning.engine.builders import archive
from tests.scanning.engine.hostile import corpus
from tests.scanning.engines import engines

pytestmark = pytest.mark.usefixtures("alone")

SPARSE = 10_000_000_000


def scan(path: Path, name: str = "file") -> Report:
    return scan_files([ScanFile(name, path, path.stat().st_size)])


@pytest.mark.parametrize(("name", "data"), [pytest.param(*one, id=one[0]) for one in (*bombs(), *depths(), *loops())])
def test_it_is_held(name: str, data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    report = scan(file, name.partition("/")[0])
    assert report.verdict in {"needs-review", "unsafe", "failed"}, report
    assert engines() == []
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("name", "data"), [pytest.param(*one, id=one[0]) for one in harmless()])
def test_what_only_looks_endless_is_read_to_its_end(name: str, data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    assert scan(file, name).verdict == "clean"


def test_the_payload_at_the_bottom_never_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    items = corpus(str(tmp_path))
    files = []
    for number, item in enumerate(items):
        path = tmp_path / f"item-{number}"
        path.write_bytes(item.data)
        files.append(ScanFile(f"{number}/{item.name}", path, len(item.data)))
    report = scan_files(files)
    assert report.verdict == "unsafe"
    assert [finding for finding in report.findings if finding.scanner in {"engine", "sandbox"}] == []
    assert {path.name for path in tmp_path.iterdir()} == {f"item-{number}" for number in range(len(items))}


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    """Ten gigabytes that are not there."""
    path = tmp_path / "sparse"
    with path.open("wb") as out:
        out.truncate(SPARSE)
    if path.stat().st_blocks * 512 >= SPARSE:
        pytest.skip("this file system keeps no holes")
    return path


BEGINNINGS = {
    "nothing": b"",
    "a pickle": b"\x80\x04]",
    "a pickle of bytes": b"\x80\x04\x8e" + (SPARSE * 2).to_bytes(8, "little"),
    "a gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "tensors": (SPARSE - 100).to_bytes(8, "little") + b"{",
    "an array": b"\x93NUMPY\x01\x00\x76\x00",
    "a document": b'{"a": [',
    "a picture": b"\x89PNG\r\n\x1a\n",
    "an HDF5 file": b"\x89HDF\r\n\x1a\n",
    "a GGUF model": b"GGUF\x03\x00\x00\x00" + b"\xff" * 16,
    "a graph": b"\x08\x08:\xff\xff\xff\xff\x7f",
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_ten_gigabytes_of_nothing_are_not_clean(beginning: str, sparse: Path) -> None:
    with sparse.open("r+b") as out:
        out.write(BEGINNINGS[beginning])
    assert scan(sparse).verdict in {"needs-review", "unsafe", "failed"}
    assert engines() == []


def test_a_broken_archive_is_searched_to_its_end(tmp_path: Path) -> None:
    """What a careless reader could unpack may stand anywhere in it."""
    path = tmp_path / "file"
    with path.open("wb") as out:
        out.write(b"PK\x03\x04")
        out.seek(1_000_000_000)
        out.write(archive({"a.pkl": b"cos\nsystem\n(S'true'\ntR."})[:-30])
    assert scan(path).verdict == "unsafe"


def test_a_sparse_archive_of_ten_gigabytes_is_not_clean(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as out:
        packed = StoredZip(out)
        packed.add("weights.bin", hole=SPARSE)
        packed.close()
    assert scan(path).verdict == "needs-review"
