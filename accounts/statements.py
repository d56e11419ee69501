"""Compiled queries about what an actor may see: `access.visible` for the hot paths."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from django.db.models import CharField, Q, QuerySet, Subquery

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from lib import paging
from lib.paging import Page
from lib.statements import Blank, Statement

Row = TypeVar("Row")


class VisibleRows(Generic[Row]):
    """A statement whose query asks `access.visible` for `right`; `build` gets the actor to ask it with."""

    def __init__(self, build: Callable[[User], QuerySet[Any, Row]], right: Right = Right.SEE) -> None:
        self._right = right
        self._statement_for = cache(lambda somebody: Statement(lambda: build(somebody.actor())))

    def all(self, actor: User, **values: Any) -> list[Row]:
        """The rows for these values of the blanks that the actor may see."""
        if not access.is_awake(actor, self._right):
            return []
        statement: Statement[Row] = self._statement_for(access.stand_in(actor, self._right))
        return statement.all(**access.fillings(actor), **values)

    def first(self, actor: User, **values: Any) -> Row | None:
        """The one of a query that finds one at most, or None."""
        return next(iter(self.all(actor, **values)), None)


class RowsInRegistry(Generic[Row]):
    """Visible rows of the default registry or of a named one; `build` gets the condition on the registry as well.

    `path` leads from the rows to their registry, such as `model__registry`.
    """

    def __init__(self, path: str, build: Callable[[User, Q], QuerySet[Any, Row]], right: Right = Right.SEE) -> None:
        # As a key that is looked up first, so that what it leads to lies there in order.
        default = Q(**{path: _key_of(Registry.objects.filter(is_default=True))})
        named = Q(**{path: _key_of(Registry.objects.filter(name=Blank("registry", CharField())))})
        self._in_default = VisibleRows(lambda actor: build(actor, default), right)
        self._in_named = VisibleRows(lambda actor: build(actor, named), right)

    def all(self, registry: str | None, actor: User, **values: Any) -> list[Row]:
        """The rows in the registry of this name, or in the default one, that the actor may see."""
        if registry is None:
            return self._in_default.all(actor, **values)
        return self._in_named.all(actor, registry=registry, **values)

    def first(self, registry: str | None, actor: User, **values: Any) -> Row | None:
        """The one of a query that finds one at most, or None."""
        return next(iter(self.all(registry, actor, **values)), None)


def _key_of(registries: QuerySet[Registry]) -> Subquery:
    return Subquery(registries.values("pk")[:1])


class VisiblePages:
    """Pages of the primary keys of visible rows in the order of columns that cannot be NULL, the last one unique."""

    def __init__(
        self, build: Callable[[User], QuerySet[Any, Any]], keys: Sequence[str], size: int, right: Right = Right.SEE
    ) -> None:
        self._keys, self._size = keys, size
        self._names = list(dict.fromkeys(["pk", *(key.removeprefix("-") for key in keys)]))
        self._first_page = VisibleRows(lambda actor: self._page(build(actor), is_first=True), right)
        self._later_page = VisibleRows(lambda actor: self._page(build(actor), is_first=False), right)

    def page(self, actor: User, token: str | None, **values: Any) -> Page[int]:
        """The page that begins where the token says. Raises Invalid for a token that was not made for these keys."""
        bounds = paging.decode(token, self._keys) if token else []
        after = {f"after{place}": bound for place, bound in enumerate(bounds)}
        with paging.refusing(token):
            found = (self._later_page if token else self._first_page).all(actor, **after, **values)
        page = paging.cut(found, self._keys, self._size)
        return Page([row.pk for row in page.rows], page.next_token)

    def _page(self, rows: QuerySet[Any, Any], *, is_first: bool) -> QuerySet[Any, Any]:
        fields = [paging.field_of(rows, key) for key in self._keys]
        bounds = None if is_first else [Blank(f"after{place}", field) for place, field in enumerate(fields)]
        return paging.ordered(rows, self._keys, bounds).values_list(*self._names, named=True)[: self._size + 1]
