"""The second half of the hostile corpus meets the engine: none of it is clean, none runs while it is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanning.engine import jobs
from tests.scanning.corpus import verify
from tests.scanning.corpus.second_half import corpus, folders
from tests.scanning.engine.hostile import Hostile

# What the gate lets through, found by this half, and why that is bearable for now.
KNOWN = {
    "markup.safetensors": "Markup in the metadata; it harms only where a page shows it as it is.",
    "zero-width.json": "A space without width within a word; vocabularies of tokenizers hold such words too.",
    "formula.csv": "A formula, run by a spreadsheet that is told to.",
    "secret-key.pem": "Cut short, so not a key that opens anything.",
    "secret-hub.json": "The alphabet in order, so it is taken for a placeholder.",
    "boosted.xgb.json": "An objective that does not exist, and markup as a note; XGBoost runs neither.",
}
WORKERS = 3


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the marker; to make the corpus takes seconds, so it is made for one place."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def items(home: Path) -> list[Hostile]:
    return corpus(str(home / "mark"))


def _scan(place: Path, files: dict[str, bytes]) -> str:
    place.mkdir()
    tree = []
    for number, (title, data) in enumerate(files.items()):
        source = place / str(number)
        source.write_bytes(data)
        tree.append({"path": title, "source": str(source), "size": len(data)})
    return str(jobs.scan(tree)["verdict"].value)  # type: ignore[attr-defined]


def test_every_name_is_there_once(items: list[Hostile]) -> None:
    names = [item.name for item in items] + [folder.name for folder in folders()]

    assert len(names) == len(set(names))
    assert len(names) > 400


def test_nothing_is_clean_and_nothing_runs_while_it_is_read(tmp_path: Path, home: Path, items: list[Hostile]) -> None:
    versions = {item.name: {item.name: item.data} for item in items}
    versions |= {folder.name: folder.files for folder in folders()}
    clean = {
        title
        for number, (title, files) in enumerate(versions.items())
        if _scan(tmp_path / str(number), files) == "clean"
    }

    assert clean == set(KNOWN)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("share", range(WORKERS))
def test_what_is_said_to_run_does_run(tmp_path: Path, home: Path, items: list[Hostile], share: int) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    said = [item for item in items if item.runs][share::WORKERS]
    for item in said:
        (folder / item.name).write_bytes(item.data)

    ran = subprocess.run(
        [sys.executable, verify.__file__, str(folder), str(home / "mark")],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(ran.stdout.splitlines()) == {item.name for item in said}
