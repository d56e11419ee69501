"""INSERT for the hot paths: one statement for all rows, its text kept, and what happens to rows that are there."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Model


class Insert:
    """Puts rows of `columns` (without any: all but the key) into the table of a model. No defaults, no signals.

    With `once_per` (the columns of a unique constraint) a row that is there already stays as it is; with `replacing`
    these of its columns get the new values, where `only_if` holds: a condition in SQL on `old` and `excluded`. With
    `once` a row that breaks any unique constraint is left out.
    """

    def __init__(
        self,
        model: type[Model],
        *columns: str,
        once_per: Sequence[str] = (),
        replacing: Sequence[str] = (),
        only_if: str = "",
        once: bool = False,
    ) -> None:
        every = [field.name for field in model._meta.concrete_fields if not field.primary_key]
        self._fields: list[Any] = [model._meta.get_field(column) for column in columns or every]
        self._table = model._meta.db_table
        self._columns = ", ".join(f'"{field.column}"' for field in self._fields)
        self._if_there = " ON CONFLICT DO NOTHING" if once else _if_there(once_per, replacing, only_if)
        self._text = lru_cache(maxsize=64)(self._written)

    def rows(self, rows: Iterable[Sequence[Any]], *, returning: Sequence[str] = ()) -> list[tuple[Any, ...]]:
        """Insert them; gives these columns of the rows that were inserted or replaced."""
        values = [
            field.get_db_prep_save(value, connection)
            for row in rows
            for field, value in zip(self._fields, row, strict=True)
        ]
        if not values:
            return []
        with connection.cursor() as cursor:
            cursor.execute(self._text(len(values) // len(self._fields), tuple(returning)), values)
            return cursor.fetchall() if returning else []

    def instance(self, instance: Model) -> bool:
        """Insert what the instance holds and give it its key; False if `once` left it out."""
        made = self.rows([[field.value_from_object(instance) for field in self._fields]], returning=["id"])
        if made:
            instance.pk = made[0][0]
            instance._state.adding = False  # noqa: SLF001 # Django has no public word for it
        return bool(made)

    def _written(self, count: int, returning: tuple[str, ...]) -> str:
        row = f"({', '.join(['%s'] * len(self._fields))})"
        text = f'INSERT INTO "{self._table}" AS old ({self._columns}) VALUES {", ".join([row] * count)}{self._if_there}'  # noqa: S608 # names of our own tables and columns
        return f"{text} RETURNING {', '.join(returning)}" if returning else text


def _if_there(once_per: Sequence[str], replacing: Sequence[str], only_if: str) -> str:
    if not once_per:
        return ""
    target = f" ON CONFLICT ({', '.join(once_per)})"
    if not replacing:
        return f"{target} DO NOTHING"
    changes = ", ".join(f"{column} = excluded.{column}" for column in replacing)
    return f"{target} DO UPDATE SET {changes}" + (f" WHERE {only_if}" if only_if else "")
