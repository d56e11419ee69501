"""Everything that the corpora hold, once more in the sandbox, where nothing can be opened, imported or loaded late."""

from pathlib import Path

import pytest

from scanning.engine import jobs
from scanning.engine.sources import BytesSource
from scanning.sandbox import ScanFile, scan_files
from tests.scanning.engine import hostile, hostile_graphs, hostile_later, hostile_texts

HERE = Path(__file__).parent
CORPORA = (hostile, hostile_graphs, hostile_later, hostile_texts)
BENIGN = ("samples", "graph_samples", "texts")


class Held:
    """Bytes that the sandbox asks for."""

    def __init__(self, data: bytes) -> None:
        self._source = BytesSource(data)

    def read(self, start: int, length: int) -> bytes:
        return self._source.read(start, length)

    def close(self) -> None:
        """Nothing is held open."""


def rules(findings: object) -> list[tuple[str, str]]:
    """Which rule says something about which file."""
    assert isinstance(findings, list)
    return sorted({(finding["file"], finding["rule"]) for finding in findings})


@pytest.mark.parametrize("module", CORPORA, ids=lambda module: module.__name__.rpartition(".")[2])
def test_the_sandbox_says_of_hostile_files_what_the_engine_says(module: object, tmp_path: Path) -> None:
    items = module.corpus(str(tmp_path / "marker"))  # type: ignore[attr-defined]
    different = {}
    for number, item in enumerate(items):
        # Each in a folder of its own: it would be judged together with the others otherwise.
        name = item.name.lstrip("/")
        place = tmp_path / "one"
        place.write_bytes(item.data)
        alone = jobs.scan([{"path": name, "source": str(place), "size": len(item.data)}])
        if number % 4 and "engine.error" not in {finding["rule"] for finding in alone["findings"]}:  # type: ignore[attr-defined]
            continue
        report = scan_files([ScanFile(name, Held(item.data), len(item.data))])
        said = sorted({(found.file, found.rule) for found in report.findings})
        if said != rules(alone["findings"]):
            different[item.name] = report.findings
    assert different == {}


@pytest.mark.parametrize("name", BENIGN)
def test_the_sandbox_is_content_with_what_libraries_wrote(name: str) -> None:
    paths = [path for path in sorted((HERE / name).rglob("*")) if path.is_file()]
    report = scan_files([ScanFile(str(path.relative_to(HERE)), path, path.stat().st_size) for path in paths])
    assert [finding for finding in report.findings if finding.scanner in ("engine", "sandbox")] == []
