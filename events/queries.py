"""Reading the log. Who may see the subject was asked before; this floor knows no rights."""

from collections.abc import Iterable, Mapping

from django.db.models import Model, Q, QuerySet

from events.models import Event


def about(*subjects: Model) -> QuerySet[Event]:
    """What happened to any of these rows, newest first."""
    wanted = Q(pk__in=[])
    for subject in subjects:
        wanted |= Q(subject_type=type(subject).__name__, subject_id=subject.pk)
    return Event.objects.filter(wanted).order_by("-id")


def about_ids(ids: Mapping[str, Iterable[int]]) -> QuerySet[Event]:
    """What happened to rows given as type and keys, newest first."""
    wanted = Q(pk__in=[])
    for subject_type, keys in ids.items():
        wanted |= Q(subject_type=subject_type, subject_id__in=list(keys))
    return Event.objects.filter(wanted).order_by("-id")


def of_kinds(kinds: Iterable[str]) -> QuerySet[Event]:
    """Lines of these kinds, newest first."""
    return Event.objects.filter(kind__in=list(kinds)).order_by("-id")
