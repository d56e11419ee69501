"""The corpus of hostile files: each gets its verdict, under any name and at any depth, and none runs."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from scanning.engine import jobs
from tests.scanning.engine.builders import archive
from tests.scanning.engine.hostile import Hostile, corpus

LOADER = """
import os, pickle, sys
for path in sys.argv[1:]:
    try:
        with open(path, "rb") as file:
            pickle.load(file)
    except BaseException:
        pass
"""


def scan(folder: Path, data: bytes, name: str) -> dict[str, object]:
    file = folder / "bytes"
    file.write_bytes(data)
    return jobs.scan([{"path": name, "source": str(file), "size": len(data)}])


ITEMS = corpus("/nowhere")


@pytest.fixture
def items(tmp_path: Path) -> list[Hostile]:
    return corpus(str(tmp_path))


@pytest.mark.parametrize("number", range(len(ITEMS)), ids=[item.name for item in ITEMS])
def test_a_hostile_file_gets_its_verdict(number: int, tmp_path: Path) -> None:
    item = ITEMS[number]
    report = scan(tmp_path, item.data, item.name)
    assert report["verdict"] == item.verdict, report["findings"]


def test_the_payloads_are_real(items: list[Hostile], tmp_path: Path) -> None:
    files = []
    for number, item in enumerate(items):
        if item.runs:
            files.append(tmp_path / f"item-{number:03}")
            files[-1].write_bytes(item.data)
    subprocess.run([sys.executable, "-c", LOADER, *files], check=False, capture_output=True, timeout=60)
    silent = [items[int(file.name[5:])].name for file in files if not (tmp_path / f"marker-{file.name[5:]}").exists()]
    # Reading a joblib file with pickle needs joblib for the name of its wrapper.
    assert [name for name in silent if name != "hidden-in-array.joblib"] == []


def test_no_payload_runs_while_scanning(items: list[Hostile], tmp_path: Path) -> None:
    for item in items:
        scan(tmp_path, item.data, item.name)
    assert {path.name for path in tmp_path.iterdir()} == {"bytes"}


def test_a_verdict_does_not_depend_on_name_or_packing(items: list[Hostile], tmp_path: Path) -> None:
    by_name = ("MLmodel", "requirements.txt", "conda.yaml")
    chosen = [item for item in items if item.verdict == "unsafe" and not item.name.endswith(by_name)][::4]
    for item in chosen:
        for name, data in (
            ("cat.png", item.data),
            ("NOTES", item.data),
            ("a.PKL", item.data),
            ("a.zip", archive({"x": archive({"y": item.data})})),
            ("a.gz", gzip.compress(item.data)),
        ):
            assert scan(tmp_path, data, name)["verdict"] == "unsafe", (item.name, name)


def test_every_finding_has_a_sentence_and_advice(items: list[Hostile], tmp_path: Path) -> None:
    for item in items[::3]:
        report = scan(tmp_path, item.data, item.name)
        findings = report["findings"]
        assert isinstance(findings, list)
        for finding in findings:
            assert finding["message"].isprintable() and finding["advice"].endswith(".")
            assert len(finding["position"]) <= 64 and len(finding["rule"]) <= 64
