"""Invitations."""

from typing import Any

from rest_framework import serializers

from accounts.models import Invitation
from protocols.rest.shapes import Shape, Text


class InvitationShape(Shape):
    """Somebody who was invited, and what became of it. The link itself is shown once, to who invites."""

    id = serializers.IntegerField(source="pk")
    email = serializers.CharField()
    state = serializers.CharField(help_text="open, accepted, withdrawn or ended")
    teams = serializers.SerializerMethodField()
    invited_by = serializers.CharField(source="invited_by.username")
    created_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    accepted_by = serializers.SerializerMethodField()

    def get_teams(self, invitation: Invitation) -> list[str]:
        """Names of the teams that the person comes into."""
        return sorted(team.name for team in invitation.teams.all())

    def get_accepted_by(self, invitation: Any) -> str | None:
        """The user name that came of it."""
        return invitation.accepted_by.username if invitation.accepted_by else None


class MadeInvitationShape(InvitationShape):
    """A new invitation with its link, which is never shown again."""

    link = serializers.CharField()
    mail_was_sent = serializers.BooleanField()


class NewInvitationShape(Shape):
    """Whom to invite, and into which teams."""

    email = Text(most=254)
    teams = serializers.ListField(child=Text(most=100), required=False, default=list, max_length=100)
