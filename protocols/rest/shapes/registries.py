"""Registries, their stages and policies."""

from typing import Any

from rest_framework import serializers

from approvals.rules import SEVERITIES, in_words
from protocols.rest.shapes import Name, Shape, Text


class RegistryShape(Shape):
    """A governed namespace."""

    name = serializers.CharField()
    description = serializers.CharField()
    is_default = serializers.BooleanField(help_text="Whether clients that name none use it.")
    created_at = serializers.DateTimeField()


class NewRegistryShape(Shape):
    """A registry to be created."""

    name = Text(most=63)
    description = Text(required=False, allow_blank=True, default="")


class StageShape(Shape):
    """A step on the ladder of a registry."""

    name = serializers.CharField()
    position = serializers.IntegerField()
    is_exclusive = serializers.BooleanField(help_text="Whether it holds one version of a model at a time.")
    is_live = serializers.BooleanField(help_text="Whether versions are used from here.")


class PolicyShape(Shape):
    """What has to hold before a version may stand at a stage, or before an alias may name it."""

    stage = Name()
    alias = Name()
    number = serializers.IntegerField()
    approvals_needed = serializers.IntegerField()
    needs_clean_scan = serializers.BooleanField()
    separates_duties = serializers.BooleanField()
    accepts_findings = serializers.BooleanField(help_text="Whether a waiver can stand in for a clean scan.")
    most_severe_vulnerability = Name(help_text="No open vulnerability as bad as this or worse; null: not asked.")
    needs_signature = serializers.BooleanField()
    bill_completeness = serializers.IntegerField(help_text="Per cent of the bill of materials; 0: not asked.")
    allowed_licences = serializers.ListField(
        child=serializers.CharField(), help_text="SPDX identifiers; an empty list: not asked."
    )
    in_words = serializers.SerializerMethodField(help_text="A sentence for each rule.")
    is_in_force = serializers.BooleanField()
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()

    def get_in_words(self, policy: Any) -> list[str]:
        """Sentences."""
        return in_words(policy)


class ProtectionShape(Shape):
    """A stage or an alias where only some people move versions."""

    stage = serializers.CharField(source="stage.name", allow_null=True, default=None)
    alias = Name()
    roles = serializers.ListField(child=serializers.CharField(), help_text="Who has one of these on the model may.")
    teams = serializers.SerializerMethodField(help_text="Who is in one of these may.")

    def get_teams(self, place: Any) -> list[str]:
        """Names."""
        return sorted(team.name for team in place.teams.all())


class NewProtectionShape(Shape):
    """Who may move versions there from now on: at least one role that may promote, or one team."""

    roles = serializers.ListField(
        child=Text(most=20), max_length=20, required=False, default=list, help_text="contributor, maintainer"
    )
    teams = serializers.ListField(child=Text(most=120), max_length=50, required=False, default=list)


class NewPolicyShape(Shape):
    """A policy to be put in force, for a stage or for an alias; it takes the place of the one before."""

    stage = Text(most=64, required=False, default="")
    alias = Text(most=255, required=False, default="")
    approvals_needed = serializers.IntegerField(required=False, default=1, min_value=0, max_value=20)
    needs_clean_scan = serializers.BooleanField(required=False, default=True)
    separates_duties = serializers.BooleanField(required=False, default=True)
    accepts_findings = serializers.BooleanField(required=False, default=True)
    most_severe_vulnerability = serializers.ChoiceField(
        ["", *SEVERITIES], required=False, default="", help_text="Empty: not asked."
    )
    needs_signature = serializers.BooleanField(required=False, default=False)
    bill_completeness = serializers.IntegerField(required=False, default=0, min_value=0, max_value=100)
    allowed_licences = serializers.ListField(
        child=Text(most=200), max_length=100, required=False, default=list, help_text="Such as MIT, Apache-2.0."
    )
