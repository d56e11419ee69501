"""The key that a registry signs with: made, rotated, retired. Its private part is sealed and read in this file only."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib import sealing
from lib.errors import AlreadyExists, Conflict, Invalid
from lib.statements import Blank, Statement
from supply.models import SigningKey
from supply.signing import keys

LONGEST_REASON = 2_000
_USE = b"signing key of a registry"
_LOST = "It was sealed under a secret key of the installation that is gone."


@transaction.atomic
def make_signing_key(registry: Registry, *, actor: User) -> SigningKey:
    """A new key for the registry: ECDSA on P-256. Raises AlreadyExists while it has one."""
    access.require(actor, Right.MANAGE, registry)
    private_pem = keys.new_private_key()
    public = keys.read_private_key(private_pem.encode()).public_key()
    try:
        with transaction.atomic():
            key = SigningKey.objects.create(
                registry=registry,
                public_pem=keys.to_pem(public),
                private_sealed=sealing.seal(private_pem, use=_USE),
                fingerprint=keys.fingerprint(public),
                made_by=actor,
            )
    except IntegrityError as error:
        raise AlreadyExists(f"{registry} has a key that it signs with; rotate it.") from error
    record(Kind.SIGNING_KEY_MADE, actor=actor, subject=key, registry_id=registry.pk, fingerprint=key.fingerprint)
    return key


@transaction.atomic
def retire_signing_key(key: SigningKey, reason: str, *, actor: User) -> SigningKey:
    """Sign with this key no more. Its public part stays, to verify what it signed."""
    access.require(actor, Right.MANAGE, key)
    if len(reason) > LONGEST_REASON:
        raise Invalid("reason", f"A reason has at most {LONGEST_REASON:,} characters.")
    # The private part is of no use any more, so it goes.
    retired = SigningKey.objects.filter(pk=key.pk, retired_at=None).update(retired_at=timezone.now(), private_sealed="")
    if retired != 1:
        raise Conflict("This key was retired before.")
    key.refresh_from_db()
    record(
        Kind.SIGNING_KEY_RETIRED,
        actor=actor,
        subject=key,
        registry_id=key.registry_id,
        reason=reason,
        fingerprint=key.fingerprint,
    )
    return key


@transaction.atomic
def rotate_signing_key(registry: Registry, reason: str = "", *, actor: User) -> SigningKey:
    """Retire the registry's key, if it has one, and make the next."""
    access.require(actor, Right.MANAGE, registry)
    present = SigningKey.objects.select_for_update().filter(registry=registry, retired_at=None).first()
    if present is not None:
        retire_signing_key(present, reason, actor=actor)
    return make_signing_key(registry, actor=actor)


@transaction.atomic
def require_signing_key(registry: Registry, *, actor: User) -> tuple[SigningKey, ec.EllipticCurvePrivateKey]:
    """The registry's key, ready to sign; made now if there is none yet, or if its private part cannot be read."""
    access.require(actor, Right.ADMINISTER, None)
    key = _present.first(registry=registry.pk) or _made(registry, actor)
    private_key = _opened(key.private_sealed, settings.SECRET_KEY)
    if private_key is None:
        key = rotate_signing_key(registry, _LOST, actor=actor)
        private_key = _opened(key.private_sealed, settings.SECRET_KEY)
    assert private_key is not None
    return key, private_key


def _made(registry: Registry, actor: User) -> SigningKey:
    try:
        return make_signing_key(registry, actor=actor)
    except AlreadyExists:
        # Somebody else signed for the first time at the same moment.
        return SigningKey.objects.get(registry=registry, retired_at=None)


@lru_cache(maxsize=64)
def _opened(sealed: str, secret_key: str) -> ec.EllipticCurvePrivateKey | None:
    """The private part, kept at hand as the secret key is; None if that is not the one it was sealed under."""
    private_pem = sealing.unseal(sealed, use=_USE)
    return keys.read_private_key(private_pem.encode()) if private_pem else None


_present: Statement[SigningKey] = Statement(
    lambda: SigningKey.objects.filter(registry=Blank("registry", BigIntegerField()), retired_at=None)
)
