"""Logged models: what `log_model` of MLflow 3 makes, a model with files of its own beside its run."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from blobs.models import Folder
from tracking.models.experiments import Experiment
from tracking.models.runs import Run


class LoggedModel(models.Model):
    """Files of a model in an experiment, mutable until somebody registers a version from them."""

    class Status(models.TextChoices):
        PENDING = "LOGGED_MODEL_PENDING"
        READY = "LOGGED_MODEL_READY"
        UPLOAD_FAILED = "LOGGED_MODEL_UPLOAD_FAILED"

    access_part_of = "experiment"
    access_owner = "created_by"

    model_id = models.CharField(max_length=34, unique=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="logged_models")
    source_run = models.ForeignKey(Run, null=True, on_delete=models.PROTECT, related_name="logged_models")
    name = models.CharField(max_length=500)
    model_type = models.CharField(max_length=500, blank=True)
    status = models.CharField(max_length=30, choices=Status.choices, default=Status.PENDING)
    status_message = models.TextField(blank=True)
    folder = models.OneToOneField(Folder, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "-created_at", "model_id"], name="logged_model_by_creation"),
            models.Index(fields=["experiment", "name"], name="logged_model_by_name"),
        ]

    def __str__(self) -> str:
        return self.name


class LoggedModelParam(models.Model):
    """A parameter of a logged model."""

    logged_model = models.ForeignKey(LoggedModel, on_delete=models.CASCADE, related_name="params")
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["logged_model", "key"], name="logged_model_param_once")]

    def __str__(self) -> str:
        return self.key


class LoggedModelTag(models.Model):
    """A key with a value on a logged model."""

    logged_model = models.ForeignKey(LoggedModel, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["logged_model", "key"], name="logged_model_tag_once")]

    def __str__(self) -> str:
        return self.key


class LoggedModelMetric(models.Model):
    """A measurement of a logged model, with the data set that it was measured on where the client says so."""

    logged_model = models.ForeignKey(LoggedModel, on_delete=models.CASCADE, related_name="metrics")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=250)
    value = models.FloatField()
    is_nan = models.BooleanField(default=False)
    timestamp = models.BigIntegerField()
    step = models.BigIntegerField()
    dataset_name = models.CharField(max_length=500, blank=True)
    dataset_digest = models.CharField(max_length=36, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["logged_model", "run", "key", "timestamp", "step", "dataset_name", "dataset_digest"],
                name="logged_model_metric_once",
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def number(self) -> float:
        """The value, with not-a-number as Python has it."""
        return float("nan") if self.is_nan else self.value
