"""What this floor does when it hears of something, also from floors above."""

from django.db.models import Model
from django.utils import timezone

from accounts.models import AccessRequest
from events.kinds import Kind
from events.models import Event


def close_requests_with_thing(event: Event, subject: Model) -> None:
    """Nobody decides about access to a thing that is gone."""
    if event.kind in (Kind.MODEL_DELETED, Kind.EXPERIMENT_DELETED):
        meta = subject._meta
        AccessRequest.objects.filter(
            content_type__app_label=meta.app_label,
            content_type__model=meta.model_name,
            object_id=subject.pk,
            state=AccessRequest.State.OPEN,
        ).update(state=AccessRequest.State.WITHDRAWN, decided_at=timezone.now(), answer="It was deleted.")
