"""Graphs and weights: what libraries write is clean, hostile ones get their verdict, damaged ones just an answer."""

import gzip
import json
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanning.engine import allow_list, jobs, lists, readers
from scanning.engine.context import OPCODES, Budget, Context, LimitReached
from scanning.engine.folders import Folder
from scanning.engine.sources import BytesSource
from scanning.engine.tensor_bundles import checksum
from tests.scanning.engine import graph_builders as build
from tests.scanning.engine.builders import archive
from tests.scanning.engine.hostile_graphs import corpus

SAMPLES = Path(__file__).with_name("graph_samples")
ITEMS = corpus("/nowhere")
PLACES = sorted(SAMPLES.iterdir())
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file())
# Written with `libver="latest"`: more than eight members of a group are kept in a way that the gate does not read.
UNREAD = "arrays-latest.hdf5"


def scan(place: Path, name: str = "") -> dict[str, object]:
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    described = [
        {
            "path": str(path.relative_to(place)) if place.is_dir() else name or path.name,
            "source": str(path),
            "size": path.stat().st_size,
        }
        for path in files
    ]
    return jobs.scan(described)


def scan_bytes(folder: Path, data: bytes, name: str) -> dict[str, object]:
    file = folder / "bytes"
    file.write_bytes(data)
    return scan(file, name)


def found(report: dict[str, object]) -> set[tuple[str, str]]:
    findings = report["findings"]
    assert isinstance(findings, list)
    return {(finding["rule"], finding["subject"]) for finding in findings}


# ---- What libraries write


@pytest.mark.parametrize("place", [place for place in PLACES if place.name != UNREAD], ids=lambda place: place.name)
def test_what_libraries_write_is_clean(place: Path) -> None:
    report = scan(place)
    assert report["verdict"] == "clean", report["findings"]


def test_what_is_not_read_needs_a_look() -> None:
    report = scan(SAMPLES / UNREAD)
    assert report["verdict"] == "needs-review"
    assert {rule for rule, _ in found(report)} == {"hdf5.unread"}


@pytest.mark.parametrize("name", ["external", "module", "exported", "old", "checkpoint"])
def test_a_folder_is_clean_when_it_is_packed_as_well(name: str, tmp_path: Path) -> None:
    place = SAMPLES / name
    members = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert scan_bytes(tmp_path, archive(members), "model.zip")["verdict"] == "clean"


# ---- Files that others describe


@pytest.mark.parametrize(
    ("name", "numbers", "rule"),
    [
        ("external", "model.onnx.data", "onnx.missing-data"),
        ("module", "variables/variables.data-00000-of-00001", "tensorflow.missing-data"),
    ],
)
def test_numbers_that_are_missing_or_too_many_need_a_look(name: str, numbers: str, rule: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SAMPLES / name, folder)
    data = (folder / numbers).read_bytes()
    (folder / numbers).write_bytes(data + b"\x01")
    assert scan(folder)["verdict"] == "needs-review"
    (folder / numbers).write_bytes(data[:-1])
    assert scan(folder)["verdict"] == "needs-review"
    (folder / numbers).unlink()
    report = scan(folder)
    assert report["verdict"] == "needs-review"
    assert rule in {rule for rule, _ in found(report)}


def test_numbers_are_understood_only_beside_what_describes_them(tmp_path: Path) -> None:
    numbers = bytes(range(256))
    for name, data in build.bundle(numbers).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert scan(tmp_path)["verdict"] == "clean"
    (tmp_path / "elsewhere").mkdir()
    shutil.move(tmp_path / "variables/variables.index", tmp_path / "elsewhere/variables.index")
    assert scan(tmp_path)["verdict"] == "needs-review"


def test_numbers_that_are_something_else_are_read_as_that(tmp_path: Path) -> None:
    lines = b"cos\nsystem\n(S'true'\ntR."
    for name, data in build.bundle(lines).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert scan(tmp_path)["verdict"] == "unsafe"


# ---- Hostile ones


@pytest.mark.parametrize("number", range(len(ITEMS)), ids=[item.name for item in ITEMS])
def test_a_hostile_graph_gets_its_verdict(number: int, tmp_path: Path) -> None:
    item = ITEMS[number]
    report = scan_bytes(tmp_path, item.data, item.name)
    assert report["verdict"] == item.verdict, report["findings"]


def test_no_payload_runs_while_scanning(tmp_path: Path) -> None:
    for item in corpus(str(tmp_path)):
        scan_bytes(tmp_path, item.data, item.name)
    assert {path.name for path in tmp_path.iterdir()} == {"bytes"}


def test_a_verdict_does_not_depend_on_name_or_packing(tmp_path: Path) -> None:
    for item in [item for item in ITEMS if item.verdict == "unsafe"][::3]:
        for name, data in (
            ("cat.png", item.data),
            ("a.zip", archive({"x": archive({"y": item.data})})),
            ("a.gz", gzip.compress(item.data)),
        ):
            assert scan_bytes(tmp_path, data, name)["verdict"] == "unsafe", (item.name, name)


def test_findings_name_what_they_are_about(tmp_path: Path) -> None:
    graph = build.onnx_graph(build.onnx_node("Tokenizer", "theirs"))
    assert ("onnx.unknown-operator", "theirs.Tokenizer") in found(scan_bytes(tmp_path, build.onnx_model(graph), "m"))
    saved = build.tf_model([build.tf_node("n", "TheirOperator")])
    assert ("tensorflow.unknown-operator", "TheirOperator") in found(scan_bytes(tmp_path, saved, "m"))
    layer = build.layer("Theirs", {}, "theirs.layers") | {"registered_name": "theirs>Theirs"}
    keras = build.keras_archive(build.sequential(layer))
    assert ("keras.unknown-object", "theirs.layers.Theirs") in found(scan_bytes(tmp_path, keras, "m"))


def test_a_text_with_colons_is_no_graph(tmp_path: Path) -> None:
    text = b"\n: a list\n\x09B: of things\n: and more: B\n"
    assert scan_bytes(tmp_path, text, "notes.txt")["verdict"] == "clean"


# ---- Lists


def test_one_version_covers_every_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = {path.stem for path in lists.FOLDER.glob("*.json")}
    assert {"allow_list", "onnx_list", "tensorflow_list", "keras_list"} <= names
    for name in names:
        copied = json.loads((lists.FOLDER / f"{name}.json").read_text())
        assert copied["version"] and all(copied["seen"])
        (tmp_path / f"{name}.json").write_bytes((lists.FOLDER / f"{name}.json").read_bytes())
    before = allow_list.version()
    changed = tmp_path / "onnx_list.json"
    changed.write_text(changed.read_text().replace("Relu", "Relux"))
    monkeypatch.setattr(lists, "FOLDER", tmp_path)
    assert lists.version.__wrapped__() != before


def test_no_operator_is_both_allowed_and_unsafe() -> None:
    operators = lists.load("tensorflow_list")["operators"]
    assert not set(operators["allowed"]) & set(operators["unsafe"])
    assert {"ReadFile", "WriteFile", "PyFunc", "EagerPyFunc", "MatchingFiles"} <= set(operators["unsafe"])


def test_the_checksum_is_the_one_of_the_standard() -> None:
    assert checksum(b"123456789") == 0xE3069283


# ---- Damage

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["flip", "set", "address", "cut", "double", "end"]), st.floats(0, 1), st.integers(0, 255)
    ),
    min_size=1,
    max_size=6,
)


def changed(data: bytes, changes: list[tuple[str, float, int]]) -> bytes:
    """The bytes with some of them changed. Places are fractions, so that they fall into any file."""
    out = bytearray(data)
    for change, fraction, value in changes:
        at = min(int(fraction * len(out)), len(out) - 1)
        if change == "flip":
            out[at] ^= 1 << value % 8
        elif change == "set":
            out[at] = value
        elif change == "address":
            out[at : at + 8] = (value * 97 % (len(out) + 9)).to_bytes(8, "little")
        elif change == "cut":
            del out[at : at + value % 20]
        elif change == "double":
            out[at:at] = out[at : at + value]
        else:
            del out[at:]
        if not out:
            return b"x"
    return bytes(out)


@given(file=st.sampled_from(FILES), changes=CHANGES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_costs_little_and_raises_nothing(file: Path, changes: list[tuple[str, float, int]]) -> None:
    data = changed(file.read_bytes(), changes)
    name = str(file.relative_to(SAMPLES))
    budget = Budget()
    context = Context(name, readers.read, budget, folder=Folder({name: len(data)}))
    with suppress(LimitReached):
        readers.read(BytesSource(data), context)
    assert OPCODES - budget.opcodes < 5_000_000
    assert budget.inflated > 0 and budget.members > 0


@given(file=st.sampled_from(FILES), fraction=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_a_file_that_ends_too_early_is_not_clean(file: Path, fraction: float) -> None:
    data = file.read_bytes()
    cut = data[: int(fraction * len(data))]
    # A few bytes of anything may be a text.
    if len(cut) < 64 or len(cut) == len(data):
        return
    report = Context("cut", readers.read, Budget())
    readers.read(BytesSource(cut), report)
    # A text stays a text, and a message that ends between two of its fields is a shorter message.
    is_whole = file.suffix == ".txt" or file.name in ("fingerprint.pb", "frozen.pb") or file.suffix == ".onnx"
    assert report.findings or is_whole
