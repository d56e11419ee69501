"""Page by key: a page ends with a token that says where the next one starts, so page 1,000 costs what page 1 costs."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

from lib.errors import Invalid

Row = TypeVar("Row")
M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows and the token of the next page, or None on the last."""

    rows: Sequence[Row]
    next_token: str | None


def page_by_key(rows: QuerySet[M, Row], keys: Sequence[str], *, size: int, token: str | None) -> Page[Row]:
    """The next `size` rows in the order of `keys` (a leading `-` turns one round; the last must be unique).

    Raises Invalid for a token that was not made for these keys.
    """
    bounds = decode(token, keys) if token else None
    with refusing(token):
        found = list(ordered(rows, keys, bounds)[: size + 1])
    return cut(found, keys, size)


def ordered(rows: QuerySet[M, Row], keys: Sequence[str], bounds: Sequence[Any] | None) -> QuerySet[M, Row]:
    """The rows in the order of `keys`, after the one that has these values of them."""
    order = [OrderBy(F(key.removeprefix("-")), descending=key.startswith("-")) for key in keys]
    return (rows.filter(_after(keys, bounds)) if bounds else rows).order_by(*order)


def cut(found: Sequence[Row], keys: Sequence[str], size: int) -> Page[Row]:
    """A page of `size` of these rows, of which one more was asked for to see whether a page follows."""
    if len(found) <= size:
        return Page(found, None)
    last = found[size - 1]
    return Page(found[:size], encode(keys, [_value(last, key.removeprefix("-")) for key in keys]))


@contextmanager
def refusing(token: str | None) -> Iterator[None]:
    """What a query complains of is the token's fault, if there is one."""
    try:
        yield
    except (ValidationError, DataError, OverflowError, TypeError, ValueError) as error:
        if not token:
            raise
        raise Invalid("page_token", "The page token is not one that this server made.") from error


def field_of(rows: QuerySet[Any, Any], key: str) -> Any:
    """What kind of value a key of the order is: of an annotation, or of a column, also through a relation."""
    path = key.removeprefix("-")
    if path in rows.query.annotations:
        return rows.query.annotations[path].output_field
    owner: Any = rows.model
    field: Any = None
    for name in path.split("__"):
        field = owner._meta.pk if name == "pk" else owner._meta.get_field(name)
        owner = field.related_model
    return field


def encode(keys: Sequence[str], values: Sequence[Any]) -> str:
    """An opaque token for the row with these values of the keys."""
    return base64.urlsafe_b64encode(orjson.dumps([",".join(keys), *values])).decode().rstrip("=")


def decode(token: str, keys: Sequence[str]) -> list[Any]:
    """The values inside a token that was made for `keys`."""
    try:
        made_for, *values = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise Invalid("page_token", "The page token is not one that this server made.") from error
    if made_for != ",".join(keys) or len(values) != len(keys):
        raise Invalid("page_token", "The page token belongs to another search or order.")
    if any(not isinstance(value, str | int | float) or "\0" in str(value) for value in values):
        raise Invalid("page_token", "The page token is not one that this server made.")
    return list(values)


def _after(keys: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after the one with these values: a < x, or a = x and b < y, and so on.

    That a <= x says nothing new, but it lets the database begin there.
    """
    first = keys[0].removeprefix("-")
    start = Q(**{f"{first}__{'lte' if keys[0].startswith('-') else 'gte'}": values[0]})
    condition, equal = Q(), Q()
    for key, bound in zip(keys, values, strict=True):
        name = key.removeprefix("-")
        beyond = Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": bound})
        condition |= equal & beyond
        equal &= Q(**{name: bound})
    return start & condition


def _value(row: Any, name: str) -> Any:
    """What a key of the order is in this row; `model__name` goes through the relation, or is a name in a tuple."""
    if isinstance(row, tuple):
        return getattr(row, name)
    return reduce(getattr, name.split("__"), row)
