"""What models, aliases and tags may be called."""

import re
import unicodedata

from lib.errors import Invalid

_ALIAS = re.compile(r"[A-Za-z0-9_-]{1,255}")
_NUMBER_ALIAS = re.compile(r"v\d+", re.IGNORECASE)
_TAG_KEY = re.compile(r"[\w\-./: ]{1,250}")
LONGEST_TAG_VALUE = 100_000


def check_model_name(name: str) -> None:
    """Raise Invalid unless `name` is printable, has none of / : # ? % \\ and no blank or dot at an end."""
    if not name or not name.strip():
        raise Invalid("name", "Registered model name cannot be empty.")
    if len(name) > 256:
        raise Invalid("name", "A model's name has at most 256 characters.")
    if bad := sorted({char for char in name if char in "/:#?%\\"}):
        raise Invalid("name", f"Invalid model name {name!r}: the name cannot contain {' '.join(bad)}.")
    if not name.isprintable() or any(unicodedata.category(char) in ("Cf", "Co", "Cn") for char in name):
        raise Invalid("name", f"Invalid model name {name!r}: the name holds characters that cannot be seen.")
    if name != name.strip() or name.startswith(".") or name.endswith("."):
        raise Invalid("name", f"Invalid model name {name!r}: no space at either end, and no dot there.")


def fold(name: str) -> str:
    """The form in which names that look alike are equal: compatibility characters and case are folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_alias(alias: str) -> None:
    """Raise Invalid unless `alias` is one that MLflow clients accept."""
    if not _ALIAS.fullmatch(alias):
        raise Invalid("alias", f"Invalid alias name: {alias!r}. Use 1 to 255 letters, digits, underscores and dashes.")
    if alias.lower() == "latest":
        raise Invalid("alias", "Invalid alias name: 'latest' is reserved for the newest version.")
    if _NUMBER_ALIAS.fullmatch(alias):
        raise Invalid("alias", f"Invalid alias name: {alias!r} would be confused with a version number.")


def check_tag(key: str, value: str) -> None:
    """Raise Invalid unless key and value keep to MLflow's limits."""
    if not _TAG_KEY.fullmatch(key) or key != key.strip("/") or ".." in key.split("/") or "//" in key:
        raise Invalid("key", f"Invalid tag key {key[:80]!r}: 1 to 250 letters, digits, spaces and _ - . / : only.")
    if len(value) > LONGEST_TAG_VALUE:
        raise Invalid("value", f"The value of tag {key!r} has more than {LONGEST_TAG_VALUE} characters.")
