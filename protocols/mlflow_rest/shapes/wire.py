"""What all shapes share: unset fields are left out, and some numbers are spelled as words."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import orjson

ARTIFACTS = "mlflow-artifacts:"


class Pair(Protocol):
    """A row with a key and a value, as tags and parameters are."""

    key: str
    value: str


def compact(**fields: Any) -> dict[str, Any]:
    """The fields that are set: MLflow leaves out None and empty lists and objects."""
    return {name: value for name, value in fields.items() if value not in (None, [], {})}


def as_it_is(json: str | None) -> orjson.Fragment | None:
    """A list that the database has put together."""
    return orjson.Fragment(json) if json else None


def double(value: float) -> float | str:
    """A number as protobuf writes it in JSON."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def pairs(rows: Iterable[Pair]) -> list[dict[str, str]]:
    """Tags or parameters by key."""
    return [{"key": row.key, "value": row.value} for row in sorted(rows, key=lambda row: row.key)]


def pairs_of(values: Mapping[str, str]) -> list[dict[str, str]]:
    """The same from a mapping."""
    return [{"key": key, "value": value} for key, value in sorted(values.items())]
