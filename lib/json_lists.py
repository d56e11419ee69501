"""The rows of a subquery as one column of JSON text, so that a thing and its tags come in one statement."""

from typing import Any

from django.db.models import QuerySet, Subquery, TextField
from django.db.models.sql.compiler import SQLCompiler


class JsonList(Subquery):
    """A JSON list in the order of the rows, or NULL for no rows: of the bare values of one column, or of objects.

    `JsonList(rows, "alias")` or `JsonList(rows, key="key", value="value")`, the name in the object before the column.
    A name that begins with `json_` loses that; its column holds JSON, not a text.
    """

    output_field = TextField()

    def __init__(self, rows: QuerySet[Any, Any], column: str = "", **members: str) -> None:
        columns = {column} if column else set(members.values())
        super().__init__(rows.values(*sorted(columns)))
        self.column, self.members = column, members

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """What PostgreSQL is asked."""
        template = "(SELECT json_agg({})::text FROM (%(subquery)s) listed)"
        return self._listed(compiler, connection, template, "json_build_object", "CAST({} AS json)")

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Any]:
        """What SQLite is asked, whose list of nothing is not NULL."""
        template = "(SELECT NULLIF(json_group_array({}), '[]') FROM (%(subquery)s) listed)"
        return self._listed(compiler, connection, template, "json_object", "json({})")

    def _listed(
        self, compiler: SQLCompiler, connection: Any, template: str, make_object: str, as_json: str
    ) -> tuple[str, Any]:
        row = f'listed."{self.column}"'
        if self.members:
            pairs = []
            for name, column in self.members.items():
                value = f'listed."{column}"'
                is_json = name.startswith("json_")
                pairs.append(f"'{name.removeprefix('json_')}', {as_json.format(value) if is_json else value}")
            row = f"{make_object}({', '.join(pairs)})"
        return super().as_sql(compiler, connection, template=template.format(row))
