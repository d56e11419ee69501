"""People, service accounts, teams, tokens and grants."""

from typing import Any

from rest_framework import serializers

from accounts.models import Grant, User
from accounts.rights import Role, Scope
from protocols.rest.shapes import Name, Shape, Text


class MeShape(Shape):
    """The account that the request is signed in as."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    kind = serializers.CharField(help_text="person, service or system")
    is_administrator = serializers.BooleanField(source="is_superuser")
    may_open_admin = serializers.BooleanField(source="is_staff")
    teams = serializers.ListField(child=serializers.CharField())
    scopes = serializers.SerializerMethodField(help_text="What the token is good for; null without a token.")

    def get_scopes(self, user: Any) -> list[str] | None:
        """The scopes in alphabetical order."""
        return None if user.scopes is None else sorted(user.scopes)


class PersonShape(Shape):
    """A person."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    is_administrator = serializers.BooleanField(source="is_superuser")
    may_open_admin = serializers.BooleanField(source="is_staff")
    created_at = serializers.DateTimeField(source="date_joined")


class NewPersonShape(Shape):
    """A person to be created; without a password the person cannot sign in on pages yet."""

    username = Text(most=100)
    email = Text(most=254)
    password = Text(most=1000, required=False, allow_null=True, default=None)
    display_name = Text(most=200, required=False, allow_blank=True, default="")
    is_administrator = serializers.BooleanField(required=False, default=False)
    may_open_admin = serializers.BooleanField(required=False, default=False)


class ServiceAccountShape(Shape):
    """An account for a machine."""

    username = serializers.CharField()
    name = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField(source="date_joined")


class NewServiceAccountShape(Shape):
    """A service account to be created; `owner` is the user name of the person who answers for it."""

    username = Text(most=100)
    owner = Text(most=100)
    display_name = Text(most=200, required=False, allow_blank=True, default="")


class TeamShape(Shape):
    """A team and who is in it."""

    name = serializers.CharField()
    members = serializers.SerializerMethodField()

    def get_members(self, team: Any) -> list[str]:
        """User names."""
        return sorted(user.username for user in team.group.user_set.all())


class NewTeamShape(Shape):
    """A team to be created."""

    name = Text(most=100)


class TokenShape(Shape):
    """An access token. The secret itself is shown once, to who makes it."""

    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    prefix = serializers.CharField(help_text="How the secret begins.")
    scopes = serializers.ListField(child=serializers.CharField())
    is_open = serializers.BooleanField(help_text="Whether it still signs in.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_used_from = Name()


class MadeTokenShape(TokenShape):
    """A new token with its secret, which is never shown again."""

    secret = serializers.CharField()


class NewTokenShape(Shape):
    """A token to be made; for yourself, or for a service account that you own."""

    name = Text(most=100)
    scopes = serializers.ListField(child=serializers.ChoiceField([scope.value for scope in Scope]), max_length=4)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="90 days from now.")
    owner = Text(most=100, required=False, allow_null=True, default=None)


class GrantShape(Shape):
    """A role that a team, or one account, has on a thing."""

    team = serializers.SerializerMethodField()
    account = serializers.SerializerMethodField()
    role = serializers.CharField(source="permission.codename")

    def get_team(self, grant: Grant) -> str | None:
        """The name of a shared team."""
        team = grant.group.team
        return None if team.is_personal else team.name

    def get_account(self, grant: Grant) -> str | None:
        """The user name, where the role is one account's own."""
        person: User | None = grant.group.team.person
        return person.username if person else None


class NewGrantShape(Shape):
    """The role to be given."""

    role = serializers.ChoiceField([role.value for role in Role])
