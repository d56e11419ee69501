"""Whom a registry trusts to sign. Trust is given and taken back; that it was given stays on record."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Conflict, Invalid
from supply.models import TrustAnchor
from supply.signing.anchors import Material, read_material
from supply.signing.refusals import UnusableKey

MOST_ANCHORS = 50  # that are not revoked, in one registry: each of them is tried on every signature
LONGEST_NAME = 120
LONGEST_REASON = 2_000


@transaction.atomic
def add_trust_anchor(
    registry: Registry,
    name: str,
    pem: str,
    *,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    actor: User,
) -> TrustAnchor:
    """Let signatures by this public key, or by whom this authority's certificate vouches for, count in the registry.

    They count from `valid_from` (now) until `valid_until` (until it is revoked). Raises Invalid for weak keys, for
    certificates that are no authority's, and for private keys, of which nothing is kept.
    """
    access.require(actor, Right.MANAGE, registry)
    name = _checked_name(name)
    material = _material(pem)
    now = timezone.now()
    begins = valid_from or now
    if valid_until is not None and (valid_until <= begins or valid_until <= now):
        raise Invalid("valid_until", "The trust ends after it begins, and in the future.")
    if material.valid_until is not None and material.valid_until <= now:
        raise Invalid("pem", f"The certificate was valid until {material.valid_until:%F}.")
    # Of two at once one waits here, so that the count and the names hold.
    Registry.objects.select_for_update(no_key=True).get(pk=registry.pk)
    _require_room(registry, name, material)
    anchor = TrustAnchor.objects.create(
        registry=registry,
        name=name,
        kind=TrustAnchor.Kind(material.kind.value),
        pem=material.pem,
        fingerprint=material.fingerprint,
        valid_from=begins,
        valid_until=valid_until,
        added_by=actor,
        added_at=now,
    )
    record(
        Kind.TRUST_ANCHOR_ADDED,
        actor=actor,
        subject=anchor,
        registry_id=registry.pk,
        form=anchor.kind,
        about=material.about,
        fingerprint=anchor.fingerprint,
        valid_from=begins.isoformat(),
        valid_until=valid_until.isoformat() if valid_until else None,
    )
    return anchor


@transaction.atomic
def revoke_trust_anchor(anchor: TrustAnchor, reason: str, *, actor: User) -> TrustAnchor:
    """Let no signature count by this anchor any more, whenever it was made. It stays, to say that it once was trusted.

    The same key or certificate cannot be added again.
    """
    access.require(actor, Right.MANAGE, anchor)
    if not reason.strip():
        raise Invalid("reason", "Say why: whoever looks at an old signature will want to know.")
    if len(reason) > LONGEST_REASON:
        raise Invalid("reason", f"A reason has at most {LONGEST_REASON:,} characters.")
    now = timezone.now()
    open_ones = TrustAnchor.objects.filter(pk=anchor.pk, revoked_at=None)
    if open_ones.update(revoked_at=now, revoked_by=actor, revocation_reason=reason) != 1:
        raise Conflict(f"{anchor} was revoked before.")
    anchor.refresh_from_db()
    record(
        Kind.TRUST_ANCHOR_REVOKED,
        actor=actor,
        subject=anchor,
        registry_id=anchor.registry_id,
        reason=reason,
        fingerprint=anchor.fingerprint,
    )
    return anchor


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid("name", f"A name has 1 to {LONGEST_NAME} printable characters: who signs with this key?")
    return name


def _material(pem: str) -> Material:
    try:
        return read_material(pem)
    except UnusableKey as problem:
        raise Invalid("pem", str(problem)) from None


def _require_room(registry: Registry, name: str, material: Material) -> None:
    there = TrustAnchor.objects.filter(registry=registry)
    if same := there.filter(fingerprint=material.fingerprint).first():
        how = "was revoked and cannot be trusted again" if same.revoked_at else "is trusted already"
        raise AlreadyExists(f"This key or certificate {how}, under the name {same}.")
    if there.filter(name=name).exists():
        raise AlreadyExists(f"There is, or was, an anchor {name} in {registry}.")
    if there.filter(revoked_at=None).count() >= MOST_ANCHORS:
        raise Conflict(f"A registry trusts at most {MOST_ANCHORS} keys and authorities; revoke one first.")
