"""Files are scanned before anybody uploads them, without a server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanning.engine.findings import Verdict
from scanning.local import EXIT_STATUS, as_json, as_text, scan_path

ROOT = Path(__file__).resolve().parents[2]
RUNS_A_COMMAND = b'cos\nsystem\n(S"true"\ntR.'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one harmless file."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes.txt").write_text("1 2 3\n")
    return tmp_path / "model"


def command(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    """`manage.py scan` with a database that is not there."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    line = [sys.executable, str(ROOT / "manage.py"), "scan", *map(str, words)]
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_a_harmless_folder_is_clean(folder: Path) -> None:
    report = scan_path(folder)
    assert report.verdict is Verdict.CLEAN
    assert as_json(report)["findings"] == []


def test_hidden_files_and_folders_are_scanned_too(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / ".weights").write_bytes(RUNS_A_COMMAND)
    report = scan_path(folder)
    assert report.verdict is Verdict.UNSAFE
    assert [finding.file for finding in report.findings] == [".git/.weights"]


def test_a_link_is_not_followed_and_nothing_is_clean_with_one(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.pkl").write_bytes(RUNS_A_COMMAND)
    (tmp_path / "folder").mkdir()
    (folder / "weights.pkl").symlink_to(tmp_path / "elsewhere.pkl")
    (folder / "more").symlink_to(tmp_path / "folder")
    report = scan_path(folder)
    assert report.verdict is Verdict.FAILED
    assert sorted(finding.file for finding in report.findings) == ["more", "weights.pkl"]


def test_what_is_neither_file_nor_folder_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    report = scan_path(folder)
    assert report.verdict is Verdict.FAILED
    assert "neither a file nor a folder" in report.findings[0].message


def test_one_file_is_scanned_by_its_name(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(RUNS_A_COMMAND)
    report = scan_path(folder / "model.pkl")
    assert [(finding.file, finding.rule) for finding in report.findings] == [("model.pkl", "pickle.forbidden-global")]


def test_an_empty_folder_is_not_clean(tmp_path: Path) -> None:
    assert scan_path(tmp_path).verdict is Verdict.NEEDS_REVIEW


def test_nothing_is_left_behind(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    scan_path(folder)
    assert sorted(folder.rglob("*")) == before


def test_a_name_cannot_steer_the_terminal(folder: Path) -> None:
    (folder / "a\x1b[2Jb").write_bytes(RUNS_A_COMMAND)
    text = as_text(scan_path(folder))
    assert "\x1b" not in text and "[2Jb" in text


@pytest.mark.parametrize(
    ("content", "verdict"),
    [(b"1 2 3\n", Verdict.CLEAN), (b"import os\nprint(os)\n", Verdict.NEEDS_REVIEW), (RUNS_A_COMMAND, Verdict.UNSAFE)],
)
def test_the_command_prints_json_and_ends_with_the_status_of_the_verdict(
    tmp_path: Path, content: bytes, verdict: Verdict
) -> None:
    (tmp_path / "file").write_bytes(content)
    ended = command(tmp_path, "--json")
    printed = json.loads(ended.stdout)
    assert (ended.returncode, printed["verdict"]) == (EXIT_STATUS[verdict], verdict)
    wanted = {"file", "scanner", "severity", "rule", "message", "advice"}
    assert all(wanted <= finding.keys() for finding in printed["findings"])


def test_a_failed_scan_ends_with_three(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert command(tmp_path).returncode == 3


@pytest.mark.parametrize("words", [(), ("--unheard-of",), ("no-such-folder",)])
def test_a_call_that_makes_no_sense_is_no_verdict(words: tuple[str, ...]) -> None:
    ended = command(*words)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.strip()


def test_the_command_speaks_to_people_unless_asked_for_json(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(RUNS_A_COMMAND)
    ended = command(folder)
    assert ended.returncode == 1
    assert ended.stdout.startswith("Unsafe: 1 unsafe.")
    assert "model.pkl" in ended.stdout and "pickle.forbidden-global" in ended.stdout
