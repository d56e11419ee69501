"""Imports run downward only. The contracts themselves are in pyproject.toml."""

import pytest
from importlinter.cli import lint_imports

from tests.architecture.code import ROOT


def test_a_thing_knows_its_past_and_not_its_future(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(no_cache=True)
    assert status == 0, capsys.readouterr().out
