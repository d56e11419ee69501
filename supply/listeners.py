"""What this floor does when it hears of something from below."""

from django.db.models import Model

from accounts.queries import system_user
from events.kinds import Kind
from events.models import Event
from scanning.models import Scan
from supply import tasks
from supply.operations.matching import store_dependencies


def store_when_scanned(event: Event, subject: Model) -> None:
    """What a scan says that files require is kept and matched with the advisories, together with its verdict."""
    if event.kind == Kind.SCAN_FINISHED and isinstance(subject, Scan):
        store_dependencies(subject, actor=system_user())
        tasks.tell_owners.delay_on_commit()


def match_when_imported(event: Event, subject: Model) -> None:
    """New advisories are about everything that anybody requires."""
    if event.kind == Kind.ADVISORIES_IMPORTED:
        tasks.match_packages.delay_on_commit()
