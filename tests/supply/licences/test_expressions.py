"""SPDX licence expressions: what they mean, how they are spelled, and what a list allows."""

import json
from importlib.resources import files

import pytest

from supply.licences.expressions import BadLicence, Licence, parse, parse_one


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("MIT", "MIT"),
        ("mit", "MIT"),
        (" apache-2.0 ", "Apache-2.0"),
        ("Apache License 2.0", "Apache-2.0"),
        ("bsd-3-clause", "BSD-3-Clause"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0"),
        ("cc0-1.0", "CC0-1.0"),
        ("odbl", "ODbL-1.0"),
        ("etalab-2.0", "etalab-2.0"),
        ("gpl-3.0", "GPL-3.0-only"),
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("lgpl-2.1", "LGPL-2.1-only"),
        ("agpl-3.0", "AGPL-3.0-only"),
        ("Apache-2.0+", "Apache-2.0+"),
        ("openrail", "LicenseRef-openrail"),
        ("bigscience-bloom-rail-1.0", "LicenseRef-bigscience-bloom-rail-1.0"),
        ("llama3.1", "LicenseRef-llama3.1"),
        ("gemma", "LicenseRef-gemma"),
        ("licenseref-Acme", "LicenseRef-Acme"),
        ("DocumentRef-x:LicenseRef-y", "DocumentRef-x:LicenseRef-y"),
        ("Apache-2.0 OR MIT", "Apache-2.0 OR MIT"),
        ("apache-2.0 or mit", "Apache-2.0 OR MIT"),
        ("MIT AND (Apache-2.0 OR GPL-2.0-only)", "MIT AND (Apache-2.0 OR GPL-2.0-only)"),
        ("(MIT AND Zlib) OR ISC", "MIT AND Zlib OR ISC"),
        ("((MIT))", "MIT"),
        ("gpl-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ],
)
def test_an_expression_is_spelled_as_spdx_does(text: str, spelled: str) -> None:
    assert str(parse(text)) == spelled
    assert str(parse(spelled)) == spelled


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "unknown",
        "other",
        "MIT OR",
        "AND MIT",
        "MIT Apache-2.0",
        "(MIT",
        "MIT)",
        "MIT WITH",
        "MIT WITH (x)",
        "foo+",
        "see the file, please",
        "MIT; Apache-2.0",
        "é",
        "<script>",
        "MIT\0",
        "(" * 30 + "MIT" + ")" * 30,
        "MIT OR " * 200 + "MIT",
    ],
)
def test_what_is_no_expression_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadLicence) as refusal:
        parse(text)
    assert str(refusal.value)[0].isupper() or str(refusal.value).startswith("“")
    assert str(refusal.value).endswith(".")
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    ("text", "allowed", "may"),
    [
        ("MIT", ["MIT"], True),
        ("MIT", ["Apache-2.0"], False),
        ("MIT", [], False),
        ("MIT OR GPL-3.0-only", ["MIT"], True),
        ("MIT AND GPL-3.0-only", ["MIT"], False),
        ("MIT AND GPL-3.0-only", ["MIT", "GPL-3.0-only"], True),
        ("MIT AND (Apache-2.0 OR GPL-2.0-only)", ["MIT", "Apache-2.0"], True),
        ("MIT AND Apache-2.0 OR GPL-2.0-only", ["MIT", "GPL-2.0-only"], True),
        ("MIT AND Apache-2.0 OR GPL-2.0-only", ["MIT"], False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only"], True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only WITH Classpath-exception-2.0"], True),
        ("GPL-2.0-only", ["GPL-2.0-only WITH Classpath-exception-2.0"], False),
        ("Apache-2.0+", ["Apache-2.0"], True),
        ("Apache-2.0", ["Apache-2.0+"], False),
        ("openrail", ["LicenseRef-openrail"], True),
        ("openrail", ["MIT"], False),
    ],
)
def test_of_a_choice_one_part_and_of_several_that_bind_each_has_to_be_allowed(
    text: str, allowed: list[str], may: bool
) -> None:
    assert parse(text).is_allowed(allowed) is may


def test_a_list_names_one_licence_at_a_time() -> None:
    assert parse_one("GPL-2.0-only WITH LLVM-exception") == Licence("GPL-2.0-only", "LLVM-exception")
    with pytest.raises(BadLicence, match="names several licences"):
        parse_one("MIT OR ISC")


def test_every_identifier_of_spdx_is_known() -> None:
    schema = json.loads((files("cyclonedx.schema") / "_res" / "spdx.SNAPSHOT.schema.json").read_text())
    wrong = []
    for name in schema["enum"]:
        expression = parse(name.lower())
        # Families that were renamed go by their new names, which are in the list as well.
        if not (isinstance(expression, Licence) and expression.is_known):
            wrong.append(name)
    assert wrong == []
