"""Graphs and weights: what libraries write is clean, hostile ones get their verdict, and damaged ones only an answer."""

from pathlib import Path

import pytest

from scanning.engine import jobs
from tests.scanning.engine.hostile_graphs import corpus

SAMPLES = Path(__file__).with_name("graph_samples")
ITEMS = corpus("/nowhere")
FILES = sorted(path for path in SAMPLES.rglob("*") if path.is_file())


def scan(place: Path, name: str = "") -> dict[str, object]:
    files = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    return jobs.scan([
        {
            "path": str(path.relative_to(place)) if place.is_dir() else name or path.name,
            "source": str(path),
            "size": path.stat().st_size,
        }
        for path in files
    ])  # fmt: skip


def rules(report: dict[str, object]) -> set[str]:
    findings = report["findings"]
    assert isinstance(findings, list)
    return {finding["rule"] for finding in findings}


@pytest.mark.parametrize("number", range(len(ITEMS)), ids=[item.name for item in ITEMS])
def test_a_hostile_graph_gets_its_verdict(number: int, tmp_path: Path) -> None:
    item = ITEMS[number]
    (tmp_path / "bytes").write_bytes(item.data)
    report = scan(tmp_path / "bytes", item.name)
    assert report["verdict"] == item.verdict, report["findings"]
