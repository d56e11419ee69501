"""API tokens: random, shown once, stored as a digest."""

from django.db import models
from django.utils import timezone

from accounts.models.people import Limit, User
from accounts.rights import Scope


class ApiToken(models.Model):
    """A secret that signs its owner in with some scopes until it ends or is revoked."""

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
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_open(self) -> bool:
        """Whether the token still signs in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def limit(self) -> Limit | None:
        """The one thing that it is good for, if it is limited."""
        return Limit(self.limit_kind, self.limit_id) if self.limit_kind else None

    @property
    def scope_set(self) -> frozenset[Scope]:
        """The scopes as words of the house."""
        return frozenset(Scope(scope) for scope in self.scopes)
