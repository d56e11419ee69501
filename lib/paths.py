"""Names of files inside a run, a logged model or a version. They are names in a table, never paths of this machine."""

import re
import unicodedata
from urllib.parse import unquote

from lib.errors import Invalid

LONGEST = 1024
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffd\\#?]|(?:^|/)[A-Za-z]:")


def clean(path: str, *, field: str = "path") -> str:
    """`path` if it is a plain relative name; raises Invalid for anything that could mean another place.

    Whatever a name becomes when it is percent-decoded again must be plain too, so that no client and no proxy
    between us can read another place out of it.
    """
    if not path or len(path) > LONGEST:
        raise Invalid(field, f"Invalid path: a path has 1 to {LONGEST} characters.")
    decoded = path
    for _ in range(3):
        if not _is_plain(decoded):
            raise Invalid(field, "Invalid path: use relative names without “..”, backslashes or control characters.")
        again = unquote(decoded, errors="replace")
        if again == decoded:
            return path
        decoded = again
    raise Invalid(field, "Invalid path: the name is percent-encoded more than once.")


def clean_folder(path: str, *, field: str = "path") -> str:
    """The same for a folder, where nothing at all means the top and a slash at the end is fine."""
    return clean(path.removesuffix("/") or path, field=field) if path else ""


def _is_plain(path: str) -> bool:
    if _FORBIDDEN.search(path):
        return False
    # Full-width dots and slashes mean the plain ones to whoever normalizes the name.
    spellings = (path, unicodedata.normalize("NFKC", path).replace("\\", "/"))
    # What follows a semicolon is a parameter of the part to some servers and proxies, which drop it.
    parts = (part.partition(";")[0] for spelling in spellings for part in spelling.split("/"))
    return not any(part in ("", ".", "..") for part in parts)
