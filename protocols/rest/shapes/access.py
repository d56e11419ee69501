"""Roles on things, who reaches them by which, why somebody may or may not, and asking for more."""

from typing import Any

from rest_framework import serializers

from accounts.models import AccessRequest, Grant, User
from accounts.reach.effective_roles import Held, Reach
from accounts.rights import Right, Role
from protocols.rest.shapes import Name, PageAsked, Shape, Text

_ROLES = [role.value for role in Role]


class GrantShape(Shape):
    """A role that a team, or one account, has on a thing."""

    team = serializers.SerializerMethodField()
    account = serializers.SerializerMethodField()
    role = serializers.CharField(source="permission.codename")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null for a role that is given for good.")

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

    role = serializers.ChoiceField(_ROLES)
    ends_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="The role ends by itself; null for good."
    )


class HeldShape(Shape):
    """A role that leads to the thing."""

    role = serializers.CharField()
    on = serializers.SerializerMethodField(help_text="The thing that it was given on: this one, or what it inherits.")
    kind = serializers.SerializerMethodField(help_text="registry, model or experiment")
    team = serializers.SerializerMethodField(help_text="The shared team; null for a role of the account's own.")
    ends_at = serializers.DateTimeField(allow_null=True)

    def get_on(self, held: Held) -> str:
        """Its name."""
        return str(held.on)

    def get_kind(self, held: Held) -> str:
        """Its noun."""
        return str(held.on._meta.verbose_name)

    def get_team(self, held: Held) -> str | None:
        """Its name."""
        return None if held.is_personal else held.team


class ReachShape(Shape):
    """An account that reaches a thing by its roles."""

    account = serializers.CharField(source="account.username")
    name = serializers.CharField(source="account.name")
    kind = serializers.CharField(source="account.kind", help_text="person or service")
    roles = serializers.SerializerMethodField(help_text="The highest role; two where neither includes the other.")
    through = HeldShape(source="held", many=True)

    def get_roles(self, reach: Reach) -> list[str]:
        """As words."""
        return [role.value for role in reach.roles]


class ReachAsked(PageAsked):
    """Which accounts to list."""

    q = Text(most=100, required=False, allow_blank=True, default="", help_text="Only names that contain this.")


class ExplanationAsked(Shape):
    """Who, what and on which thing: a registry, or a model, version or experiment in it."""

    account = Text(most=100, required=False, allow_blank=True, default="", help_text="Yourself, with this very token.")
    right = serializers.ChoiceField([right.value for right in Right], required=False, default=Right.PROMOTE.value)
    registry = Text(most=63)
    model = Text(most=256, required=False, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, default=None, min_value=1)
    experiment = serializers.IntegerField(required=False, default=None, min_value=0)
    stage = Text(
        most=64,
        required=False,
        allow_blank=True,
        default="",
        help_text="With a version: whether it may be moved there now.",
    )
    alias = Text(most=255, required=False, allow_blank=True, default="", help_text="The same for an alias.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What goes with what."""
        if attrs["version"] is not None and not attrs["model"]:
            raise serializers.ValidationError({"version": "A version belongs to a model: name that too."})
        if attrs["experiment"] is not None and attrs["model"]:
            raise serializers.ValidationError({"experiment": "Name a model or an experiment, not both."})
        if (attrs["stage"] or attrs["alias"]) and attrs["version"] is None:
            raise serializers.ValidationError({"version": "A move is of a version."})
        if attrs["stage"] and attrs["alias"]:
            raise serializers.ValidationError({"alias": "Name a stage or an alias, not both."})
        return attrs


class StepShape(Shape):
    """One fact on the way to the answer."""

    kind = serializers.CharField()
    effect = serializers.CharField(help_text="gives, refuses, adds nothing or notes")
    sentence = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment] # a serializer has a property of this name


class ExplanationShape(Shape):
    """Whether an account may, and why: yes when a step gives the right and none refuses it."""

    account = serializers.CharField(source="account.username")
    right = serializers.CharField()
    allowed = serializers.BooleanField()
    sentence = serializers.CharField()
    steps = StepShape(many=True)


class NewAccessRequestShape(Shape):
    """A role to be asked for."""

    role = serializers.ChoiceField(_ROLES)
    reason = Text(most=10_000)
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class AccessRequestShape(Shape):
    """Somebody's wish for a role on a thing, and what became of it."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.SerializerMethodField(help_text="registry, model or experiment")
    registry = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField(help_text="The thing.")
    asked_by = serializers.CharField(source="asked_by.username")
    role = serializers.CharField()
    reason = serializers.CharField()
    ends_at = serializers.DateTimeField(allow_null=True)
    state = serializers.CharField(help_text="open, granted, refused or withdrawn")
    created_at = serializers.DateTimeField()
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True, default=None)
    decided_at = serializers.DateTimeField(allow_null=True)
    answer = Name()

    def get_kind(self, asked: AccessRequest) -> str:
        """Its noun."""
        return str(_thing(asked)._meta.verbose_name)

    def get_registry(self, asked: AccessRequest) -> str:
        """Its name."""
        thing = _thing(asked)
        return str(getattr(thing, "registry", thing).name)

    def get_name(self, asked: AccessRequest) -> str:
        """Its name."""
        return str(_thing(asked))


class AccessRequestsAsked(PageAsked):
    """Which requests to list."""

    show = serializers.ChoiceField(
        ["to-decide", "mine", "decided"],
        required=False,
        default="to-decide",
        help_text="Open ones that you may decide, your own ones, or closed ones on what you manage.",
    )


class AccessAnswerShape(Shape):
    """The answer to a request; what is left out is as it was asked for."""

    grant = serializers.BooleanField(help_text="Whether the role is given.")
    role = serializers.ChoiceField(_ROLES, required=False)
    ends_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Null for good.")
    answer = Text(most=10_000, required=False, allow_blank=True, default="")


def _thing(asked: AccessRequest) -> Any:
    return asked.thing
