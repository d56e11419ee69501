"""Texts, configurations and what stands around a model: hostile ones get their verdict, ordinary ones are clean."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scanning.engine import jobs
from tests.scanning.engine import hostile_texts
from tests.scanning.engine.builders import archive
from tests.scanning.engine.hostile import Hostile

RUN = """
import json, os, runpy, subprocess, sys
import jinja2, yaml
path, how = sys.argv[1:]
text = open(path, "rb").read()
try:
    if how == "jinja":
        jinja2.Environment(extensions=["jinja2.ext.loopcontrols"]).from_string(text.decode()).render(messages=[])
    elif how == "chat_template":
        jinja2.Template(json.loads(text)["chat_template"]).render(messages=[])
    elif how == "yaml":
        yaml.unsafe_load(text)
    elif how == "shell":
        subprocess.run(["/bin/sh", path])
    elif how == "python":
        runpy.run_path(path, run_name="__main__")
except BaseException as problem:
    print(problem)
"""
ITEMS = hostile_texts.corpus("/nowhere")


def scan(folder: Path, data: bytes, name: str) -> dict[str, object]:
    file = folder / "bytes"
    file.write_bytes(data)
    return jobs.scan([{"path": name, "source": str(file), "size": len(data)}])


@pytest.fixture
def items(tmp_path: Path) -> list[Hostile]:
    return hostile_texts.corpus(str(tmp_path))


def test_the_corpus_is_large_and_its_names_differ() -> None:
    assert len({item.name for item in ITEMS}) == len(ITEMS) >= 80


@pytest.mark.parametrize("number", range(len(ITEMS)), ids=[item.name for item in ITEMS])
def test_a_hostile_item_gets_its_verdict(number: int, tmp_path: Path) -> None:
    item = ITEMS[number]
    report = scan(tmp_path, item.data, item.name)
    assert report["verdict"] == item.verdict, report["findings"]


def test_the_payloads_are_real(items: list[Hostile], tmp_path: Path) -> None:
    silent = []
    for number, item in enumerate(items):
        if how := hostile_texts.RUNNERS.get(item.name):
            file = tmp_path / f"item-{number:03}"
            file.write_bytes(item.data)
            subprocess.run([sys.executable, "-c", RUN, file, how], check=False, capture_output=True, timeout=60)
            if not (tmp_path / f"marker-{number:03}").exists():
                silent.append(item.name)
    assert silent == []
    assert len(hostile_texts.RUNNERS) >= 24


def test_no_payload_runs_while_scanning(items: list[Hostile], tmp_path: Path) -> None:
    for item in items:
        if item.name in hostile_texts.RUNNERS:
            scan(tmp_path, item.data, item.name)
    assert {path.name for path in tmp_path.iterdir()} == {"bytes"}


def test_a_verdict_does_not_depend_on_name_or_packing(items: list[Hostile], tmp_path: Path) -> None:
    for item in [item for item in items if item.verdict == "unsafe"][::3]:
        for name, data in (("cat.png", item.data), ("NOTES", item.data), ("a.zip", archive({"x": item.data}))):
            assert scan(tmp_path, data, name)["verdict"] == "unsafe", (item.name, name)
