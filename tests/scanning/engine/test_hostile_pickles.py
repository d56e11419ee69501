"""The second corpus: pickles of every kind and files with pickles in them. Each gets its verdict, and none runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.scanning.engine.hostile_pickles import corpus
from tests.scanning.engine.test_corpus import scan

LOADER = """
import pickle, sys, warnings
import joblib, numpy
warnings.simplefilter("ignore")
for path, kind in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        if kind == "joblib":
            joblib.load(path)
        elif kind in ("npy", "npz"):
            arrays = numpy.load(path, allow_pickle=True)
            [arrays[name] for name in arrays]
        else:
            with open(path, "rb") as file:
                pickle.load(file)
    except BaseException:
        pass
"""
ITEMS = corpus("/nowhere")


@pytest.mark.parametrize("number", range(len(ITEMS)), ids=[item.name for item in ITEMS])
def test_a_hostile_file_gets_its_verdict(number: int, tmp_path: Path) -> None:
    item = ITEMS[number]
    report = scan(tmp_path, item.data, item.name)
    assert report["verdict"] == item.verdict, report["findings"]


def test_the_payloads_are_real(tmp_path: Path) -> None:
    items = [(number, item) for number, item in enumerate(corpus(str(tmp_path))) if item.runs]
    arguments: list[str] = []
    for number, item in items:
        file = tmp_path / f"item-{number:03}"
        file.write_bytes(item.data)
        arguments += [str(file), item.name.rpartition(".")[2]]
    subprocess.run([sys.executable, "-c", LOADER, *arguments], check=False, capture_output=True, timeout=300)
    made = {path.name for path in tmp_path.iterdir()}
    assert [item.name for number, item in items if f"marker-{number:03}" not in made] == []
    assert len(items) >= 60


def test_no_payload_runs_while_scanning(tmp_path: Path) -> None:
    for item in corpus(str(tmp_path)):
        scan(tmp_path, item.data, item.name)
    assert {path.name for path in tmp_path.iterdir()} == {"bytes"}
