"""Models, tags and where versions stood."""

from typing import Any

from rest_framework import serializers

from protocols.rest.shapes import Name, PageAsked, Shape, Tags, Text


class ModelsAsked(PageAsked):
    """Which models to list."""

    registry = Text(most=63, required=False, allow_blank=True, default="", help_text="Only those in this registry.")
    search = Text(most=256, required=False, allow_blank=True, default="", help_text="A part of the name, in any case.")


class ModelShape(Shape):
    """A registered model."""

    registry = serializers.CharField(source="registry.name")
    name = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    restricted = serializers.BooleanField(help_text="Whether only grants on the model itself count.")
    last_version = serializers.IntegerField(source="last_number", help_text="The highest number given, 0 for none.")
    tags = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_tags(self, model: Any) -> dict[str, str]:
        """Keys and values."""
        return {tag.key: tag.value for tag in model.tags.all()}


class NewModelShape(Shape):
    """A model to be created."""

    name = Text(most=256)
    description = Text(required=False, allow_blank=True, default="")
    restricted = serializers.BooleanField(
        required=False, default=False, help_text="Whether only grants on the model itself count, from the start."
    )
    tags = Tags()


class ModelChangeShape(Shape):
    """What to change on a model."""

    name = Text(most=256, required=False)
    description = Text(required=False, allow_blank=True)
    restricted = serializers.BooleanField(required=False, help_text="Whether only grants on the model itself count.")


class TagShape(Shape):
    """The value of a tag."""

    value = Text(allow_blank=True)


class HistoryAsked(PageAsked):
    """Which stretch of the history to list."""

    at = serializers.DateTimeField(required=False, default=None, help_text="Only what stood where at this moment.")


class PlacementShape(Shape):
    """A version at a stage, or under an alias, for a stretch of time."""

    version = serializers.IntegerField(source="version.number")
    stage = serializers.CharField(source="stage.name", allow_null=True)
    alias = Name()
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField(source="opened_by.username")
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(source="closed_by.username", allow_null=True)
