"""What this floor does when it hears of something from below."""

from django.db.models import Model

from accounts.queries import system_user
from events.kinds import Kind
from events.models import Event
from registry.models import ModelVersion
from scanning.models import Scan
from supply import tasks
from supply.facts import standing_now
from supply.operations.attestations import attest_placement
from supply.operations.matching import store_dependencies
from supply.operations.signatures import bring_signatures

_MOVES = (Kind.STAGE_CHANGED, Kind.ALIAS_MOVED)


def store_when_scanned(event: Event, subject: Model) -> None:
    """What a scan says that files require is kept and matched with the advisories, together with its verdict."""
    if event.kind == Kind.SCAN_FINISHED and isinstance(subject, Scan):
        store_dependencies(subject, actor=system_user())
        tasks.tell_owners.delay_on_commit()


def match_when_imported(event: Event, subject: Model) -> None:
    """New advisories are about everything that anybody requires."""
    if event.kind == Kind.ADVISORIES_IMPORTED:
        tasks.match_packages.delay_on_commit()


def attest_live_move(event: Event, subject: Model) -> None:
    """A version that has gone where people load it from is attested, in the transaction of the move."""
    if event.kind not in _MOVES or not isinstance(subject, ModelVersion) or subject.tree_id is None:
        return
    alias = event.details["after"]["alias"] if event.kind == Kind.ALIAS_MOVED else ""
    placement = standing_now(subject, alias)
    if placement is not None and (placement.stage is None or placement.stage.is_live):
        attest_placement(placement, actor=system_user())


def bring_signatures_along(event: Event, subject: Model) -> None:
    """A copy has the files of its source, and what was signed about them."""
    if event.kind != Kind.VERSION_REGISTERED or not isinstance(subject, ModelVersion) or subject.tree_id is None:
        return
    if subject.copied_from is not None:
        bring_signatures(subject, subject.copied_from, actor=system_user())
