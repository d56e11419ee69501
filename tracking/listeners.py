"""What tracking does when something happened on a lower floor."""

from typing import Any

from accounts.models import Registry
from accounts.queries import system_user
from events.kinds import Kind
from events.models import Event
from tracking.operations.experiments import create_default_experiment


def furnish_registry(event: Event, subject: Any) -> None:
    """A new registry gets its default experiment."""
    if event.kind == Kind.REGISTRY_CREATED and isinstance(subject, Registry):
        create_default_experiment(subject, actor=system_user())
