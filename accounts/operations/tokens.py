"""Making, rotating and revoking API tokens."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from accounts import access
from accounts.models import ApiToken, User
from accounts.models.tokens import longest_life
from accounts.ownership import require_may_sign_in_as, require_owner
from accounts.rights import Right, Scope
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Forbidden, Invalid

DEFAULT_LIFE = timedelta(days=90)
LONGEST_OVERLAP = timedelta(hours=168)


@transaction.atomic
def create_token(
    owner: User,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
    limit: Model | None = None,
    actor: User,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is shown this once. Without `expires_at` it lives for 90 days.

    People make tokens for themselves and for the service accounts that they own; administrators for every service
    account, but for no other person, in whose name they could act unseen. With `limit` it is good for that registry,
    model or experiment and what is in it. A token that makes another one cannot give it more scopes than it has itself.
    Raises Invalid, Forbidden, and NotFound for a limit that cannot be seen.
    """
    require_may_sign_in_as(owner, actor=actor)
    _check_scopes(scopes, actor)
    if owner.is_system:
        raise Invalid("owner", "Gatehouse itself acts in the background only and never signs in.")
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Invalid("name", "A token's name has 1 to 100 characters.")
    if limit is not None:
        _check_limit(limit, actor)
    now, most = timezone.now(), longest_life(owner)
    ends = expires_at or now + min(DEFAULT_LIFE, most)
    if not now < ends <= now + most:
        whose = "a service account" if owner.kind == User.Kind.SERVICE else "a person"
        raise Invalid("expires_at", f"A token of {whose} ends in the future and within {most.days} days.")
    _lock(owner)
    token, secret = ApiToken.fresh(owner, name=name, scopes=scopes, limit=limit, ends=ends, created=now)
    token.save(force_insert=True)
    record(
        Kind.TOKEN_CREATED,
        actor=actor,
        subject=token,
        owner=owner.username,
        scopes=token.scopes,
        limit=token.limit_name or None,
        ends=ends.isoformat(),
    )
    return token, secret


@transaction.atomic
def rotate_token(token: ApiToken, *, overlap: timedelta = timedelta(0), actor: User) -> tuple[ApiToken, str]:
    """A new token and secret in place of `token`, which ends after `overlap`: none at all, or up to 168 hours.

    The new one has the name, scopes, limit and length of life of the old one. A token is rotated once; raises Conflict
    if that was done before or if it has ended, Invalid for an overlap that is too long.
    """
    require_may_sign_in_as(token.owner, actor=actor)
    _check_scopes(token.scope_set, actor)
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid("overlap_hours", "The old token goes on working for 0 to 168 hours.")
    # Of two at once the second waits here, and then sees what the first has done.
    _lock(token.owner)
    old = ApiToken.objects.select_related("owner").get(pk=token.pk)
    if not old.is_open:
        raise Conflict(f"The token {old} has ended; make a new one.")
    if ApiToken.objects.filter(replaces=old).exists():
        raise Conflict(f"The token {old} was rotated before.")
    if old.workload_id is not None:
        raise Conflict(f"The token {old} belongs to a job, which gets a new one for its next identity token.")
    now = timezone.now()
    life = min(old.ends_at - old.created_at, longest_life(old.owner))
    new, secret = ApiToken.fresh(
        old.owner, name=old.name, scopes=old.scope_set, limit=None, ends=now + life, created=now
    )
    new.limit_kind, new.limit_id, new.limit_name = old.limit_kind, old.limit_id, old.limit_name
    new.replaces = old
    new.save(force_insert=True)
    ends = min(old.ends_at, now + overlap)
    if overlap:
        ApiToken.objects.filter(pk=old.pk).update(expires_at=ends)
    else:
        ApiToken.objects.filter(pk=old.pk).update(revoked_at=now)
    record(
        Kind.TOKEN_ROTATED,
        actor=actor,
        subject=new,
        owner=old.owner.username,
        replaces=old.prefix,
        old_ends=ends.isoformat(),
        ends=(now + life).isoformat(),
    )
    return new, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, actor: User) -> None:
    """End a token at once. Raises Conflict if it was revoked before."""
    require_owner(token.owner, actor=actor)
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
        raise Conflict(f"The token {token} was revoked before.")
    record(Kind.TOKEN_REVOKED, actor=actor, subject=token, owner=token.owner.username)


@transaction.atomic
def revoke_tokens_of(owner: User, *, actor: User) -> int:
    """End all tokens of an account at once; says how many still signed in."""
    require_owner(owner, actor=actor)
    _lock(owner)
    count = ApiToken.objects.filter(ApiToken.in_state(ApiToken.State.OPEN), owner=owner).count()
    ApiToken.objects.filter(owner=owner, revoked_at=None).update(revoked_at=timezone.now())
    record(Kind.TOKENS_REVOKED, actor=actor, subject=owner, count=count)
    return count


def _lock(owner: User) -> None:
    """One at a time makes or ends tokens of an account, so that none slips in while all are ended."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)


def _check_scopes(scopes: Collection[Scope], actor: User) -> None:
    if not scopes:
        raise Invalid("scopes", "Choose at least one scope: read, write, review or admin.")
    if actor.scopes is not None and not set(scopes) <= actor.scopes:
        raise Forbidden("A token cannot make a token with more scopes than its own.")


def _check_limit(limit: Model, actor: User) -> None:
    try:
        limit._meta.get_field("grants")
    except FieldDoesNotExist as error:
        raise Invalid("limit", "A token is limited to a registry, a model or an experiment.") from error
    access.require(actor, Right.SEE, limit)
