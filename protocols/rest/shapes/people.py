"""People and service accounts."""

from rest_framework import serializers

from accounts.rights import OrganisationRole
from protocols.rest.shapes import Shape, Text


class PersonShape(Shape):
    """A person."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    is_administrator = serializers.BooleanField(source="is_superuser")
    is_auditor = serializers.BooleanField()
    may_open_admin = serializers.BooleanField(source="is_staff")
    created_at = serializers.DateTimeField(source="date_joined")


class OnePersonShape(PersonShape):
    """A person, and the service accounts that the person answers for."""

    service_accounts = serializers.ListField(child=serializers.CharField())


class NewPersonShape(Shape):
    """A person to be created; without a password the person cannot sign in on pages yet."""

    username = Text(most=100)
    email = Text(most=254)
    password = Text(most=1000, required=False, allow_null=True, default=None)
    display_name = Text(most=200, required=False, allow_blank=True, default="")
    is_administrator = serializers.BooleanField(required=False, default=False)
    is_auditor = serializers.BooleanField(required=False, default=False)
    may_open_admin = serializers.BooleanField(required=False, default=False)


class PersonChangeShape(Shape):
    """What to change of a person; what is left out stays."""

    display_name = Text(most=200, required=False, allow_blank=True)
    email = Text(most=254, required=False)
    organisation_role = serializers.ChoiceField([role.value for role in OrganisationRole], required=False)
    may_open_admin = serializers.BooleanField(required=False)


class OwnChangeShape(Shape):
    """What everybody may change of themselves."""

    display_name = Text(most=200, allow_blank=True)


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


class ServiceAccountChangeShape(Shape):
    """What to change of a service account; what is left out stays."""

    display_name = Text(most=200, required=False, allow_blank=True)
    owner = Text(most=100, required=False)


class UnlockedShape(Shape):
    """What unlocking did."""

    was_locked = serializers.BooleanField(help_text="Whether there were wrong passwords to forget.")
