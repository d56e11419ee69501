"""What was carried from which server: the memory by which an import goes on after it was killed."""

from django.db import models

from accounts.models import Registry


class Carried(models.Model):
    """One thing of a source and what it became here. Written in the same transaction as the thing itself."""

    class Kind(models.TextChoices):
        EXPERIMENT = "experiment"
        RUN = "run"
        RUN_FILES = "run_files"
        LOGGED_MODEL = "logged_model"
        LOGGED_MODEL_FILES = "logged_model_files"
        MODEL = "model"
        VERSION = "version"
        VERSION_FILES = "version_files"
        STAGE = "stage"
        ALIAS = "alias"
        # What can only be done once everything else is here: links between things, and deleting what is deleted.
        EXPERIMENT_END = "experiment_end"
        RUN_END = "run_end"
        LOGGED_MODEL_END = "logged_model_end"

    # The digest of the server's address: an address may hold more than it should.
    source = models.CharField(max_length=64)
    registry = models.ForeignKey(Registry, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    source_id = models.CharField(max_length=600)
    target_id = models.BigIntegerField(null=True)
    done = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "registry", "kind", "source_id"], name="carried_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"
