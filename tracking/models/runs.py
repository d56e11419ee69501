"""Runs, what went into them and what came out."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from blobs.models import Folder
from tracking.models.experiments import Experiment


class Run(models.Model):
    """One execution of training code. Times that the client sends stay in its milliseconds."""

    class Status(models.TextChoices):
        RUNNING = "RUNNING"
        SCHEDULED = "SCHEDULED"
        FINISHED = "FINISHED"
        FAILED = "FAILED"
        KILLED = "KILLED"

    access_part_of = "experiment"
    access_owner = "created_by"

    run_id = models.CharField(max_length=32, unique=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="runs")
    name = models.CharField(max_length=250, blank=True)
    user_id = models.CharField(max_length=256, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    start_time = models.BigIntegerField(null=True)
    end_time = models.BigIntegerField(null=True)
    folder = models.OneToOneField(Folder, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["experiment", "-start_time", "run_id"], name="run_by_start")]

    def __str__(self) -> str:
        return self.name or self.run_id

    @property
    def is_active(self) -> bool:
        """Whether the run can still be written to, which a deleted one cannot."""
        return self.deleted_at is None


class RunTag(models.Model):
    """A key with a value on a run."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tags", db_index=False)
    key = models.CharField(max_length=250)
    value = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="run_tag_once")]

    def __str__(self) -> str:
        return self.key


class Dataset(models.Model):
    """A data set that runs of one experiment used, told apart by name and digest."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="datasets")
    name = models.CharField(max_length=500)
    digest = models.CharField(max_length=36)
    source_type = models.CharField(max_length=36, blank=True)
    source = models.TextField(blank=True)
    schema = models.TextField(blank=True)
    profile = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "name", "digest"], name="dataset_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest})"


class RunInput(models.Model):
    """A run used a data set; the tags say for what (`mlflow.data.context` = training, evaluation ...)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="inputs")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="+")
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "dataset"], name="run_input_once")]

    def __str__(self) -> str:
        return str(self.dataset)


class ModelInput(models.Model):
    """A run used a logged model."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="model_inputs")
    logged_model = models.ForeignKey("tracking.LoggedModel", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "logged_model"], name="model_input_once")]

    def __str__(self) -> str:
        return str(self.logged_model)


class ModelOutput(models.Model):
    """A run made a logged model at a step."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="model_outputs")
    logged_model = models.ForeignKey("tracking.LoggedModel", on_delete=models.PROTECT, related_name="+")
    step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "logged_model"], name="model_output_once")]

    def __str__(self) -> str:
        return str(self.logged_model)
