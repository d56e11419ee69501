"""Whatever becomes of an ordinary file on its way, the engine answers, and never says clean to a damaged container."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanning.engine import jobs
from tests.scanning.engine import gguf_builder, ordinary_templates, ordinary_texts

HERE = Path(__file__).parent
LARGEST = 64 << 10
FILES = [
    path
    for folder in ("texts", "samples")
    for path in sorted((HERE / folder).rglob("*"))
    if path.is_file() and 0 < path.stat().st_size < LARGEST
]
SAMPLES = [(path.name, path.read_bytes()) for path in FILES] + [
    *((path, data) for path, data in ordinary_texts.ORDINARY.items()),
    *((f"{name}.gguf", gguf_builder.with_template(text)) for name, text in ordinary_templates.ORDINARY.items()),
    *((f"{name}.jinja", text.encode()) for name, text in ordinary_templates.ORDINARY.items()),
]
VERDICTS = ("clean", "needs-review", "unsafe")


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with a few bytes changed, cut out, doubled or put in."""
    name, data = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 16))
        how = draw(st.sampled_from(["change", "cut", "end", "double", "insert"]))
        piece = draw(st.binary(max_size=16))
        match how:
            case "change":
                data = data[:at] + piece + data[at + len(piece) :]
            case "cut":
                data = data[:at] + data[at + length :]
            case "end":
                data = data[:at]
            case "double":
                data = data[:at] + data[at : at + length] + data[at:]
            case _:
                data = data[:at] + piece + data[at:]
    return name, data


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(mutations())
def test_a_mutation_never_brings_the_engine_down(mutation: tuple[str, bytes]) -> None:
    name, data = mutation
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        report = jobs.scan([{"path": name, "source": file.name, "size": len(data)}])
    assert report["verdict"] in VERDICTS, report["findings"]


@pytest.mark.parametrize(
    "name", ["gguf/tiny.gguf", "pictures/picture.png", "pictures/picture.gif", "words/spiece.model"]
)
def test_a_file_that_ends_early_is_never_clean(name: str, tmp_path: Path) -> None:
    data = (HERE / "texts" / name).read_bytes()
    for end in range(16, len(data), max(1, len(data) // 60)):
        (tmp_path / "file").write_bytes(data[:end])
        report = jobs.scan([{"path": "file", "source": str(tmp_path / "file"), "size": end}])
        assert report["verdict"] != "clean", end
