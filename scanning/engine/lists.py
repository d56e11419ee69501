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
def version() -> str:
    """The newest version among the lists, and the start of the digest of all of them."""
    digest = hashlib.sha256()
    newest = ""
    for path in sorted(FOLDER.glob("*.json")):
        text = path.read_bytes()
        digest.update(b"%s %d\n" % (path.name.encode(), len(text)) + text)
        newest = max(newest, str(json.loads(text)["version"]))
    return f"{newest} (sha256 {digest.hexdigest()[:16]})"
