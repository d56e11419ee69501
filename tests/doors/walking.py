"""One step of the walk: knock as somebody, and tell what the answer means."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import orjson
from django.apps import apps
from django.db import connection, transaction
from django.http import HttpResponseBase

from accounts.rights import Right, Scope
from tests.doors.people import Person
from tests.doors.rows import Open, Row, Thing
from tests.doors.world import Names, World

COUNTERPARTS = {"open": "absent", "restricted": "absent", "elsewhere": "nowhere"}
# What a refused request may write: who is signed in, when a token was used, who could not sign in.
_MAY_BE_WRITTEN = re.compile(r"django_session|accounts_apitoken\W+SET\W+last_used|accounts_failedsignin", re.IGNORECASE)
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
# What differs between two answers of the same kind.
_HEADERS_THAT_DIFFER = {"X-Request-ID", "Content-Length", "Set-Cookie"}
_TEXTS_THAT_DIFFER = re.compile(
    rb'"request_id":"[0-9a-f]*"|name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"|csrf[-_]?token[^>]*>'
)


class Outcome(StrEnum):
    """What an answer means."""

    LET_IN = "let in"
    FORBIDDEN = "forbidden"
    HIDDEN = "hidden"
    UNKNOWN = "asked who it is"


@dataclass(frozen=True)
class Answer:
    """What came back, and what was written to the database on the way."""

    status: int
    headers: dict[str, str]
    body: bytes
    writes: list[str]

    @property
    def outcome(self) -> Outcome:
        """In the words of the house."""
        to = self.headers.get("Location", "")
        if self.status == 401 or (self.status == 302 and re.match(r"/(admin/log|sign-)in", to) and "next=" in to):
            return Outcome.UNKNOWN
        return {403: Outcome.FORBIDDEN, 404: Outcome.HIDDEN}.get(self.status, Outcome.LET_IN)

    def told(self, missing: Names | None = None, hidden: Names | None = None) -> tuple[Any, ...]:
        """Everything that one learns from it; what is missing goes by the names of what is hidden."""
        body, headers = _TEXTS_THAT_DIFFER.sub(b"", self.body).decode(errors="replace"), dict(self.headers)
        location = headers.pop("Location", "")
        if missing and hidden:
            named = {str(missing[key]): str(hidden[key]) for key in hidden if key in missing and key != "path"}
            for there, here in sorted(named.items(), key=lambda pair: -len(pair[0])):
                if there != here:
                    body, location = (
                        re.sub(rf"(?<!\w){re.escape(there)}(?!\w)", here, text) for text in (body, location)
                    )
        return (
            self.status,
            {key: value for key, value in headers.items() if key not in _HEADERS_THAT_DIFFER},
            location,
            body,
        )


def knock(world: World, person: Person, row: Row, where: str, *, method: str = "", kind: str = "") -> Answer:
    """Send what the row says, about the things that are there; whatever it changes is taken back."""
    names = {**world.names[where], "self": person.name}
    row = row.seen_from(where)
    return ask(world, person, method or row.method, row.address(names), row.content(names), kind)


def ask(world: World, person: Person, method: str, address: str, content: Any = None, kind: str = "") -> Answer:
    """Send one request: `kind` is "json" or "form"; what is asked with GET goes into the address."""
    client, headers = world.client(person), world.headers(person)
    writes: list[str] = []
    more: dict[str, Any] = {}
    data: Any = b""
    media_type = "application/json"
    if isinstance(content, bytes):
        data, media_type = content, "application/octet-stream"
    elif method in ("GET", "HEAD", "OPTIONS"):
        more["QUERY_STRING"] = urlencode(content or {}, doseq=True)
    elif kind == "form":
        data, media_type = urlencode(content or {}, doseq=True), "application/x-www-form-urlencoded"
    elif content is not None:
        data = orjson.dumps(content)
    with transaction.atomic(), _noting(writes):
        response = client.generic(method, address, data, media_type, headers=headers, **more)
        answer = Answer(response.status_code, dict(response.items()), _body(response), writes)
        transaction.set_rollback(True)
    return answer


def expected(person: Person, row: Row, where: str) -> set[Outcome]:
    """What the rules of the house want the answer to be."""
    if row.need is Open.PUBLIC:
        return {Outcome.LET_IN}
    if not person.is_known:
        return {Outcome.UNKNOWN}
    match row.need:
        case Open.NOWHERE:
            return {Outcome.HIDDEN}
        case Open.SIGNED_IN:
            return {Outcome.LET_IN}
        case Open.OWN_ACCOUNT:
            sees = person.is_administrator and where not in ("absent", "nowhere")
            return {Outcome.LET_IN} if sees else {Outcome.HIDDEN}
        case Open.OWN_TOKEN if person.limit or Scope.ADMIN not in person.scopes:
            return {Outcome.FORBIDDEN}
        case Open.OWN | Open.OWN_SHOWN | Open.OWN_TOKEN:
            if not person.sees_everything or where in ("absent", "nowhere"):
                return {Outcome.HIDDEN}
            may = person.is_administrator or row.need is Open.OWN_SHOWN
            return {Outcome.LET_IN} if may else {Outcome.FORBIDDEN}
        case Open.OWN_SECRETS:
            is_free = not person.limit and Scope.ADMIN in person.scopes
            return {Outcome.LET_IN} if is_free else {Outcome.FORBIDDEN}
        case Right() as right if row.thing is Thing.INSTALLATION:
            everywhere = person.rights("open", row.thing) if person.sees_everything else frozenset()
            return {Outcome.LET_IN} if right in everywhere else {Outcome.FORBIDDEN}
        case Right() as right:
            rights = person.rights(where, row.thing)
            if Right.SEE not in rights:
                return {Outcome.HIDDEN}
            return {Outcome.LET_IN} if right in rights else {Outcome.FORBIDDEN}
    raise AssertionError(row.need)


def counts() -> Counter[str]:
    """How many rows there are in every table."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in tables))
        return Counter(dict(cursor.fetchall()))


def _body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


@contextmanager
def _noting(writes: list[str]) -> Iterator[None]:
    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if _WRITES.match(sql) and not _MAY_BE_WRITTEN.search(sql):
            writes.append(sql[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield
