"""Queries of the hot paths: written with the ORM, compiled once, sent again and again with other values.

Django builds and compiles a query anew for each request, which costs several times what the database takes to answer
it. A statement keeps the compiled text; PostgreSQL keeps its plan under the same text.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Expression, Field, IntegerField, Lookup, QuerySet
from django.db.models.query import ModelIterable, NamedValuesListIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")
_Build = Callable[[Sequence[Any]], Any]


class Blank(Expression):
    """A place for a value that is not known before the statement is sent."""

    def __init__(
        self, name: str, output_field: "Field[Any, Any]", spelled: Callable[[Any], Any] = lambda value: value
    ) -> None:
        super().__init__(output_field=output_field)
        self.name = name
        self._spelled = spelled

    def spelled(self, spell: Callable[[Any], Any]) -> "Blank":
        """The same place for what `spell` makes of the value."""
        return Blank(self.name, self.output_field, spell)

    def filled(self, values: dict[str, Any]) -> Any:
        """What is sent to the database instead. Raises EmptyResultSet for a number that no column can hold."""
        value = self._spelled(values[self.name])
        if isinstance(value, list):
            return orjson.dumps(value).decode() if connection.vendor == "sqlite" else value
        if isinstance(value, int) and isinstance(self.output_field, IntegerField):
            least, most = connection.ops.integer_field_range(self.output_field.get_internal_type())
            if not (least or value) <= value <= (most or value):
                raise EmptyResultSet
        return self.output_field.get_db_prep_value(value, connection)

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """A parameter that is filled in by name later."""
        return "%s", [self]


class Among(Lookup):
    """`pk__among=Blank("pks", ...)`: the column is one of a list of numbers, however long the list is."""

    lookup_name = "among"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """What PostgreSQL is asked."""
        return self._within(compiler, connection, "{} = ANY({})")

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """What SQLite is asked, which has no lists but JSON."""
        return self._within(compiler, connection, "{} IN (SELECT value FROM json_each({}))")

    def _within(self, compiler: SQLCompiler, connection: Any, template: str) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return template.format(left, right), [*left_params, *right_params]


Field.register_lookup(Among)


class Statement(Generic[Row]):
    """A query with blanks: of whole rows, with `select_related` and annotations, or of `values_list(..., named=True)`.

    The blanks are filled with texts, numbers, moments and lists of numbers.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Row]]) -> None:
        self._build = build

    def all(self, **values: Any) -> list[Row]:
        """The rows for these values of the blanks."""
        try:
            return self._compiled.rows(values)
        except EmptyResultSet:
            return []

    def first(self, **values: Any) -> Row | None:
        """The row of a query that finds one at most, or None."""
        return next(iter(self.all(**values)), None)

    @cached_property
    def _compiled(self) -> "_Compiled":
        """Raises EmptyResultSet for a query that Django knows to find nothing."""
        return _Compiled(self._build())


class Change:
    """An UPDATE of `rows` with blanks, compiled once; `columns` says what each one becomes."""

    def __init__(self, rows: Callable[[], QuerySet[Any]], **columns: Any) -> None:
        self._rows, self._columns = rows, columns

    def count(self, **values: Any) -> int:
        """Make it with these values of the blanks; says how many rows it changed."""
        sql, params = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(params, values))
            changed: int = cursor.rowcount
        return changed

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...]]:
        query: Any = self._rows().query.chain(UpdateQuery)
        query.add_update_values(self._columns)
        sql, params = query.get_compiler(connection=connection).as_sql()
        return sql, tuple(params)


class _Compiled:
    """What goes to the database, and how rows are made of what comes back."""

    def __init__(self, query: QuerySet[Any, Any]) -> None:
        compiler = query.query.get_compiler(connection=connection)
        self.sql, params = compiler.as_sql()
        self.params = tuple(params)
        columns = [column for column, _, _ in compiler.select or ()]
        self.converters = [
            (position, _chained(*converter)) for position, converter in compiler.get_converters(columns).items()
        ]
        iterable = cast("Any", query)._iterable_class  # noqa: SLF001 # Django has no public word for it
        self.build = _BUILDERS[iterable](compiler)

    def rows(self, values: dict[str, Any]) -> list[Any]:
        """Send it with these values."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, _filled(self.params, values))
            found = cursor.fetchall()
        return [self.build(row) for row in self._converted(found)]

    def _converted(self, rows: list[tuple[Any, ...]]) -> Iterator[Sequence[Any]]:
        if not self.converters:
            return iter(rows)
        return map(self._convert, rows)

    def _convert(self, row: tuple[Any, ...]) -> Sequence[Any]:
        columns = list(row)
        for position, convert in self.converters:
            columns[position] = convert(columns[position])
        return columns


def _filled(params: Iterable[Any], values: dict[str, Any]) -> list[Any]:
    return [param.filled(values) if isinstance(param, Blank) else param for param in params]


def _instances(compiler: SQLCompiler) -> _Build:
    """Makes rows into instances as Django's own iteration does."""
    compiled = cast("Any", compiler)
    select, info, alias = compiled.select, compiled.klass_info, compiled.connection.alias
    start, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in select[start:end]]
    related = cast("Any", get_related_populators)(info, select, alias)
    annotations = compiled.annotation_col_map.items()

    def build(row: Sequence[Any]) -> Any:
        instance = info["model"].from_db(alias, names, row[start:end])
        for populator in related:
            populator.populate(row, instance)
        for name, position in annotations:
            setattr(instance, name, row[position])
        return instance

    return build


def _named_tuples(compiler: SQLCompiler) -> _Build:
    """Makes rows into the tuples of `values_list(..., named=True)`."""
    query = compiler.query
    names = cast("Any", query).selected or (*query.extra_select, *query.values_select, *query.annotation_select)
    row_type: Any = namedtuple("Row", names)  # type: ignore[misc] # noqa: PYI024 # its names are known at run time only
    return lambda row: row_type(*row)


_BUILDERS: dict[type, Callable[[SQLCompiler], _Build]] = {
    ModelIterable: _instances,
    NamedValuesListIterable: _named_tuples,
}


def _chained(steps: list[Callable[..., Any]], expression: Any) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, expression, connection)
        return value

    return convert
