"""Invitations: sign-up is closed, so a person comes in by a link that an administrator has sent."""

from django.db import models
from django.utils import timezone

from accounts.models.people import User
from accounts.models.teams import Team


class Invitation(models.Model):
    """A link by mail that makes one account, once, before it ends. Only a digest of its secret is kept."""

    email = models.EmailField()
    digest = models.CharField(max_length=64, unique=True)
    teams = models.ManyToManyField(Team, blank=True, related_name="+")
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> str:
        """What became of it, in a word: open, accepted, withdrawn or ended."""
        if self.accepted_at is not None:
            return "accepted"
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "open" if self.is_open else "ended"

    @property
    def is_open(self) -> bool:
        """Whether the link still works; it does only while whoever invited could do so again."""
        inviter = self.invited_by
        if not (inviter.is_active and (inviter.is_superuser or inviter.is_system)):
            return False
        return self.accepted_at is None and self.withdrawn_at is None and self.ends_at > timezone.now()
