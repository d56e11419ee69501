"""What this floor does when it hears of something from below."""

from django.db.models import Model

from accounts.queries import system_user
from events.kinds import Kind
from events.models import Event
from registry.models import ModelVersion
from scanning.operations.requests import request_scan


def scan_new_version(event: Event, subject: Model) -> None:
    """A version that was just registered is scanned, unless its files were before."""
    if event.kind == Kind.VERSION_REGISTERED and isinstance(subject, ModelVersion) and subject.tree_id:
        request_scan(subject, actor=system_user())
