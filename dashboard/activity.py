"""Lines of the audit log for pages, each with the address of what it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Model

from approvals.queries import reviews_of
from dashboard.addresses import address
from events.kinds import Kind
from events.models import Event
from events.queries import about_ids
from registry.models import ModelVersion, RegisteredModel
from registry.queries import newest_versions
from scanning.models import Scan

_REACH = 60


@dataclass(frozen=True)
class Line:
    """One event; `url` is empty when its subject has no page of its own."""

    event: Event
    url: str = ""


def of_models(models: Sequence[RegisteredModel], size: int) -> list[Line]:
    """What happened lately to models that were found for an actor before, to their versions and reviews."""
    versions = list(newest_versions(models, _REACH))
    return _lines([*models, *versions, *reviews_of(versions)[:_REACH]], size, left_out=[Kind.SCAN_REQUESTED])


def of_version(version: ModelVersion, scan: Scan | None, size: int) -> list[Line]:
    """What happened to one version, its files, its scan and its reviews."""
    reviews = reviews_of([version])[:_REACH]
    return _lines([version, *reviews], size, without_page=[row for row in (scan, version.tree) if row])


def _lines(
    things: Iterable[Model], size: int, without_page: Iterable[Model] = (), left_out: Iterable[str] = ()
) -> list[Line]:
    urls = {(type(thing).__name__, thing.pk): address(thing) for thing in things}
    ids: dict[str, list[int]] = {}
    for name, key in [*urls, *((type(thing).__name__, thing.pk) for thing in without_page)]:
        ids.setdefault(name, []).append(key)
    events = about_ids(ids).exclude(kind__in=list(left_out))[:size]
    return [Line(event, urls.get((event.subject_type, event.subject_id), "")) for event in events]
