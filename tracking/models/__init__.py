"""The tables of experiment tracking."""

from tracking.models.experiments import Experiment, ExperimentGrant, ExperimentTag
from tracking.models.logged_models import LoggedModel, LoggedModelMetric, LoggedModelParam, LoggedModelTag
from tracking.models.measurements import LatestMetric, MetricChunk, Param
from tracking.models.runs import Dataset, ModelInput, ModelOutput, Run, RunInput, RunTag

__all__ = [
    "Dataset",
    "Experiment",
    "ExperimentGrant",
    "ExperimentTag",
    "LatestMetric",
    "LoggedModel",
    "LoggedModelMetric",
    "LoggedModelParam",
    "LoggedModelTag",
    "MetricChunk",
    "ModelInput",
    "ModelOutput",
    "Param",
    "Run",
    "RunInput",
    "RunTag",
]
