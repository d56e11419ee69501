"""What policies can ask of bills of materials and licences, and the sentences that answer."""

import orjson
import pytest

from accounts.models import User
from registry.models import ModelVersion, RegisteredModel
from registry.operations.versions import set_version_tag
from supply.gates.bills import bill_check
from supply.gates.licences import licence_check
from supply.operations.bills import supply_bill
from tests.supply.bills.building import full_version
from tests.supply.bills.test_completeness import FULL


@pytest.mark.parametrize(
    ("percent", "holds", "sentence"),
    [
        (1, True, "The bill of materials is complete to 28 %; 1 % are asked for."),
        (28, True, "The bill of materials is complete to 28 %; 28 % are asked for."),
        (
            29,
            False,
            (
                "The bill of materials is complete to 28 %, but 29 % are asked for. "
                "Missing: licence; description; data sets; metrics; and 5 more."
            ),
        ),
    ],
)
def test_a_bare_version(version: ModelVersion, percent: int, holds: bool, sentence: str) -> None:
    check = bill_check(version, percent)
    assert (check.name, check.holds, check.sentence) == ("bill", holds, sentence)


def test_a_full_version_and_a_supplied_bill(version: ModelVersion, model: RegisteredModel, scientist: User) -> None:
    assert bill_check(full_version(model, actor=scientist), 100).holds
    supply_bill(version, orjson.dumps({**FULL, "components": FULL["components"][1:]}), actor=scientist)
    check = bill_check(version, 80)
    assert check.sentence == "The bill of materials that ada supplied is complete to 85 %; 80 % are asked for."


@pytest.mark.parametrize(
    ("tag", "allowed", "holds", "sentence"),
    [
        (
            "",
            ["MIT"],
            False,
            "No licence is known: name one in the front matter of README.md, or in the tag license.",
        ),
        ("mit", ["MIT"], True, "The licence MIT, from the tag license of the version, is allowed."),
        (
            "gpl-3.0 or mit",
            ["MIT"],
            True,
            "The licence GPL-3.0-only OR MIT, from the tag license of the version, is allowed.",
        ),
        (
            "gpl-3.0 and mit",
            ["MIT", "Apache-2.0"],
            False,
            (
                "The licence GPL-3.0-only AND MIT, from the tag license of the version, is not among those allowed: "
                "MIT, Apache-2.0."
            ),
        ),
        (
            "mit",
            [],
            False,
            "The licence MIT, from the tag license of the version, is not among those allowed: none at all.",
        ),
    ],
)
def test_licences(
    version: ModelVersion, scientist: User, tag: str, allowed: list[str], holds: bool, sentence: str
) -> None:
    if tag:
        set_version_tag(version, "license", tag, actor=scientist)
    check = licence_check(version, allowed)
    assert (check.name, check.holds, check.sentence) == ("licence", holds, sentence)
