"""Experiments, runs, metrics and logged models in MLflow's words."""

from collections.abc import Iterable
from math import isnan
from typing import Any

from blobs.queries import Entry
from lib import clock
from protocols.mlflow_rest.shapes.wire import ARTIFACTS, as_it_is, compact, double, pairs, pairs_of
from registry.models import ModelVersion
from tracking.facts import facts_of
from tracking.models import Dataset, Experiment, LoggedModel, LoggedModelMetric, Run
from tracking.models.measurements import Point
from tracking.search import UsedDataset


def experiment_location(experiment: Experiment) -> str:
    """The address below which clients put the artifacts of the experiment."""
    return experiment.artifact_location or f"{ARTIFACTS}/{experiment.pk}"


def run_location(run: Run) -> str:
    """The address of a run's artifacts."""
    return f"{experiment_location(run.experiment)}/{run.run_id}/artifacts"


def logged_model_location(logged_model: LoggedModel) -> str:
    """The address of a logged model's files."""
    return f"{experiment_location(logged_model.experiment)}/models/{logged_model.model_id}/artifacts"


def experiment(row: Experiment, workspace: str) -> dict[str, Any]:
    """An experiment with its tags; the workspace is what the client calls its registry."""
    return compact(
        experiment_id=str(row.pk),
        name=row.name,
        artifact_location=experiment_location(row),
        lifecycle_stage="active" if row.deleted_at is None else "deleted",
        creation_time=clock.to_ms(row.created_at),
        last_update_time=clock.to_ms(row.updated_at),
        tags=pairs(row.tags.all()),
        workspace=workspace,
    )


def new_run(row: Run) -> dict[str, Any]:
    """A run that was made just now: of what it put out there is no word yet."""
    return {part: value for part, value in run(row).items() if part != "outputs"}


def run(row: Run) -> dict[str, Any]:
    """A run that was read with its facts, and with its links where it has some."""
    facts = facts_of(row)
    return {
        "info": run_info(row),
        "data": compact(
            metrics=as_it_is(facts.metrics_json), params=as_it_is(facts.params_json), tags=as_it_is(facts.tags_json)
        ),
        "inputs": compact(
            dataset_inputs=[compact(tags=pairs_of(use.tags), dataset=dataset(use.dataset)) for use in row.inputs.all()],
            model_inputs=[{"model_id": use.logged_model.model_id} for use in row.model_inputs.all()],
        )
        if facts.is_linked
        else {},
        "outputs": compact(
            model_outputs=[
                {"model_id": made.logged_model.model_id, "step": made.step} for made in row.model_outputs.all()
            ]
        )
        if facts.is_linked
        else {},
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
        end_time=row.end_time or None,
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


def dataset_summary(use: UsedDataset) -> dict[str, Any]:
    """A data set of an experiment and what it was used for."""
    return compact(experiment_id=str(use.experiment_id), name=use.name, digest=use.digest, context=use.context)


def points(key: str, rows: list[Point]) -> list[dict[str, Any]]:
    """Many points of one metric, without a call for each."""
    return [
        {"key": key, "value": "NaN" if isnan(value) else value, "timestamp": timestamp, "step": step}
        for timestamp, step, value in rows
    ]


def metric(key: str, point: Point, **more: str) -> dict[str, Any]:
    """One point of a metric."""
    return {"key": key, "value": double(point.value), "timestamp": point.timestamp, "step": point.step, **more}


def logged_model(row: LoggedModel, registered: Iterable[ModelVersion]) -> dict[str, Any]:
    """A logged model with all its parts and the versions that were registered from it."""
    return {
        "info": compact(
            model_id=row.model_id,
            experiment_id=str(row.experiment_id),
            name=row.name,
            creation_timestamp_ms=clock.to_ms(row.created_at),
            last_updated_timestamp_ms=clock.to_ms(row.updated_at),
            artifact_uri=logged_model_location(row),
            status=row.status,
            model_type=row.model_type,
            source_run_id=row.source_run.run_id if row.source_run else "",
            status_message=row.status_message or None,
            tags=pairs(row.tags.all()),
            registrations=[{"name": version.model.name, "version": str(version.number)} for version in registered],
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
