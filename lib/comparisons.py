"""The comparisons of a search, once a protocol has parsed them, and the conditions on columns that they mean."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import CharField, Lookup, Q, TextField
from django.db.models.sql.compiler import SQLCompiler

from lib import clock
from lib.errors import Invalid

Value = str | int | float | tuple[str, ...] | None
_BY_SIZE = {"=": "exact", "!=": "exact", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
_BIGGEST: dict[type, float] = {int: 2**63 - 1, float: 1.7976931348623157e308}


@dataclass(frozen=True)
class Comparison:
    """`entity.key operator value`, such as `metric.rmse < 0.5`. The operators are those of SQL, in capitals."""

    entity: str
    key: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Order:
    """Sort by `entity.key`."""

    entity: str
    key: str
    descending: bool = False


def on_text(column: str, comparison: Comparison) -> Q:
    """= != LIKE ILIKE IN NOT IN on a column of text. Raises Invalid for anything else."""
    match comparison.operator, comparison.value:
        case ("=" | "!=") as operator, str(text):
            return _negated(Q(**{column: text}), operator == "!=")
        case ("LIKE" | "ILIKE") as operator, str(pattern):
            return Q(**{f"{column}__{operator.lower()}": pattern})
        case ("IN" | "NOT IN") as operator, tuple(texts):
            return _negated(Q(**{f"{column}__in": texts}), operator == "NOT IN")
    raise _unfit(comparison, "a text: =, !=, LIKE, ILIKE with a quoted text, IN, NOT IN with a list of them")


def on_number(column: str, comparison: Comparison) -> Q:
    """= != < <= > >= on a column of numbers. Raises Invalid for anything else."""
    value = comparison.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _BIGGEST[type(value)]
    if not is_number or comparison.operator not in _BY_SIZE:
        raise _unfit(comparison, "a number: =, !=, <, <=, >, >= with a number")
    return _negated(Q(**{f"{column}__{_BY_SIZE[comparison.operator]}": value}), comparison.operator == "!=")


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
        return sql, (*params[:-1], "".join(_GLOB.get(letter, letter) for letter in params[-1]))

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


_GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
