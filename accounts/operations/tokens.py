"""Making and revoking API tokens."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import access
from accounts.authentication import TOKEN_MARK
from accounts.models import ApiToken, User
from accounts.rights import Right, Scope
from events.kinds import Kind
from events.record import record
from lib import digests
from lib.errors import Conflict, Forbidden, Invalid

LONGEST_LIFE = timedelta(days=366)


@transaction.atomic
def create_token(
    owner: User, *, name: str, scopes: Collection[Scope], expires_at: datetime | None = None, actor: User
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown this once. Without `expires_at` it lives for 90 days.

    People make tokens for themselves and for the service accounts that they own; administrators for everybody. A token
    that makes another one cannot give it more scopes than it has itself.
    """
    _require_owner(owner, actor)
    if owner.is_system:
        raise Invalid("owner", "Gatehouse itself acts in the background only and never signs in.")
    if not scopes:
        raise Invalid("scopes", "Choose at least one scope: read, write, review or admin.")
    if actor.scopes is not None and not set(scopes) <= actor.scopes:
        raise Forbidden("A token cannot make a token with more scopes than its own.")
    if not name.strip() or len(name) > 100:
        raise Invalid("name", "A token's name has 1 to 100 characters.")
    now = timezone.now()
    ends = expires_at or now + timedelta(days=90)
    if not now < ends <= now + LONGEST_LIFE:
        raise Invalid("expires_at", f"A token ends in the future and within {LONGEST_LIFE.days} days.")
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        owner=owner,
        name=name,
        prefix=secret[: len(TOKEN_MARK) + 6],
        digest=digests.of_bytes(secret.encode()),
        scopes=sorted(scopes),
        expires_at=ends,
    )
    record(
        Kind.TOKEN_CREATED,
        actor=actor,
        subject=token,
        owner=owner.username,
        scopes=sorted(scopes),
        ends=ends.isoformat(),
    )
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User) -> None:
    """End a token at once. Raises Conflict if it was revoked before."""
    _require_owner(token.owner, actor)
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
        raise Conflict(f"The token {token} was revoked before.")
    record(Kind.TOKEN_REVOKED, actor=actor, subject=token, owner=token.owner.username)


def _require_owner(owner: User, actor: User) -> None:
    is_own = actor.pk in (owner.pk, owner.owner_id) and actor.is_active
    if not is_own or (actor.scopes is not None and Scope.ADMIN not in actor.scopes):
        access.require(actor, Right.ADMINISTER, None)
