"""Teams, their members and the groups at the single sign-on provider that fill them."""

from typing import Any

from rest_framework import serializers

from accounts.models import Team
from protocols.rest.shapes import Shape, Text


class TeamShape(Shape):
    """A team; who is in it is a list of its own."""

    name = serializers.CharField()
    leads = serializers.SerializerMethodField(help_text="User names of those who put others in and take them out.")
    sso_groups = serializers.SerializerMethodField(help_text="Groups at the single sign-on provider that fill it.")

    def get_leads(self, team: Team) -> list[str]:
        """User names."""
        return sorted(lead.username for lead in team.leads.all())

    def get_sso_groups(self, team: Team) -> list[str]:
        """Their names at the provider."""
        return sorted(group.name for group in team.sso_groups.all())


class TeamNameShape(Shape):
    """The name of a team to be created, or its new name."""

    name = Text(most=100)


class MemberShape(Shape):
    """Somebody in a team."""

    username = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="person or service")
    is_lead = serializers.BooleanField(help_text="Whether they put others in and take them out.")


class TeamRoleShape(Shape):
    """A role that the team has on something that you see."""

    role = serializers.CharField(source="permission.codename")
    kind = serializers.SerializerMethodField(help_text="registry, model or experiment")
    name = serializers.CharField(source="content_object.name")
    registry = serializers.SerializerMethodField()

    def get_kind(self, grant: Any) -> str:
        """What kind of thing it is."""
        return str(grant.content_object._meta.verbose_name)

    def get_registry(self, grant: Any) -> str:
        """Where the thing is; a registry is in itself."""
        thing = grant.content_object
        return str(getattr(thing, "registry", thing).name)


class TeamInFullShape(TeamShape):
    """A team with the roles that it has on what you see."""

    roles = TeamRoleShape(many=True)
