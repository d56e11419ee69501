"""Moments as whole milliseconds since 1970, counted by the database, so that long lists need no dates in Python."""

from typing import Any

from django.db.models import BigIntegerField, Func
from django.db.models.sql.compiler import SQLCompiler


class Milliseconds(Func):
    """`Milliseconds("created_at")`: what `clock.to_ms` makes of the moment."""

    output_field = BigIntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> tuple[str, Any]:
        """What PostgreSQL is asked."""
        template = "CAST(floor(extract(epoch FROM %(expressions)s) * 1000) AS bigint)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> tuple[str, Any]:
        """What SQLite is asked, where a moment is a text in UTC with six digits after the second, or with none."""
        column, params = compiler.compile(self.source_expressions[0])
        seconds = f"CAST(strftime('%%s', substr({column}, 1, 19)) AS INTEGER)"
        return f"({seconds} * 1000 + CAST(substr({column}, 21, 3) AS INTEGER))", [*params, *params]
