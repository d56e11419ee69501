"""The pen of the audit log. An operation calls `record` once, inside its own transaction."""

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from events import context
from events.kinds import Kind
from events.models import Event
from lib.inserts import Insert


class Actor(Protocol):
    """Whoever does something: a person, a service account or the system user."""

    pk: Any
    username: str


class Subject(Protocol):
    """A row that something is done to."""

    pk: Any


Listener = Callable[[Event, Any], None]


def record(
    kind: Kind, *, actor: Actor, subject: Subject, registry_id: int | None = None, reason: str = "", **details: Any
) -> Event:
    """Write one line in the running transaction and tell the listeners of `settings.EVENT_LISTENERS`.

    `details` must be plain JSON values and never hold a secret. Raises RuntimeError outside a transaction, because a
    line must stand or fall with the change that it tells of.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("An event is recorded in the transaction of its change.")
    origin = context.current()
    event = Event(
        kind=kind,
        actor_id=actor.pk,
        actor_name=actor.username,
        token_prefix=origin.token_prefix,
        address=origin.address,
        request_id=origin.request_id,
        registry_id=registry_id,
        subject_type=type(subject).__name__,
        subject_id=subject.pk,
        subject_name=str(subject)[:512],
        reason=reason,
        details=details,
    )
    _LINES.instance(event)
    for listen in _listeners():
        listen(event, subject)
    return event


_LINES = Insert(Event)


@cache
def _listeners() -> tuple[Listener, ...]:
    return tuple(import_string(path) for path in settings.EVENT_LISTENERS)
