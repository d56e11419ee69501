"""What this floor does when it hears of something from below."""

from django.db.models import Model, Q
from django.utils import timezone

from accounts.models import Registry
from accounts.queries import system_user
from approvals import tasks
from approvals.models import Review
from approvals.operations.policies import create_policy
from approvals.queries import OPEN_STATES
from events.kinds import Kind
from events.models import Event
from scanning.models import Scan
from supply.bills.gathering import BASE_MODEL_TAGS
from supply.licences.queries import TAG_KEYS

PROTECTED_ALIAS = "champion"


def furnish_registry(event: Event, subject: Model) -> None:
    """A new registry asks for an approval and a clean scan before Production and before @champion."""
    if event.kind == Kind.REGISTRY_CREATED and isinstance(subject, Registry):
        create_policy(subject, stage="Production", actor=system_user())
        create_policy(subject, alias=PROTECTED_ALIAS, actor=system_user())


def apply_when_scanned(event: Event, subject: Model) -> None:
    """A scan may be the last thing that an approved review waited for."""
    if event.kind == Kind.SCAN_FINISHED and isinstance(subject, Scan):
        waiting = Review.objects.filter(state=Review.State.APPROVED, version__tree=subject.tree_id)
        for pk in waiting.values_list("pk", flat=True):
            tasks.apply.delay_on_commit(pk)


def apply_when_completed(event: Event, subject: Model) -> None:
    """So may be a bill, a signature, a tag that names the licence, or somebody who accepts what was found."""
    if _is_plain_tag(event):
        return
    waiting = Review.objects.filter(state=Review.State.APPROVED)
    if event.kind in (Kind.BILL_SUPPLIED, Kind.VERSION_CHANGED):
        waiting = waiting.filter(version=subject.pk)
    elif event.kind == Kind.MODEL_CHANGED:
        waiting = waiting.filter(version__model=subject.pk)
    elif event.kind not in _ABOUT_SEVERAL:
        return
    elif event.registry_id:
        waiting = waiting.filter(version__model__registry=event.registry_id)
    for pk in waiting.values_list("pk", flat=True):
        tasks.apply.delay_on_commit(pk)


def _is_plain_tag(event: Event) -> bool:
    """Whether all that changed is a tag that no gate reads; clients set many of them."""
    after = event.details.get("after")
    tag = after.get("tag") if isinstance(after, dict) and len(after) == 1 else None
    return isinstance(tag, dict) and not tag.keys() & _TELLING_TAGS


_TELLING_TAGS = {*TAG_KEYS, *BASE_MODEL_TAGS}
_ABOUT_SEVERAL = (
    Kind.FINDINGS_WAIVED,
    Kind.NAME_ALLOWED,
    Kind.QUARANTINE_LIFTED,
    Kind.SIGNATURE_ADDED,
    Kind.TRUST_ANCHOR_ADDED,
    Kind.VULNERABILITY_CLOSED,
    Kind.ADVISORIES_IMPORTED,
)


def apply_when_moved(event: Event, subject: Model) -> None:
    """Somebody made the move of an approved review by hand: the review is done."""
    if event.kind in (Kind.STAGE_CHANGED, Kind.ALIAS_MOVED) and event.actor_name != "system":
        waiting = Review.objects.filter(state=Review.State.APPROVED, version=subject.pk)
        for pk in waiting.values_list("pk", flat=True):
            tasks.apply.delay_on_commit(pk)


def close_with_version(event: Event, subject: Model) -> None:
    """Nobody decides about a version that is gone."""
    if event.kind in (Kind.VERSION_DELETED, Kind.MODEL_DELETED):
        gone = Q(version=subject) if event.kind == Kind.VERSION_DELETED else Q(version__model=subject)
        Review.objects.filter(gone, state__in=OPEN_STATES).update(
            state=Review.State.WITHDRAWN, closed_at=timezone.now()
        )
