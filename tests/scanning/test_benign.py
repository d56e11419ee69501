"""What real libraries write (corpus/make_benign.py): nothing of it is unsafe, and hardly anything needs a person."""

import json
from functools import cache
from pathlib import Path

import pytest

from scanning.engine import jobs
from scanning.sandbox import ScanFile, scan_files
from tests.scanning.corpus.bundles import BENIGN, benign

CODE = "it is code that its author wrote, and somebody has to read it"
RARE = "its library is not on the list that comes with the product; an administrator adds the names"
# What goes to a person, and why it should.
REVIEWED = {
    "torch/scripted.pt": CODE,
    "mlflow/pyfunc-own-code": CODE,
    "mlflow/pyfunc-from-code": CODE,
    "mlflow/statsmodels-lines": RARE,
    "sklearn/iterative-imputer.pkl": "it keeps a named tuple of scikit-learn, which is made by calling its class",
    "sklearn/randomized-search.p5.pickle": "it keeps a distribution of scipy.stats, which is called by its name",
}


@cache
def reports() -> dict[str, dict[str, object]]:
    """The engine's report on every item."""
    return {name: scan(name) for name in benign()}


def scan(name: str) -> dict[str, object]:
    """Scan one item from where the fixture laid it."""
    folder = PLACE[0] / str(sorted(benign()).index(name))
    files = [
        {"path": path, "source": str(folder / str(number)), "size": len(data)}
        for number, (path, data) in enumerate(benign()[name].items())
    ]
    return jobs.scan(files)


PLACE: list[Path] = []


@pytest.fixture(scope="module", autouse=True)
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every file under a number, so that nothing but the job says what it is called."""
    PLACE[:] = [tmp_path_factory.mktemp("benign")]
    for place, name in enumerate(sorted(benign())):
        (PLACE[0] / str(place)).mkdir()
        for number, data in enumerate(benign()[name].values()):
            (PLACE[0] / str(place) / str(number)).write_bytes(data)


def with_verdict(*verdicts: str) -> dict[str, object]:
    return {name: report["findings"] for name, report in reports().items() if report["verdict"] in verdicts}


def test_there_is_enough_of_everything() -> None:
    manifest = json.loads((BENIGN / "manifest.json").read_text())
    assert {f"{bundle}/{item}" for bundle, said in manifest.items() for item in said["items"]} == set(benign())
    assert all(len(said["versions"]) > 1 for said in manifest.values())
    assert len(benign()) >= 130
    assert sum(bundle.stat().st_size for bundle in BENIGN.iterdir()) < 6_000_000


def test_nothing_is_unsafe_or_fails() -> None:
    assert with_verdict("unsafe", "failed") == {}


def test_hardly_anything_needs_a_person() -> None:
    reviewed = with_verdict("needs-review")
    assert {name: found for name, found in reviewed.items() if name not in REVIEWED} == {}
    assert len(reviewed) <= len(benign()) * 0.05


def test_the_sandboxed_engine_says_the_same_of_every_file() -> None:
    """There nothing can be opened or imported any more, which a reader might have wanted to do."""
    files = [
        ScanFile(f"{name}/{path}", PLACE[0] / str(place) / str(number), len(data))
        for place, name in enumerate(sorted(benign()))
        for number, (path, data) in enumerate(benign()[name].items())
    ]
    report = scan_files(files)
    assert report.engine
    assert [finding for finding in report.findings if finding.scanner in {"engine", "sandbox"}] == []
    heavy = {finding.file for finding in report.findings if finding.severity == "unsafe"}
    assert {name for name in benign() if any(file.startswith(f"{name}/") for file in heavy)} == set(
        with_verdict("unsafe")
    )


@pytest.mark.parametrize("stream", [b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"])
def test_tensors_whose_header_is_as_long_as_a_stream_begins_are_clean(stream: bytes, tmp_path: Path) -> None:
    """The length of the header comes first, and some lengths are the first bytes of zlib."""
    length = int.from_bytes(stream, "little")
    header = json.dumps({"w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode().ljust(length)
    file = tmp_path / "file"
    file.write_bytes(length.to_bytes(8, "little") + header + b"x")
    assert scan_files([ScanFile("model.safetensors", file, file.stat().st_size)]).verdict == "clean"
