"""The stage ladder of a registry."""

from django.db import models

from accounts.models import Registry

# The ladder that MLflow clients know: name, whether it holds one version of a model at a time, whether it ends a life.
MLFLOW_LADDER = (("None", False), ("Staging", False), ("Production", True), ("Archived", False))
NO_STAGE = "None"
ARCHIVED = "Archived"


class Stage(models.Model):
    """A step on the ladder. An exclusive one holds at most one version of a model."""

    access_part_of = "registry"

    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(max_length=64)
    position = models.IntegerField()
    is_exclusive = models.BooleanField("holds one version per model", default=False)

    class Meta:
        ordering = ["registry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["registry", "name"], name="stage_name_once"),
            models.UniqueConstraint(fields=["registry", "position"], name="stage_position_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        """Whether versions are used from here: every stage but the first (not placed) and the archive."""
        return self.name not in (NO_STAGE, ARCHIVED)
