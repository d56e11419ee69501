"""The lists that the engine goes by: which names, operators and fields of libraries it knows.

Each is a JSON file beside this one, with the versions of the libraries that it was generated from by its make_ script.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@cache
def load(name: str) -> dict[str, Any]:
    """The list of this name, as it was written."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return document


@cache
def words(name: str) -> str:
    """A list of plain words, as it was written."""
    return (FOLDER / f"{name}.txt").read_text(encoding="ascii")


def load_late() -> None:
    """Read every list there is: where files of a version are read, nothing else can be opened any more."""
    for path in FOLDER.glob("*.json"):
        load(path.stem)
    for path in FOLDER.glob("*.txt"):
        words(path.stem)
    version()


@cache
def version() -> str:
    """The newest version among the lists, and the start of the digest of all of them."""
    digest = hashlib.sha256()
    newest = ""
    for path in sorted([*FOLDER.glob("*.json"), *FOLDER.glob("*.txt")]):
        text = path.read_bytes()
        digest.update(b"%s %d\n" % (path.name.encode(), len(text)) + text)
        if path.suffix == ".json":
            newest = max(newest, str(load(path.stem)["version"]))
    return f"{newest} (sha256 {digest.hexdigest()[:16]})"
