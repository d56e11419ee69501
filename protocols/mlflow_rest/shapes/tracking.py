"""Experiments, runs, metrics and logged models in MLflow's words."""

from typing import Any

from blobs.queries import Entry
from lib import clock
from protocols.mlflow_rest.shapes.wire import ARTIFACTS, compact, double, pairs, pairs_of
from tracking.models import Dataset, Experiment, LatestMetric, LoggedModel, LoggedModelMetric, Run
from tracking.models.measurements import Point


def experiment_location(experiment: Experiment) -> str:
    """The address below which clients put the artifacts of the experiment."""
    return experiment.artifact_location or f"{ARTIFACTS}/{experiment.pk}"


def run_location(run: Run) -> str:
    """The address of a run's artifacts."""
    return f"{experiment_location(run.experiment)}/{run.run_id}/artifacts"


def logged_model_location(logged_model: LoggedModel) -> str:
    """The address of a logged model's files."""
    return f"{experiment_location(logged_model.experiment)}/models/{logged_model.model_id}/artifacts"


def experiment(row: Experiment) -> dict[str, Any]:
    """An experiment with its tags."""
    return compact(
        experiment_id=str(row.pk),
        name=row.name,
        artifact_location=experiment_location(row),
        lifecycle_stage="active" if row.deleted_at is None else "deleted",
        creation_time=clock.to_ms(row.created_at),
        last_update_time=clock.to_ms(row.updated_at),
        tags=pairs(row.tags.all()),
    )


def run(row: Run) -> dict[str, Any]:
    """A run with all its parts."""
    return {
        "info": run_info(row),
        "data": compact(
            metrics=[latest_metric(metric) for metric in sorted(row.metrics.all(), key=lambda metric: metric.key)],
            params=pairs(row.params.all()),
            tags=pairs(row.tags.all()),
        ),
        "inputs": compact(
            dataset_inputs=[compact(tags=pairs_of(use.tags), dataset=dataset(use.dataset)) for use in row.inputs.all()],
            model_inputs=[{"model_id": use.logged_model.model_id} for use in row.model_inputs.all()],
        ),
        "outputs": compact(
            model_outputs=[
                {"model_id": made.logged_model.model_id, "step": made.step} for made in row.model_outputs.all()
            ]
        ),
    }


def run_info(row: Run) -> dict[str, Any]:
    """What is known of a run without its measurements."""
    return compact(
        run_id=row.run_id,
        run_uuid=row.run_id,
        run_name=row.name,
        experiment_id=str(row.experiment_id),
        user_id=row.user_id,
        status=row.status,
        start_time=row.start_time,
        end_time=row.end_time,
        artifact_uri=run_location(row),
        lifecycle_stage="active" if row.is_active else "deleted",
    )


def dataset(row: Dataset) -> dict[str, Any]:
    """A data set."""
    return compact(
        name=row.name,
        digest=row.digest,
        source_type=row.source_type,
        source=row.source,
        schema=row.schema or None,
        profile=row.profile or None,
    )


def latest_metric(row: LatestMetric) -> dict[str, Any]:
    """The latest point of a run's metric."""
    return metric(row.key, Point(row.timestamp, row.step, row.number))


def metric(key: str, point: Point) -> dict[str, Any]:
    """One point of a metric."""
    return {"key": key, "value": double(point.value), "timestamp": point.timestamp, "step": point.step}


def logged_model(row: LoggedModel) -> dict[str, Any]:
    """A logged model with all its parts."""
    return {
        "info": compact(
            model_id=row.model_id,
            experiment_id=str(row.experiment_id),
            name=row.name,
            creation_timestamp_ms=clock.to_ms(row.created_at),
            last_updated_timestamp_ms=clock.to_ms(row.updated_at),
            artifact_uri=logged_model_location(row),
            status=row.status,
            model_type=row.model_type or None,
            source_run_id=row.source_run.run_id if row.source_run else None,
            status_message=row.status_message or None,
            tags=pairs(row.tags.all()),
        ),
        "data": compact(
            params=pairs(row.params.all()), metrics=[logged_model_metric(metric) for metric in row.metrics.all()]
        ),
    }


def logged_model_metric(row: LoggedModelMetric) -> dict[str, Any]:
    """A measurement of a logged model, with the run and the data set that it comes from."""
    return compact(
        **metric(row.key, Point(row.timestamp, row.step, row.number)),
        model_id=row.logged_model.model_id,
        run_id=row.run.run_id,
        dataset_name=row.dataset_name or None,
        dataset_digest=row.dataset_digest or None,
    )


def files(entries: list[Entry], folder: str = "") -> list[dict[str, Any]]:
    """The entries of a folder; their names stand below `folder` where the client wants whole paths."""
    return [
        compact(
            path=f"{folder}/{entry.name}" if folder else entry.name,
            is_dir=entry.is_folder,
            file_size=None if entry.is_folder else entry.size,
        )
        for entry in entries
    ]
