"""Texts, configurations and what stands around a model: hostile ones get their verdict, ordinary ones are clean."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from scanning.engine import jobs
from tests.scanning.engine import hostile_later, hostile_texts
from tests.scanning.engine.builders import archive
from tests.scanning.engine.gguf_builder import with_template
from tests.scanning.engine.hostile import Hostile
from tests.scanning.engine.ordinary_templates import ORDINARY as TEMPLATES
from tests.scanning.engine.ordinary_texts import ORDINARY as TEXTS
from tests.scanning.engine.test_samples import scan as scan_place

RUN = """
import json, runpy, subprocess, sys
import jinja2, yaml

def run(path, how):
    text = open(path, "rb").read()
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

for path, how in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        run(path, how)
    except BaseException:
        pass
"""
PLACES = Path(__file__).with_name("texts")
LATER = hostile_later.corpus("/nowhere")
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


@pytest.mark.parametrize("made", [hostile_texts, hostile_later], ids=["first", "later"])
def test_the_payloads_are_real(made: ModuleType, tmp_path: Path) -> None:
    files = []
    for number, item in enumerate(made.corpus(str(tmp_path))):
        if how := made.RUNNERS.get(item.name):
            files += [str(tmp_path / f"item-{number:03}"), how]
            (tmp_path / f"item-{number:03}").write_bytes(item.data)
    subprocess.run([sys.executable, "-c", RUN, *files], check=False, capture_output=True, timeout=100)
    names = [item.name for item in made.corpus("")]
    run = {names[int(path.name[7:])] for path in tmp_path.glob("marker-*")}
    assert run == set(made.RUNNERS)
    assert len(run) >= 20


def test_no_payload_runs_while_scanning(items: list[Hostile], tmp_path: Path) -> None:
    for item in items:
        if item.name in hostile_texts.RUNNERS:
            scan(tmp_path, item.data, item.name)
    assert {path.name for path in tmp_path.iterdir()} == {"bytes"}


def test_a_verdict_does_not_depend_on_name_or_packing(items: list[Hostile], tmp_path: Path) -> None:
    for item in [item for item in items if item.verdict == "unsafe"][::3]:
        for name, data in (("cat.png", item.data), ("NOTES", item.data), ("a.zip", archive({"x": item.data}))):
            assert scan(tmp_path, data, name)["verdict"] == "unsafe", (item.name, name)


@pytest.mark.parametrize("number", range(len(LATER)), ids=[item.name for item in LATER])
def test_what_was_written_later_is_not_clean(number: int, tmp_path: Path) -> None:
    item = LATER[number]
    verdict = scan(tmp_path, item.data, item.name)["verdict"]
    assert verdict in ({"needs-review", "unsafe"} if item.verdict == "not clean" else {item.verdict})


@pytest.mark.parametrize("place", sorted(PLACES.iterdir()), ids=lambda place: place.name)
def test_what_libraries_write_around_a_model_is_clean(place: Path) -> None:
    report = scan_place(place)
    assert report["verdict"] == "clean", report["findings"]


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_an_ordinary_template_is_clean_wherever_it_stands(name: str, tmp_path: Path) -> None:
    template = TEMPLATES[name]
    for data, path in (
        (template.encode(), "chat_template.jinja"),
        (template.encode(), "notes.txt"),
        (json.dumps({"chat_template": template}).encode(), "tokenizer_config.json"),
        (json.dumps({"chat_template": [{"name": "default", "template": template}]}).encode(), "tokenizer_config.json"),
        (with_template(template), "model.gguf"),
    ):
        report = scan(tmp_path, data, path)
        assert report["verdict"] == "clean", (path, report["findings"])


@pytest.mark.parametrize("path", sorted(TEXTS))
def test_an_ordinary_file_is_clean(path: str, tmp_path: Path) -> None:
    report = scan(tmp_path, TEXTS[path], path)
    # Here it stands alone; the folder that it comes from has the list that it names.
    alone = "requirements.include" if path == "python_env.yaml" else ""
    findings = report["findings"]
    assert isinstance(findings, list)
    assert {finding["rule"] for finding in findings if finding["severity"] != "note"} == {alone} - {""}


def test_a_folder_of_ordinary_files_is_clean_and_its_formats_are_named(tmp_path: Path) -> None:
    for path, data in TEXTS.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    report = scan_place(tmp_path)
    assert report["verdict"] == "clean", report["findings"]
    formats = report["facts"]["formats"]  # type: ignore[index]
    assert set(formats) == set(TEXTS)
    assert formats["bert/config.json"] == "json" and formats["README.md"] == "text"
    assert formats["lines.jsonl"] == "json lines"


def test_formats_are_named_by_content(tmp_path: Path) -> None:
    words: dict[str, str] = {}
    for name in ("gguf", "model", "pictures", "words"):
        words |= scan_place(PLACES / name)["facts"]["formats"]  # type: ignore[index]
    assert words["tiny.gguf"] == "gguf" and words["chat_template.jinja"] == "template"
    assert words["picture.webp"] == "webp" and words["plot.svg"] == "svg" and words["sound.wav"] == "wav"
    assert words["vocab.txt"] == "vocabulary" and words["spiece.model"] == "sentencepiece"
    assert scan(tmp_path, b"\x80\x04N.", "x.png")["facts"]["formats"] == {"x.png": "pickle"}  # type: ignore[index]
    assert scan(tmp_path, bytes(range(256)), "x")["facts"]["formats"] == {"x": "unknown"}  # type: ignore[index]


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    letters = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY"
    for item in hostile_texts.secrets(""):
        report = scan(tmp_path, item.data, item.name)
        findings = report["findings"]
        assert isinstance(findings, list)
        assert any(finding["rule"] == "secret.found" for finding in findings), item.name
        assert letters[:6] not in json.dumps(report), item.name


def test_a_shard_that_is_missing_is_a_note(tmp_path: Path) -> None:
    report = scan(tmp_path, TEXTS["sharded/model.safetensors.index.json"], "model.safetensors.index.json")
    assert report["verdict"] == "clean"
    assert [finding["rule"] for finding in report["findings"]] == ["hub.missing-shard"]  # type: ignore[attr-defined]


def test_names_that_are_one_on_some_systems_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    for pair in (("README.md", "readme.md"), ("caf\u00e9", "cafe\u0301"), ("a", "A/b"), ("aux.json", "b"), ("x.", "y")):
        files = [{"path": path, "source": str(tmp_path / "a"), "size": 1} for path in pair]
        assert jobs.scan(files)["verdict"] == "needs-review", pair
