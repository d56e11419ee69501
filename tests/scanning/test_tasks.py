"""The background work: what beat starts, and what it sends to workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from events.models import Event
from registry.models import ModelVersion
from scanning import tasks
from scanning.models import EngineRelease, Scan, Waiver
from scanning.operations.waivers import waive_findings
from tests.factories.scanning import CODE, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The scans that workers are woken up for."""
    keys: list[int] = []
    monkeypatch.setattr(tasks.scan_tree, "delay", keys.append)
    return keys


def test_a_beat_notices_another_engine_and_wakes_workers_up(version: ModelVersion, sent: list[int]) -> None:
    Scan.objects.update(engine="before", verdict="clean")
    tasks.scan_again()
    again = Scan.objects.exclude(engine="before").get()
    assert sent == [again.pk]
    assert (again.tree, again.previous_verdict) == (version.tree, "clean")
    assert EngineRelease.objects.get().finished_at is None
    tasks.scan_again()
    assert sent == [again.pk]


def test_a_beat_tells_of_every_waiver_that_has_ended(
    version: ModelVersion, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_at = timezone.now() + timedelta(days=1)
    for key in found(version, CODE, ("needs-review", "json.code", ""), ("needs-review", "yaml.bomb", "")):
        waive_findings(version, [key], reason="x", ends_at=ends_at, actor=reviewer)
    Waiver.objects.update(ends_at=timezone.now())
    monkeypatch.setattr("scanning.operations.waivers.AT_ONCE", 2)
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    tasks.end_waivers()
    assert Event.objects.filter(kind="waiver.ended").count() == 3
