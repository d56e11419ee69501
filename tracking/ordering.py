"""In which order a search gives its rows: keys to page by, of which the last one tells any two rows apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from zlib import crc32

from django.db.models import Case, Exists, F, IntegerField, Model, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from lib.comparisons import Comparison, Order, on_text
from lib.errors import Invalid

M = TypeVar("M", bound=Model)
Condition = Callable[[str, Comparison], Q]

# Columns that may be empty; what has none comes last, whichever way the order runs.
NULLABLE = {"start_time", "end_time"}


def by_attribute(
    rows: QuerySet[M], order: Order, attributes: dict[str, tuple[str, Condition]]
) -> tuple[QuerySet[M], list[str]]:
    """By a column, which the attributes name."""
    column, condition = attribute(order.key, attributes, "order_by")
    if column not in NULLABLE:
        return rows, [turned(column, order)]
    return _ranked(rows, order, F(column), Value("") if condition is on_text else Value(0))


def by_text(rows: QuerySet[M], order: Order, parts: QuerySet[Any]) -> tuple[QuerySet[M], list[str]]:
    """By the value of a tag or a parameter."""
    return _ranked(rows, order, Subquery(parts.values("value")[:1]), Value(""))


def by_metric(rows: QuerySet[M], order: Order, metrics: QuerySet[Any]) -> tuple[QuerySet[M], list[str]]:
    """Numbers, then what is not a number, then what has no such metric; whichever way the numbers run."""
    number = metrics.annotate(number=Case(When(is_nan=False, then=F("value")))).values("number")[:1]
    is_nan = Exists(metrics.filter(is_nan=True))
    return _ranked(rows, order, Subquery(number), Value(0.0), When(is_nan, then=1))


def _ranked(
    rows: QuerySet[M], order: Order, value: Any, filler: Value, *between: When
) -> tuple[QuerySet[M], list[str]]:
    """Order by `value` with what lacks it last: a page that starts after a row can only be asked for without nulls."""
    name = f"by_{crc32(repr(replace(order, descending=False)).encode()):08x}"
    # `raw` has to be an annotation of its own, or the condition below could not name it.
    rows = rows.alias(**{f"{name}_raw": value}).annotate(
        **{
            f"{name}_rank": Case(
                When(**{f"{name}_raw__isnull": False}, then=0), *between, default=2, output_field=IntegerField()
            ),
            name: Coalesce(F(f"{name}_raw"), filler, output_field=filler.output_field),
        }
    )
    return rows, [f"{name}_rank", turned(name, order)]


def turned(column: str, order: Order) -> str:
    """The column as a key, turned round where the order descends."""
    return f"-{column}" if order.descending else column


def attribute(key: str, attributes: dict[str, tuple[str, Condition]], field: str) -> tuple[str, Condition]:
    """The column of an attribute and how it is compared. Raises Invalid for an unknown one."""
    if key not in attributes:
        raise Invalid(field, f"Invalid attribute key '{key}' specified. Valid keys are {', '.join(attributes)}.")
    return attributes[key]


def require_entity(order: Order, *entities: str) -> None:
    """Raise Invalid unless the order is by one of these."""
    if order.entity not in entities:
        raise Invalid("order_by", f"Order by {' or '.join(entities)}, not by {order.entity}.")


def complete(keys: list[str], *defaults: str) -> list[str]:
    """The keys, and after them the default ones, which make the order of any two rows certain."""
    names = [key.removeprefix("-") for key in keys]
    if len(set(names)) < len(names):
        raise Invalid("order_by", "`order_by` contains duplicate fields.")
    return keys + [key for key in defaults if key.removeprefix("-") not in names]
