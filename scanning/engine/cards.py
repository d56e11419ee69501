"""What a model says about itself for people: the front matter of its README.md, and the first lines of its licence.

This only ever adds facts. Whether the text is harmless is for the readers of texts.
"""

import re
from collections.abc import Mapping

from scanning.engine.findings import printable
from scanning.engine.sources import BytesSource, Source
from scanning.engine.yaml_documents import BadYaml, load

LONGEST_FRONT_MATTER = 64 << 10
LONGEST_WORD = 200
MOST_WORDS = 50
READ_OF_LICENCE = 2_048
_FENCE = re.compile(rb"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)

# Beginnings of the texts of well-known licences, without case and with every gap as one blank.
_BEGINNINGS = (
    ("mit license", "MIT"),
    ("the mit license", "MIT"),
    ("apache license version 2.0", "Apache-2.0"),
    ("mozilla public license version 2.0", "MPL-2.0"),
    ("mozilla public license, version 2.0", "MPL-2.0"),
    ("bsd 2-clause license", "BSD-2-Clause"),
    ("bsd 3-clause license", "BSD-3-Clause"),
    ("isc license", "ISC"),
    ("boost software license - version 1.0", "BSL-1.0"),
    ("gnu affero general public license version 3", "AGPL-3.0-only"),
    ("gnu lesser general public license version 3", "LGPL-3.0-only"),
    ("gnu general public license version 3", "GPL-3.0-only"),
    ("gnu general public license version 2", "GPL-2.0-only"),
    ("eclipse public license - v 2.0", "EPL-2.0"),
    ("creative commons attribution 4.0 international", "CC-BY-4.0"),
    ("attribution 4.0 international", "CC-BY-4.0"),
    ("attribution-sharealike 4.0 international", "CC-BY-SA-4.0"),
    ("attribution-noncommercial 4.0 international", "CC-BY-NC-4.0"),
    ("cc0 1.0 universal", "CC0-1.0"),
)
_LICENCE_FILES = frozenset({"license", "license.md", "license.txt", "licence", "licence.md", "licence.txt", "copying"})


def read_card(source: Source, context_file: str) -> dict[str, object]:
    """The facts in a file at the top of the version: `license`, `card`, where they stand; nothing in other files."""
    name = context_file.lower()
    if name == "readme.md":
        return _front_matter(source, context_file)
    if name in _LICENCE_FILES and (licence := _beginning(source)):
        return {"license_file": licence, "license_file_from": context_file}
    return {}


def _front_matter(source: Source, file: str) -> dict[str, object]:
    head = source.read(0, LONGEST_FRONT_MATTER).removeprefix(b"\xef\xbb\xbf")
    fences = list(_FENCE.finditer(head))[:2]
    if len(fences) < 2 or fences[0].start() != 0:
        return {}
    try:
        document = load(BytesSource(head[fences[0].end() : fences[1].start()]))
    except BadYaml:
        return {}
    if not isinstance(document, dict):
        return {}
    facts: dict[str, object] = {}
    if licence := _licence(document):
        facts |= {"license": licence, "license_from": printable(file, LONGEST_WORD)}
    words = {name: " ".join(_words(document.get(name))[:1]) for name in ("pipeline_tag", "library_name")}
    lists = {name: _words(document.get(name)) for name in ("base_model", "datasets")}
    if card := {name: value for name, value in {**words, **lists}.items() if value}:
        facts["card"] = card
    return facts


def _licence(document: Mapping[object, object]) -> str:
    """What `license` says; several bind together, and for `other` its own name counts."""
    said = _words(document.get("license"))
    named = _words(document.get("license_name"))
    if [word.lower() for word in said] == ["other"] and named:
        return named[0]
    return " AND ".join(said)


def _words(value: object) -> list[str]:
    """A text, or the texts of a list, safe to store; everything else is passed over."""
    given = value if isinstance(value, list) else [value]
    texts = [text for text in given if isinstance(text, str) and text.strip()]
    return [printable(text.strip(), LONGEST_WORD) for text in texts[:MOST_WORDS]]


def _beginning(source: Source) -> str:
    text = " ".join(source.read(0, READ_OF_LICENCE).decode("utf-8", "replace").lower().split()).lstrip("# ")
    return next((licence for beginning, licence in _BEGINNINGS if text.startswith(beginning)), "")
