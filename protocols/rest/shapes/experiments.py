"""Experiments."""

from rest_framework import serializers

from protocols.rest.shapes import Shape


class ExperimentShape(Shape):
    """A collection of runs."""

    id = serializers.IntegerField(source="pk")
    registry = serializers.CharField(source="registry.name")
    name = serializers.CharField()
    restricted = serializers.BooleanField(help_text="Whether only grants on the experiment itself count.")
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ExperimentChangeShape(Shape):
    """What to change on an experiment."""

    restricted = serializers.BooleanField(required=False)
