"""What somebody at a terminal sees, and what a log file holds."""

import pytest

from protocols.mlflow_import.report import Progress, Report


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    said: list[str] = []
    progress = Progress(said.append, is_terminal=True)
    progress.begin("experiments", 4)
    progress.advance()
    progress.advance()
    assert said[-1] == "\r\x1b[K[############............] experiments 2/4  "
    progress.say("soon again: not shown")
    assert "soon" not in "".join(said)
    progress.end()
    assert said[-1] == "\r\x1b[K"
    assert not any("\n" in text for text in said)


def test_a_bar_fits_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    said: list[str] = []
    progress = Progress(said.append, is_terminal=True)
    progress.begin("a very long title of what is being done", 4)
    assert len(said[-1].removeprefix("\r\x1b[K")) == 39


def test_a_log_gets_plain_lines_and_not_too_many() -> None:
    said: list[str] = []
    progress = Progress(said.append, is_terminal=False)
    progress.begin("experiments", 1_000)
    for number in range(1_000):
        progress.say(f"run {number}")
        progress.advance()
    progress.begin("models", 0)
    progress.end()
    assert said == ["experiments 0/1000\n", "models 0/0\n"]


def test_reasons_come_together_with_a_few_examples() -> None:
    report = Report()
    report.carried["runs"] = 12_345
    for number in range(7):
        report.refuse("runs", f"r{number}", "it is too old")
    report.refuse("tags", "k", "odd", again=True)
    lines = list(report.lines())
    assert "runs                  12,345               0             7" in lines
    assert "tags                       0               0             1" in lines
    assert "  runs: r0, r1, r2, r3, r4 and 2 more: it is too old" in lines
    assert report.is_unfinished
