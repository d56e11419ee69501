"""The comparisons of a search, once a protocol has parsed them, and the conditions on columns that they mean."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import _lru_cache_wrapper
from typing import Any, TypeVar

from django.db.models import CharField, FloatField, Lookup, Q, TextField
from django.db.models.sql.compiler import SQLCompiler

from lib import clock
from lib.errors import Invalid
from lib.statements import Blank

Kept = TypeVar("Kept")
Value = str | int | float | tuple[str, ...] | None
_BY_SIZE = {"=": "exact", "!=": "exact", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_LONGEST_KEPT = 4_000  # characters of one search
_EXAMPLES: dict[type, Value] = {str: "", int: 0, float: 0.5}
_BIGGEST: dict[type, float] = {bool: 1, int: 2**63 - 1, float: 1.7976931348623157e308}


@dataclass(frozen=True)
class Comparison:
    """`entity.key operator value`, such as `metric.rmse < 0.5`. The operators are those of SQL, in capitals."""

    entity: str
    key: str
    operator: str
    value: Value
    # With a place of its own in a statement, the value is only an example of what will be sent.
    place: int | None = None

    @property
    def term(self) -> Any:
        """What the column is compared with: the value, or the blank that it will fill."""
        if self.place is None:
            return self.value
        return Blank(f"value{self.place}", TextField() if isinstance(self.value, str) else FloatField())


def with_places(
    comparisons: Sequence[Comparison], attributes: Container[str]
) -> tuple[tuple[Comparison, ...], dict[str, Value]]:
    """The comparisons without their values, so that searches that differ in these alone are equal; and the values.

    Of the attributes only these have a plain column behind them. Lists, and numbers that no column can hold, stay.
    """
    placed, values = list(comparisons), {}
    for place, comparison in enumerate(comparisons):
        value, kind = comparison.value, type(comparison.value)
        is_plain = comparison.entity != "attribute" or comparison.key in attributes
        fits = isinstance(value, str) or (isinstance(value, int | float) and abs(value) <= _BIGGEST[kind])
        if is_plain and fits and kind in _EXAMPLES:
            values[f"value{place}"] = value
            placed[place] = replace(comparison, value=_EXAMPLES[kind], place=place)
    return tuple(placed), values


@dataclass(frozen=True)
class Order:
    """Sort by `entity.key`."""

    entity: str
    key: str
    descending: bool = False


def kept_if_short(pages: "_lru_cache_wrapper[Kept]", wishes: Sequence[Comparison | Order]) -> "Callable[..., Kept]":
    """The cached function, or the plain one for a search so long that keeping it would fill the memory."""
    length = sum(len(wish.key) + (len(str(wish.value)) if isinstance(wish, Comparison) else 0) for wish in wishes)
    return pages if length <= _LONGEST_KEPT else pages.__wrapped__


def on_text(column: str, comparison: Comparison) -> Q:
    """= != LIKE ILIKE IN NOT IN on a column of text. Raises Invalid for anything else."""
    match comparison.operator, comparison.value:
        case ("=" | "!=") as operator, str():
            return _negated(Q(**{column: comparison.term}), operator == "!=")
        case ("LIKE" | "ILIKE") as operator, str():
            return Q(**{f"{column}__{operator.lower()}": comparison.term})
        case ("IN" | "NOT IN") as operator, tuple(texts):
            return _negated(Q(**{f"{column}__in": texts}), operator == "NOT IN")
    raise _unfit(comparison, "a text: =, !=, LIKE, ILIKE with a quoted text, IN, NOT IN with a list of them")


def on_number(column: str, comparison: Comparison) -> Q:
    """= != < <= > >= on a column of numbers. Raises Invalid for anything else."""
    value = comparison.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _BIGGEST[type(value)]
    if not is_number or comparison.operator not in _BY_SIZE:
        raise _unfit(comparison, "a number: =, !=, <, <=, >, >= with a number")
    return _negated(Q(**{f"{column}__{_BY_SIZE[comparison.operator]}": comparison.term}), comparison.operator == "!=")


def on_moment(column: str, comparison: Comparison) -> Q:
    """The same for a column of moments, compared with milliseconds since 1970; a moment counts as its whole one."""
    on_number("pk", comparison)
    try:
        begin = clock.from_ms(int(comparison.value))  # type: ignore[arg-type] # on_number refused everything else
        end = begin + timedelta(milliseconds=1)
    except (OverflowError, ValueError, OSError) as error:
        raise _unfit(comparison, "a time: milliseconds since 1970") from error
    return {
        "=": Q(**{f"{column}__gte": begin, f"{column}__lt": end}),
        "!=": Q(**{f"{column}__lt": begin}) | Q(**{f"{column}__gte": end}),
        "<": Q(**{f"{column}__lt": begin}),
        "<=": Q(**{f"{column}__lt": end}),
        ">": Q(**{f"{column}__gte": end}),
        ">=": Q(**{f"{column}__gte": begin}),
    }[comparison.operator]


def _negated(condition: Q, is_negated: bool) -> Q:
    return ~condition if is_negated else condition


def _unfit(comparison: Comparison, what: str) -> Invalid:
    name = f"{comparison.entity}.{comparison.key}"
    return Invalid("filter", f"Invalid comparison of {name} with {comparison.operator}: {name} takes what fits {what}.")


@CharField.register_lookup
@TextField.register_lookup
class _Like(Lookup):
    """SQL's LIKE, minding case on every database and without an escape character."""

    lookup_name = "like"
    template = "{} LIKE {} ESCAPE ''"
    template_sqlite = "{} GLOB {}"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """What PostgreSQL is asked."""
        return self._fill(self.template, compiler, connection)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """What SQLite is asked, whose own LIKE forgets about case: GLOB with * and ? for % and _."""
        sql, params = self._fill(self.template_sqlite, compiler, connection)
        pattern = params[-1]
        return sql, (*params[:-1], pattern.spelled(_as_glob) if isinstance(pattern, Blank) else _as_glob(pattern))

    def _fill(self, template: str, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return template.format(left, right), (*left_params, *right_params)


@CharField.register_lookup
@TextField.register_lookup
class _ILike(_Like):
    """The same whatever the case."""

    lookup_name = "ilike"
    template = "{} ILIKE {} ESCAPE ''"
    template_sqlite = "{} LIKE {}"

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """What SQLite is asked, whose LIKE does not mind the case of ASCII letters."""
        return self._fill(self.template_sqlite, compiler, connection)


def _as_glob(pattern: str) -> str:
    return "".join(_GLOB.get(letter, letter) for letter in pattern)


_GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
