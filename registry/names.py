"""What models, aliases and tags may be called."""

import re
from collections.abc import Mapping

from lib.errors import Invalid
from lib.look_alikes import fold, has_unseen, mixes_scripts

__all__ = ["fold"]  # what names are equal by, for those who store names

_ALIAS = re.compile(r"[A-Za-z0-9_-]{1,255}")
_NUMBER_ALIAS = re.compile(r"v\d+", re.IGNORECASE)
_TAG_KEY = re.compile(r"[\w\-./: ]{1,250}")
LONGEST_NAME = 256
LONGEST_TAG_VALUE = 100_000
LONGEST_DESCRIPTION = 100_000
LONGEST_ADDRESS = 2_048
MOST_TAGS = 1_000


def check_model_name(name: str) -> None:
    """Raise Invalid unless `name` is printable, has none of / : # ? % \\ and no blank or dot at an end."""
    if not name or not name.strip():
        raise Invalid("name", "Registered model name cannot be empty.")
    if len(name) > LONGEST_NAME or len(fold(name)) > 2 * LONGEST_NAME:
        raise Invalid("name", f"A model's name has at most {LONGEST_NAME} characters.")
    if bad := sorted({char for char in name if char in "/:#?%\\"}):
        raise Invalid("name", f"Invalid model name {name!r}: the name cannot contain {' '.join(bad)}.")
    if has_unseen(name):
        raise Invalid("name", f"Invalid model name {name!r}: the name holds characters that cannot be seen.")
    if mixes_scripts(name):
        raise Invalid("name", f"Invalid model name {name!r}: a word has letters of two scripts that look alike.")
    if name != name.strip() or name.startswith(".") or name.endswith("."):
        raise Invalid("name", f"Invalid model name {name!r}: no space at either end, and no dot there.")


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


def check_tags(tags: Mapping[str, str]) -> None:
    """The same for all tags that something is made with, and that they are not too many."""
    if len(tags) > MOST_TAGS:
        raise Invalid("tags", f"At most {MOST_TAGS} tags can be given at once.")
    for key, value in tags.items():
        check_tag(key, value)


def check_length(text: str, longest: int, field: str) -> None:
    """Raise Invalid if `text` has more than `longest` characters."""
    if len(text) > longest:
        raise Invalid(field, f"“{field}” has more than {longest} characters.")
