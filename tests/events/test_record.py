"""The pen of the audit log."""

import pytest
from django.db import transaction
from django.db.models import Model

from accounts.models import Registry, User
from accounts.operations.teams import create_team
from events import context
from events import record as pen
from events.kinds import Kind
from events.models import Event
from events.queries import about
from events.record import record
from lib.errors import AlreadyExists, Conflict


def refuse(event: Event, subject: Model) -> None:
    """A listener that stops the change."""
    raise Conflict("Not now.")


def test_a_line_tells_who_did_what_to_which_thing(registry: Registry, scientist: User) -> None:
    context.begin(context.Origin(address="192.0.2.7", request_id="abc", token_prefix="gate_123456"))
    try:
        record(Kind.ROLE_GRANTED, actor=scientist, subject=registry, registry_id=registry.pk, reason="why", size=3)
    finally:
        context.begin(context.Origin())
    line = about(registry).first()
    assert line is not None
    assert (line.kind, line.actor_id, line.actor_name) == ("role.granted", scientist.pk, "ada")
    assert (line.subject_type, line.subject_id, line.subject_name) == ("Registry", registry.pk, "main")
    assert (line.address, line.request_id, line.token_prefix) == ("192.0.2.7", "abc", "gate_123456")
    assert (line.registry_id, line.reason, line.details) == (registry.pk, "why", {"size": 3})


def test_a_line_that_stands_is_never_rewritten_or_deleted(registry: Registry) -> None:
    line = Event.objects.get(kind=Kind.REGISTRY_CREATED)
    line.reason = "something else"
    with pytest.raises(TypeError):
        line.save()
    with pytest.raises(TypeError):
        line.delete()


def test_a_change_that_is_refused_leaves_no_line(system: User) -> None:
    create_team("red", actor=system)
    lines = Event.objects.count()
    with pytest.raises(AlreadyExists):
        create_team("red", actor=system)
    assert Event.objects.count() == lines


def test_a_listener_that_refuses_stops_the_change(system: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pen, "_listeners", lambda: (refuse,))
    lines = Event.objects.count()
    with pytest.raises(Conflict), transaction.atomic():
        create_team("red", actor=system)
    assert Event.objects.count() == lines


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_nothing_is_recorded_outside_a_transaction(system: User) -> None:
    with pytest.raises(RuntimeError):
        record(Kind.TEAM_CREATED, actor=system, subject=system)
    assert not Event.objects.exists()
