"""Versions, their files and lineage, and moves."""

from typing import Any

from rest_framework import serializers

from protocols.rest.shapes import Shape, Tags, Text
from registry.models.stages import NO_STAGE


class VersionNamedShape(Shape):
    """A version by registry, model and number."""

    registry = Text(most=63)
    name = Text(most=256)
    version = serializers.IntegerField(min_value=1)


class VersionShape(Shape):
    """A version of a model. Its files never change."""

    registry = serializers.CharField(source="model.registry.name")
    name = serializers.CharField(source="model.name")
    version = serializers.IntegerField(source="number")
    description = serializers.CharField()
    stage = serializers.SerializerMethodField()
    aliases = serializers.SerializerMethodField()
    verdict = serializers.CharField(
        allow_null=True, help_text="queued, scanning, clean, needs-review, unsafe or failed; null without files here."
    )
    digest = serializers.CharField(source="tree.digest", allow_null=True, help_text="SHA-256 of the list of files.")
    size = serializers.IntegerField(source="tree.size", allow_null=True, help_text="Bytes of all files.")
    file_count = serializers.IntegerField(source="tree.file_count", allow_null=True)
    uploader = serializers.CharField(source="uploader.username")
    tags = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_stage(self, version: Any) -> str:
        """The name of the stage, `None` for no place on the ladder."""
        return next((place.stage.name for place in version.open_placements if place.stage), NO_STAGE)

    def get_aliases(self, version: Any) -> list[str]:
        """The aliases that name it now."""
        return [place.alias for place in version.open_placements if place.alias]

    def get_tags(self, version: Any) -> dict[str, str]:
        """Keys and values."""
        return {tag.key: tag.value for tag in version.tags.all()}


class DatasetShape(Shape):
    """A data set that the source run used."""

    name = serializers.CharField()
    digest = serializers.CharField()


class CopiedFromShape(Shape):
    """The version that this one is a copy of."""

    registry = serializers.CharField(source="model.registry.name")
    name = serializers.CharField(source="model.name")
    version = serializers.IntegerField(source="number")


class LineageShape(Shape):
    """Where a version comes from, as far as you may see it."""

    run_id = serializers.CharField(source="run.run_id", allow_null=True)
    run_name = serializers.CharField(source="run.name", allow_null=True)
    logged_model_id = serializers.CharField(source="logged_model.model_id", allow_null=True)
    copied_from = CopiedFromShape(allow_null=True)
    datasets = DatasetShape(many=True)


class VersionInFullShape(VersionShape):
    """A version with where it comes from."""

    source = serializers.CharField(  # type: ignore[assignment] # a field's own
        source="lineage.source", help_text="What the client called it; empty where you may not see all of it."
    )
    run_link = serializers.CharField(source="lineage.run_link")
    git_commit = serializers.CharField()
    lineage = LineageShape()


class NewVersionShape(Shape):
    """A version to be registered: from a run, from a logged model, or as a copy. Exactly one of the three."""

    run_id = Text(most=64, required=False)
    path = Text(most=1024, required=False, allow_blank=True, default="", help_text="The folder in the run's artifacts.")
    logged_model_id = Text(most=64, required=False)
    copy_of = VersionNamedShape(required=False)
    description = Text(required=False, allow_blank=True, default="")
    tags = Tags()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One origin, and a path only where it means something."""
        if len(attrs.keys() & {"run_id", "logged_model_id", "copy_of"}) != 1:
            raise serializers.ValidationError("Name one origin: run_id, logged_model_id or copy_of.")
        if attrs["path"] and "run_id" not in attrs:
            raise serializers.ValidationError({"path": "A path goes with a run_id."})
        return attrs


class VersionChangeShape(Shape):
    """What to change on a version."""

    description = Text(allow_blank=True)


class FileShape(Shape):
    """One file of a version."""

    path = serializers.CharField()
    size = serializers.IntegerField(source="blob.size")
    sha256 = serializers.CharField(source="blob.sha256")


class PlaceShape(Shape):
    """A stage or an alias."""

    stage = Text(most=64, required=False)
    alias = Text(most=255, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if ("stage" in attrs) == ("alias" in attrs):
            raise serializers.ValidationError("Name a stage or an alias, one of the two.")
        return attrs


class MoveShape(PlaceShape):
    """Where to put a version, and why."""

    reason = Text(required=False, allow_blank=True, default="")
    archive_others = serializers.BooleanField(
        required=False, default=False, help_text="Send what stands at the stage to the archive."
    )


class RollbackShape(PlaceShape):
    """Where the version before is to come back, and why."""

    reason = Text(most=10_000)


class AliasMoveShape(Shape):
    """Which version an alias is to name, and why."""

    version = serializers.IntegerField(min_value=1)
    reason = Text(required=False, allow_blank=True, default="")


class BlockersShape(Shape):
    """Why a move would be refused now; no reasons when nothing stands against it."""

    reasons = serializers.ListField(child=serializers.CharField())


class AliasShape(Shape):
    """An alias and the version that it names."""

    alias = serializers.CharField()
    version = serializers.IntegerField(source="version.number")
    opened_at = serializers.DateTimeField()
