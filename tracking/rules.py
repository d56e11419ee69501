"""What keys, values and batches of a run may look like. No database here."""

import math
import posixpath
import re
from collections.abc import Collection

import orjson

from lib.errors import Invalid, TooLarge

# Clients that name no experiment write to the one with this id.
DEFAULT_EXPERIMENT_ID = 0
LONGEST_KEY = 250
LONGEST_PARAM = 6_000
LONGEST_RUN_TAG = 8_000
LONGEST_EXPERIMENT_TAG = 20_000
LONGEST_EXPERIMENT_NAME = 500
LONGEST_RUN_NAME = 250
LONGEST_LOCATION = 2_048
LONGEST_USER_ID = 256
MOST_METRICS = 1_000
MOST_PARAMS = 100
MOST_TAGS = 100
MOST_TOGETHER = 1_000
MOST_INPUTS = 1_000
MOST_TAGS_OF_NEW = 1_000

_KEY = re.compile(r"[/\w.\- :]+")
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_BIGGEST_FLOAT = 1.7976931348623157e308
# Where a team may keep the artifacts of an experiment itself; Gatehouse stores such an address and never opens it.
_OUTSIDE = re.compile(r"(?:s3|s3a|gs|wasbs|abfss|hdfs|dbfs|r2|b2|oss)://?[\w.@-]+(?:/[^\x00-\x20#?%;\\]*)?")


def check_key(key: str, field: str = "key") -> None:
    """Raise Invalid unless `key` may name a parameter, a metric or a tag."""
    if not key:
        raise Invalid(field, f"Missing value for required parameter '{field}'.")
    if len(key) > LONGEST_KEY:
        raise Invalid(field, f"'{field}' exceeds the maximum length of {LONGEST_KEY} characters.")
    if not _KEY.fullmatch(key):
        raise Invalid(field, _not_a_name(key, field, "use letters, digits, spaces and _ - . / :"))
    normal = posixpath.normpath(key)
    if normal != key or normal == "." or normal.startswith(("..", "/")):
        raise Invalid(field, _not_a_name(key, field, f"as a path it would mean {normal}"))


def check_length(text: str, longest: int, field: str) -> None:
    """Raise Invalid if `text` has more than `longest` characters."""
    if len(text) > longest:
        raise Invalid(field, f"'{field}' exceeds the maximum length of {longest} characters.")


def check_experiment_name(name: str, field: str = "name") -> None:
    """Raise Invalid unless an experiment may have this name."""
    if not name.strip():
        raise Invalid(field, f"Invalid experiment name: '{name}'.")
    check_length(name, LONGEST_EXPERIMENT_NAME, field)


def check_location(location: str, field: str = "artifact_location") -> None:
    """Raise Invalid unless the address is empty (artifacts are kept here) or a plain one in an object store."""
    check_length(location, LONGEST_LOCATION, field)
    if location and (not _OUTSIDE.fullmatch(location) or ".." in location.split("/")):
        raise Invalid(
            field,
            "Invalid artifact location: leave it out, and artifacts are kept here, or give the address of an object "
            "store such as s3://bucket/folder.",
        )


def check_logged_model_name(name: str, field: str = "name") -> None:
    """Raise Invalid unless a logged model may have this name."""
    if not name.strip() or any(letter in name for letter in "/:.%\"'"):
        raise Invalid(field, f"Invalid model name ({name!r}): it is not empty and has none of / : . % \" '")
    check_length(name, 500, field)


def check_run_id(run_id: str, field: str = "run_id") -> None:
    """Raise Invalid unless `run_id` is one that clients make: 32 hexadecimal digits."""
    if not _RUN_ID.fullmatch(run_id):
        raise Invalid(field, f"Invalid run id {run_id[:80]!r}: it has 32 hexadecimal digits, in small letters.")


def check_model_id(model_id: str, field: str = "model_id") -> None:
    """Raise Invalid unless `model_id` is one that servers make: m- and 32 hexadecimal digits."""
    if not _RUN_ID.fullmatch(model_id.removeprefix("m-")) or not model_id.startswith("m-"):
        raise Invalid(
            field, f"Invalid model id {model_id[:80]!r}: it is m- with 32 hexadecimal digits, in small letters."
        )


def check_batch(metrics: Collection[object], params: Collection[object], tags: Collection[object]) -> None:
    """Raise TooLarge if one call brings more than it may."""
    for name, items, most in (
        ("metrics", metrics, MOST_METRICS),
        ("params", params, MOST_PARAMS),
        ("tags", tags, MOST_TAGS),
        ("metrics, params, and tags", [*metrics, *params, *tags], MOST_TOGETHER),
    ):
        if len(items) > most:
            raise TooLarge(f"A batch logging request can contain at most {most} {name}. Got {len(items)} {name}.")


def check_new_tags(tags: Collection[object]) -> None:
    """Raise TooLarge if something is made with more tags than it may."""
    if len(tags) > MOST_TAGS_OF_NEW:
        raise TooLarge(f"At most {MOST_TAGS_OF_NEW} tags can be given at once. Got {len(tags)} tags.")


def storable(value: float) -> float:
    """The value as databases keep it: infinity becomes the biggest number of its sign, not-a-number stays."""
    if -_BIGGEST_FLOAT <= value <= _BIGGEST_FLOAT or math.isnan(value):
        return value
    return math.copysign(_BIGGEST_FLOAT, value)


def _not_a_name(value: str, field: str, hint: str) -> str:
    return f"Invalid value {orjson.dumps(value).decode()} for parameter '{field}' supplied: {hint}."
