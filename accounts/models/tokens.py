"""API tokens: random, shown once, stored as a digest."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Model, Q
from django.utils import timezone

from accounts.models.people import Limit, User
from accounts.rights import Scope
from lib import digests

TOKEN_MARK = "gate_"  # noqa: S105 - the first letters of every token, not one


def longest_life(owner: User) -> timedelta:
    """How long a token of this account lives at most."""
    is_machine = owner.kind == User.Kind.SERVICE
    return timedelta(days=settings.TOKEN_LONGEST_LIFE_DAYS_SERVICE if is_machine else settings.TOKEN_LONGEST_LIFE_DAYS)


class ApiToken(models.Model):
    """A secret that signs its owner in with some scopes until it ends or is revoked."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Revoked"

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, db_index=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    # The registry or model that it is good for; empty for all that its owner may. A name to show stands beside the key.
    limit_kind = models.CharField(max_length=50, blank=True)
    limit_id = models.BigIntegerField(null=True, blank=True)
    limit_name = models.CharField(max_length=330, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The trust that a job got it by; nobody keeps such a token for long.
    workload = models.ForeignKey(
        "accounts.TrustedWorkload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "token"
        constraints = [models.UniqueConstraint(fields=["replaces"], name="token_replaced_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @classmethod
    def fresh(
        cls,
        owner: User,
        *,
        name: str,
        scopes: Collection[Scope],
        limit: Model | None,
        ends: datetime,
        created: datetime,
    ) -> "tuple[ApiToken, str]":
        """A token that is not stored yet, and its secret."""
        secret = TOKEN_MARK + secrets.token_urlsafe(32)
        above = getattr(limit, getattr(limit, "access_inherits", ""), None)
        token = cls(
            owner=owner,
            name=name,
            prefix=secret[: len(TOKEN_MARK) + 6],
            digest=digests.of_bytes(secret.encode()),
            scopes=sorted(scopes),
            limit_kind=limit._meta.label_lower if limit else "",
            limit_id=limit.pk if limit else None,
            limit_name=f"{above}/{limit}" if above else str(limit or ""),
            created_at=created,
            expires_at=ends,
        )
        return token, secret

    @staticmethod
    def in_state(state: "ApiToken.State") -> Q:
        """The condition on rows that are in this state now."""
        if state == ApiToken.State.REVOKED:
            return Q(revoked_at__isnull=False)
        now, service = timezone.now(), User(kind=User.Kind.SERVICE)
        is_young = Q(created_at__gt=now - longest_life(User())) & ~Q(owner__kind=User.Kind.SERVICE)
        is_young |= Q(created_at__gt=now - longest_life(service), owner__kind=User.Kind.SERVICE)
        lives = is_young & (Q(expires_at=None) | Q(expires_at__gt=now))
        return Q(revoked_at=None) & (lives if state == ApiToken.State.OPEN else ~lives)

    @property
    def ends_at(self) -> datetime:
        """When it stops working, unless it is revoked before: no token outlives the longest life of today."""
        latest = self.created_at + longest_life(self.owner)
        return min(self.expires_at, latest) if self.expires_at else latest

    @property
    def is_open(self) -> bool:
        """Whether the token still signs in."""
        return self.revoked_at is None and self.ends_at > timezone.now()

    @property
    def state(self) -> "ApiToken.State":
        """Open, expired or revoked."""
        if self.revoked_at:
            return ApiToken.State.REVOKED
        return ApiToken.State.OPEN if self.is_open else ApiToken.State.EXPIRED

    @property
    def limit(self) -> Limit | None:
        """The one thing that it is good for, if it is limited."""
        return Limit(self.limit_kind, self.limit_id, self.limit_name) if self.limit_kind else None

    @property
    def scope_set(self) -> frozenset[Scope]:
        """The scopes as words of the house."""
        return frozenset(Scope(scope) for scope in self.scopes)
