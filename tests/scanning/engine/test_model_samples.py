"""Models that torch and the boosters wrote (make_model_samples.py): understood to the last byte, or to be read."""

from pathlib import Path

import pytest

from tests.scanning.engine.test_corpus import scan
from tests.scanning.engine.test_samples import scan as scan_place

MODELS = Path(__file__).with_name("model_samples")
CLEAN = sorted((MODELS / "clean").iterdir())
REVIEW = sorted((MODELS / "review").iterdir())


@pytest.mark.parametrize("file", CLEAN, ids=lambda file: file.name)
def test_what_libraries_save_is_clean(file: Path) -> None:
    report = scan_place(file)
    assert report["verdict"] == "clean", report["findings"]


@pytest.mark.parametrize("file", REVIEW, ids=lambda file: file.name)
def test_what_holds_code_or_a_graph_is_for_somebody_to_read(file: Path) -> None:
    report = scan_place(file)
    assert report["verdict"] == "needs-review", report["findings"]


@pytest.mark.parametrize("file", CLEAN, ids=lambda file: file.name)
def test_a_model_that_goes_on_or_ends_early_is_not_clean(file: Path, tmp_path: Path) -> None:
    data = file.read_bytes()
    assert scan(tmp_path, data + b"\0extra", file.name)["verdict"] != "clean"
    for cut in (1, 2, len(data) // 2):
        assert scan(tmp_path, data[:-cut], file.name)["verdict"] != "clean" or not data[-cut:].strip()


def test_the_rule_names_the_class_that_is_not_listed() -> None:
    report = scan_place(MODELS / "review" / "torch-own-module.pt")
    findings = report["findings"]
    assert isinstance(findings, list)
    assert [(item["rule"], item["subject"]) for item in findings] == [("pickle.unknown-global", "theirs.Own")]
