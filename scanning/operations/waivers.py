"""Taking findings upon oneself, taking that back, and telling people when it has ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Forbidden, Invalid, NotFound
from registry.models import ModelVersion, RegisteredModel
from registry.queries import live
from scanning.mail import tell_owners
from scanning.models import Finding, Verdict, Waiver
from scanning.queries import ended_scan, waivers_for, waivers_in_force, why_not_accept
from scanning.standing import heaviest as heaviest_of
from scanning.standing import weight

LONGEST_HEAVY = timedelta(days=90)
MOST_LOGGED = 100
LONGEST_REASON = 4_000
# One scan lists no more findings than that, with the one that says that there are more.
MOST_KEYS = 2_001
AT_ONCE = 200


@transaction.atomic
def waive_findings(
    version: ModelVersion, keys: Iterable[str], *, reason: str, ends_at: datetime | None = None, actor: User
) -> Waiver:
    """Take these findings about the files of the version upon oneself, in its registry, until `ends_at` or for good.

    What makes the files unsafe, or the scan fail, is for an administrator to accept, and for 90 days at most. Raises
    Forbidden for those who uploaded or trained the files, Conflict where somebody has accepted all of it already.
    """
    access.require(actor, Right.REVIEW, version)
    wanted = set(keys)
    if len(wanted) > MOST_KEYS:
        raise Invalid("keys", f"At most {MOST_KEYS:,} findings are accepted at once.")
    weights = _weights(version, wanted)
    if unknown := wanted - weights.keys():
        raise Invalid("keys", f"The scan has no finding {min(unknown)[:64]!r}; look at the page again.")
    if notes := [key for key in wanted if not weight(weights[key])]:
        raise Invalid("keys", f"Finding {min(notes)[:64]!r} is a note, which nobody needs to accept.")
    heaviest = Verdict(heaviest_of(weights[key] for key in wanted))
    return waive(version, wanted, heaviest=heaviest, reason=reason, ends_at=ends_at, actor=actor)


@transaction.atomic
def waive(
    version: ModelVersion,
    keys: Iterable[str],
    *,
    heaviest: Verdict,
    reason: str,
    ends_at: datetime | None = None,
    actor: User,
) -> Waiver:
    """The same for keys that the caller knows to be about the version, the heaviest of which weighs `heaviest`."""
    access.require(actor, Right.REVIEW, version)
    wanted = sorted(set(keys))
    if version.tree is None or not wanted:
        raise Invalid("keys", "Choose at least one finding.")
    if not reason.strip():
        raise Invalid("reason", "Say why this can be accepted.")
    if len(reason) > LONGEST_REASON:
        raise Invalid("reason", f"A reason has at most {LONGEST_REASON:,} characters.")
    if ends_at is not None and ends_at <= timezone.now():
        raise Invalid("ends_at", "It ends in the future.")
    if hindrance := why_not_accept(version, actor=actor):
        raise Forbidden(hindrance)
    if weight(heaviest) > weight(Verdict.NEEDS_REVIEW):
        _require_administrator(ends_at, actor)
    # One at a time for a model, and not while a version of it is moved.
    locked = RegisteredModel.objects.select_for_update().get(pk=version.model_id)
    if not ModelVersion.objects.filter(pk=version.pk, deleted_at=None).exists():
        raise NotFound(f"{version} was not found.")
    _require_news(version, set(wanted), heaviest, ends_at)
    waiver = Waiver.objects.create(
        registry_id=locked.registry_id,
        tree=version.tree,
        keys=wanted,
        heaviest=heaviest,
        reason=reason.strip(),
        granted_by=actor,
        ends_at=ends_at,
    )
    record(
        Kind.FINDINGS_WAIVED,
        actor=actor,
        subject=version,
        registry_id=locked.registry_id,
        reason=waiver.reason,
        waiver=waiver.pk,
        findings=len(wanted),
        keys=wanted[:MOST_LOGGED],
        heaviest=heaviest,
        ends=ends_at.isoformat() if ends_at else None,
    )
    return waiver


@transaction.atomic
def withdraw_waiver(waiver: Waiver, *, reason: str = "", actor: User) -> Waiver:
    """What it covered counts again; whoever reviews the version may, and whoever manages the registry.

    Raises Conflict for one that is withdrawn.
    """
    if not waivers_for(actor, Right.REVIEW).filter(pk=waiver.pk).exists():
        access.require(actor, Right.MANAGE, waiver)
    now = timezone.now()
    changed = Waiver.objects.filter(pk=waiver.pk, withdrawn_at=None).update(withdrawn_at=now, withdrawn_by=actor)
    if changed != 1:
        raise Conflict(f"Waiver {waiver.pk} is withdrawn already.")
    waiver.withdrawn_at, waiver.withdrawn_by = now, actor
    record(
        Kind.WAIVER_WITHDRAWN,
        actor=actor,
        subject=_subject(waiver),
        registry_id=waiver.registry_id,
        reason=reason,
        waiver=waiver.pk,
    )
    return waiver


@transaction.atomic
def end_waivers(*, actor: User) -> int:
    """Note which waivers have come to their end and tell those concerned, at most so many at once; says how many.

    They stopped counting at that very moment; this is only how people hear of it.
    """
    access.require(actor, Right.ADMINISTER, None)
    now = timezone.now()
    over = Waiver.objects.filter(withdrawn_at=None, end_noted_at=None, ends_at__lte=now).order_by("ends_at", "pk")
    count = 0
    for waiver in over.select_related("registry", "tree", "granted_by__owner")[:AT_ONCE]:
        if Waiver.objects.filter(pk=waiver.pk, withdrawn_at=None, end_noted_at=None).update(end_noted_at=now) != 1:
            continue
        subject = _subject(waiver)
        record(Kind.WAIVER_ENDED, actor=actor, subject=subject, registry_id=waiver.registry_id, waiver=waiver.pk)
        tell_owners(
            waiver.tree_id,
            f"Accepted findings count again: {subject}",
            f"{waiver.granted_by.name} had accepted {waiver} in registry {waiver.registry}. That has come to its end, "
            "so they count again: no gate lets the files pass until somebody looks at them anew.",
            also=[waiver.granted_by],
        )
        count += 1
    return count


def _weights(version: ModelVersion, keys: set[str]) -> dict[str, str]:
    """How heavy each of these findings is in the last scan that ended; without those that it does not have."""
    found: dict[str, str] = {}
    rows = Finding.objects.filter(scan=ended_scan(version.tree)).exclude(key="")
    for key, severity in rows.values_list("key", "severity"):
        if key in keys:
            found[key] = heaviest_of([severity, found.get(key, severity)])
    return found


def _require_administrator(ends_at: datetime | None, actor: User) -> None:
    if not access.can(actor, Right.ADMINISTER, None):
        raise Forbidden("Only an administrator accepts what makes files unsafe, or a scan that failed.")
    if ends_at is None or ends_at > timezone.now() + LONGEST_HEAVY:
        raise Invalid("ends_at", f"This is accepted for {LONGEST_HEAVY.days} days at most; say until when.")


def _require_news(version: ModelVersion, keys: set[str], heaviest: Verdict, ends_at: datetime | None) -> None:
    """Conflict if others accept all of it already, and for no shorter a time."""
    left = set(keys)
    by: list[str] = []
    for waiver in waivers_in_force(version.tree_id or 0, version.model.registry_id):
        lasts = waiver.ends_at is None or (ends_at is not None and waiver.ends_at >= ends_at)
        if lasts and weight(waiver.heaviest) >= weight(heaviest) and left & set(waiver.keys):
            left -= set(waiver.keys)
            by.append(waiver.granted_by.name)
    if not left:
        raise Conflict(f"{' and '.join(dict.fromkeys(by))} accepted this already.")


def _subject(waiver: Waiver) -> ModelVersion | Waiver:
    """The version that the log names: a live one before others; the waiver itself when none is left."""
    rows = ModelVersion.objects.filter(tree=waiver.tree_id, model__registry=waiver.registry_id, deleted_at=None)
    rows = rows.select_related("model__registry").order_by("-pk")
    return live(rows).first() or rows.first() or waiver
