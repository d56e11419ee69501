"""How complete a bill of materials is, part by part."""

from copy import deepcopy
from typing import Any

import orjson
import pytest

from accounts.models import User
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import Origin, create_version
from supply.bills.completeness import PARTS, completeness, unpinned
from supply.bills.queries import bill_of, files_of, judged
from supply.operations.bills import supply_bill
from tests.factories.registry import register_files
from tests.supply.bills.building import full_version, require

SHA = "a" * 64
FILES = {"weights.txt": SHA}
FULL: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {
        "component": {
            "type": "machine-learning-model",
            "name": "iris",
            "version": "1",
            "licenses": [{"expression": "MIT"}],
            "author": "ada",
            "description": "Tells irises apart.",
            "pedigree": {"ancestors": [{"type": "machine-learning-model", "name": "base"}], "commits": [{"uid": "1"}]},
            "modelCard": {
                "modelParameters": {"datasets": [{"type": "dataset", "name": "petals"}]},
                "quantitativeAnalysis": {"performanceMetrics": [{"type": "accuracy", "value": "0.9"}]},
            },
        }
    },
    "components": [
        {"type": "file", "name": "./weights.txt", "hashes": [{"alg": "SHA-256", "content": SHA.upper()}]},
        {"type": "library", "name": "numpy", "version": "2.3.1"},
        {"type": "platform", "name": "python", "version": "3.11"},
    ],
    "formulation": [
        {
            "workflows": [
                {"bom-ref": "r", "uid": "r", "taskTypes": ["other"], "inputs": [{"parameters": [{"name": "d"}]}]}
            ]
        }
    ],
}


def without(*path: str | int) -> dict[str, Any]:
    """The full bill less one thing."""
    bill = deepcopy(FULL)
    place: Any = bill
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return bill


def missing(bill: dict[str, Any], files: dict[str, str] | None = None) -> list[str]:
    return [part.name for part in completeness(bill, FILES if files is None else files).missing]


def test_the_weights_come_to_a_hundred_and_every_part_says_what_to_do() -> None:
    assert sum(part.weight for part in PARTS) == 100
    assert len({part.name for part in PARTS}) == len(PARTS) == 13
    assert all(part.weight > 0 and part.words and part.advice.endswith((".", ")")) for part in PARTS)


def test_a_hundred_per_cent_can_be_reached() -> None:
    assert (completeness(FULL, FILES).percent, missing(FULL)) == (100, [])


_MODEL = ("metadata", "component")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ((*_MODEL, "name"), "name"),
        ((*_MODEL, "version"), "name"),
        (("components", 0), "hashes"),
        (("components", 0, "hashes"), "hashes"),
        ((*_MODEL, "licenses"), "licence"),
        ((*_MODEL, "author"), "author"),
        ((*_MODEL, "description"), "description"),
        ((*_MODEL, "modelCard", "modelParameters"), "data"),
        ((*_MODEL, "modelCard", "quantitativeAnalysis"), "metrics"),
        (("formulation", 0, "workflows", 0, "inputs"), "parameters"),
        (("components", 1), "packages"),
        (("components", 1, "version"), "packages"),
        ((*_MODEL, "pedigree", "ancestors"), "ancestors"),
        ((*_MODEL, "pedigree", "commits"), "commit"),
        (("formulation", 0, "workflows", 0, "uid"), "run"),
        (("components", 2), "environment"),
    ],
)
def test_what_is_taken_away_is_missing_and_nothing_else(path: tuple[str | int, ...], part: str) -> None:
    bill = without(*path)
    weight = next(one.weight for one in PARTS if one.name == part)
    assert (missing(bill), completeness(bill, FILES).percent) == ([part], 100 - weight)


def test_one_file_without_its_hash_is_one_too_many() -> None:
    assert missing(FULL, {**FILES, "other.txt": SHA}) == ["hashes"]
    assert missing(FULL, {"weights.txt": "b" * 64}) == ["hashes"]
    # Where no files are kept here, the hash of any file counts.
    assert missing(FULL, {}) == []
    assert missing(without("components", 0), {}) == ["hashes"]


def test_one_open_package_is_one_too_many() -> None:
    bill = deepcopy(FULL)
    bill["components"].append({"type": "library", "name": "torch"})
    assert missing(bill) == ["packages"]
    assert unpinned(bill) == ["torch"]


def test_from_scratch_is_as_good_as_an_ancestor() -> None:
    bill = without("metadata", "component", "pedigree", "ancestors")
    bill["metadata"]["component"]["pedigree"]["notes"] = "Trained from scratch."
    assert missing(bill) == []


@pytest.mark.parametrize(
    "bill",
    [
        {},
        {"metadata": []},
        {
            "metadata": {
                "component": {"modelCard": [], "pedigree": 1, "licenses": [1], "components": [None, {"components": 3}]}
            }
        },
        {"components": {}, "formulation": [[], {"workflows": [1, {"inputs": ["x"]}]}]},
    ],
)
def test_a_bill_of_any_shape_is_judged(bill: dict[str, Any]) -> None:
    assert completeness(bill, FILES).percent == 0


def test_our_bill_of_a_full_version_is_complete(model: RegisteredModel, scientist: User) -> None:
    found = judged(full_version(model, actor=scientist))
    assert [part.words for part in found.ours.missing] == []
    assert (found.counts.percent, found.is_supplied) == (100, False)


def test_our_bill_of_a_bare_version_lacks_what_nobody_said(version: ModelVersion) -> None:
    found = judged(version)
    assert {part.name for part in found.counts.present} == {"name", "hashes", "author", "run"}
    assert found.counts.percent == 28


def test_a_package_without_a_release_takes_its_weight(model: RegisteredModel, scientist: User) -> None:
    version = full_version(model, actor=scientist)
    require(version, {}, ["torch"])
    assert [part.name for part in judged(version).ours.missing] == ["packages"]


def test_the_bill_that_covers_more_counts(version: ModelVersion, model: RegisteredModel, scientist: User) -> None:
    theirs = deepcopy(FULL)
    theirs["components"][0]["hashes"][0]["content"] = files_of(version)["weights.txt"]
    supply_bill(version, orjson.dumps(theirs), actor=scientist)
    found = judged(version)
    assert (found.ours.percent, found.counts.percent, found.is_supplied) == (28, 100, True)
    full = full_version(model, actor=scientist)
    supply_bill(full, b'{"bomFormat": "CycloneDX", "specVersion": "1.4"}', actor=scientist)
    found = judged(full)
    assert found.supplied is not None
    assert (found.supplied.percent, found.counts.percent, found.is_supplied) == (0, 100, False)


def test_our_own_bill_can_be_supplied_and_is_judged_alike(model: RegisteredModel, scientist: User) -> None:
    full = full_version(model, actor=scientist)
    supply_bill(full, bill_of(full, actor=scientist), actor=scientist)
    found = judged(full)
    assert found.supplied == found.ours


def test_files_kept_elsewhere_have_no_hashes(model: RegisteredModel, scientist: User) -> None:
    version = create_version(model, Origin(source="s3://elsewhere/model"), actor=scientist)
    assert "hashes" in [part.name for part in judged(version).counts.missing]


def test_what_is_counted_does_not_depend_on_who_looks(model: RegisteredModel, scientist: User) -> None:
    version = register_files(model, {"a.txt": b"1"}, actor=scientist)
    version.source_run.experiment.restricted = True  # type: ignore[union-attr]
    version.source_run.experiment.save(update_fields=["restricted"])  # type: ignore[union-attr]
    assert "run" in {part.name for part in judged(version).counts.present}
