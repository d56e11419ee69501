"""What the engine learns from a model's README.md and LICENSE, and that nothing in them stops it."""

import pytest

from scanning.engine.cards import LONGEST_FRONT_MATTER, read_card
from scanning.engine.sources import BytesSource


def facts(text: bytes, name: str = "README.md") -> dict[str, object]:
    return read_card(BytesSource(text), name)


def test_the_front_matter_says_licence_and_origin() -> None:
    text = (
        b"---\nlicense: apache-2.0\npipeline_tag: text-classification\nbase_model: acme/base\n"
        b"datasets:\n- squad\n- imdb\nlibrary_name: transformers\n---\n# Model\n"
    )
    assert facts(text) == {
        "license": "apache-2.0",
        "license_from": "README.md",
        "card": {
            "pipeline_tag": "text-classification",
            "library_name": "transformers",
            "base_model": ["acme/base"],
            "datasets": ["squad", "imdb"],
        },
    }


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (b"---\nlicense: MIT\n---\n", "MIT"),
        (b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n", "mit"),
        (b"---\nlicense: [mit, apache-2.0]\n---\n", "mit AND apache-2.0"),
        (b"---\nlicense: other\nlicense_name: acme-terms\n---\n", "acme-terms"),
        (b"---\nlicense: other\n---\n", "other"),
        (b"---\nlicense: mit\n...\n", "mit"),
    ],
)
def test_a_licence_is_read_as_the_hub_writes_it(text: bytes, licence: str) -> None:
    assert facts(text)["license"] == licence


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"# Model\n\n---\nlicense: mit\n---\n",
        b"---\nlicense: mit\n",
        b"---\n- license\n---\n",
        b"---\nlicense: {a: b}\n---\n",
        b"---\nlicense: 7\n---\n",
        b"---\nlicense: !!python/object/apply:os.system ['true']\n---\n",
        b"---\na: &a [x]\nb: &b [*a, *a]\nlicense: *b\n---\n",
        b"---\nlicense: \xff\xfe\n---\n",
        b"---\nlicense: mit\n" + b"x: y\n" * LONGEST_FRONT_MATTER + b"---\n",
        b"---\n" + b"[" * 50_000 + b"\n---\n",
    ],
)
def test_anything_else_says_nothing(text: bytes) -> None:
    assert "license" not in facts(text)


def test_what_is_kept_is_short_and_printable() -> None:
    found = facts(b'---\nlicense: "a\\0\\u202E' + b"b" * 900 + b'"\ndatasets: [' + b"x, " * 900 + b"x]\n---\n")
    assert len(str(found["license"])) == 200
    assert "\0" not in str(found["license"])
    card = found["card"]
    assert isinstance(card, dict)
    assert len(card["datasets"]) == 50


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (b"MIT License\n\nCopyright (c) 2026 Acme\n", "MIT"),
        (b"# MIT License\n", "MIT"),
        (
            b"\n               Apache License\n          Version 2.0, January 2004\n",
            "Apache-2.0",
        ),
        (
            b"                    GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007\n",
            "GPL-3.0-only",
        ),
        (b"Copyright Acme. All rights reserved.", None),
        (b"\xff\xfe\0\0", None),
    ],
)
def test_a_licence_file_is_known_by_its_first_lines(text: bytes, licence: str | None) -> None:
    found = facts(text, "LICENSE")
    assert found == ({"license_file": licence, "license_file_from": "LICENSE"} if licence else {})


def test_other_files_say_nothing() -> None:
    assert facts(b"---\nlicense: mit\n---\n", "notes.md") == {}
    assert facts(b"MIT License", "NOTICE") == {}
