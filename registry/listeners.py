"""What this floor does when it hears of something from below."""

from django.db.models import Model

from accounts.models import Registry
from events.kinds import Kind
from events.models import Event
from registry.models import Stage
from registry.models.stages import MLFLOW_LADDER


def furnish_registry(event: Event, subject: Model) -> None:
    """A new registry gets the ladder that MLflow clients know."""
    if event.kind == Kind.REGISTRY_CREATED and isinstance(subject, Registry):
        Stage.objects.bulk_create(
            Stage(registry=subject, name=name, position=position, is_exclusive=is_exclusive)
            for position, (name, is_exclusive) in enumerate(MLFLOW_LADDER)
        )
