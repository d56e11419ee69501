"""Runs: what they were given and measured, what they used, and their files."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from lib.errors import AlreadyExists, HouseError, NotFound
from protocols.mlflow_import.carry.files import carry_files
from protocols.mlflow_import.carry.journey import REFUSALS, Journey, batches, fitting, is_temporary, pairs, sentence
from protocols.mlflow_import.ledger import Kind
from protocols.mlflow_import.shelves import ProxyShelf, RunShelf, Shelf, proxied_path
from protocols.mlflow_import.source import Source
from tracking import queries, rules
from tracking.models import Experiment, Run
from tracking.models.measurements import pack
from tracking.operations import runs as operations
from tracking.operations.inputs import DatasetUse, log_inputs
from tracking.operations.measurements import Measurement, log_batch

_TAKEN = "a run with this id is here already and did not come from this server"
_POINTS = 25_000


def listed(source: Source, experiment_id: str, size: int = 500) -> Iterator[dict[str, Any]]:
    """Every run of an experiment of the source, deleted ones too. The oldest first: new ones come behind."""
    return source.pages(
        "POST",
        "runs/search",
        "runs",
        experiment_ids=[experiment_id],
        run_view_type="ALL",
        max_results=size,
        order_by=["attributes.start_time ASC"],
    )


def carry_run(journey: Journey, experiment: Experiment, row: dict[str, Any], *, goes_along: bool) -> None:
    """Bring the run with all its parts, or what is missing of it. `goes_along`: it is deleted with its experiment."""
    run_id = row["info"]["run_id"]
    _note_for_later(journey, row, goes_along=goes_along)
    line = journey.ledger.find(Kind.RUN, run_id)
    has_files = not journey.takes_files or journey.ledger.is_done(Kind.RUN_FILES, run_id)
    if line and line.done and has_files:
        journey.report.here["runs"] += 1
        return
    try:
        run = queries.find_run(run_id, actor=journey.actor) if line else _create(journey, experiment, row)
    except NotFound:
        journey.report.refuse("runs", run_id, "it was carried before and is not to be seen here any more")
        return
    except AlreadyExists:
        journey.report.refuse("runs", run_id, _TAKEN)
        return
    except HouseError as error:
        journey.report.refuse("runs", run_id, sentence(error))
        return
    if line and line.done:
        journey.report.here["runs"] += 1
    else:
        _fill(journey, run, row, is_resumed=line is not None)
    if not has_files and run.is_active:
        _carry_files(journey, run, row)
    elif not has_files:
        journey.report.refuse("files", f"those of run {run_id}", "the run is deleted here and takes nothing more")


@transaction.atomic
def _create(journey: Journey, experiment: Experiment, row: dict[str, Any]) -> Run:
    info, run_id = row["info"], row["info"]["run_id"]
    tags = pairs(row.get("data", {}).get("tags"))
    name = info.get("run_name") or tags.get(operations.NAME_TAG, "")
    tags.pop(operations.NAME_TAG, None)
    if len(name) > rules.LONGEST_RUN_NAME:
        journey.report.remark("runs", run_id, f"its name is cut to {rules.LONGEST_RUN_NAME} characters")
    for key, value in tags.items():
        if len(value) > rules.LONGEST_RUN_TAG:
            journey.report.remark("run tags", f"{key} of {run_id}", f"cut to {rules.LONGEST_RUN_TAG} characters")
    run = operations.create_run(
        experiment,
        name=name[: rules.LONGEST_RUN_NAME],
        user_id=info.get("user_id", "")[: rules.LONGEST_USER_ID],
        start_time=int(info.get("start_time", 0)),
        tags=fitting(journey, "run tags", run_id, tags, lambda key, _: rules.check_key(key)),
        run_id=run_id,
        actor=journey.actor,
    )
    journey.ledger.note(Kind.RUN, run_id, run.pk, done=False)
    return run


def _fill(journey: Journey, run: Run, row: dict[str, Any], *, is_resumed: bool) -> None:
    """Everything but the files. Each step may be repeated after a kill without doubling anything."""
    journey.tell(f"run {run.run_id}")
    info, data = row["info"], row.get("data", {})
    try:
        params = fitting(journey, "params", run.run_id, pairs(data.get("params")), lambda key, _: rules.check_key(key))
        for key, value in params.items():
            if len(value) > rules.LONGEST_PARAM:
                journey.report.remark("params", f"{key} of {run.run_id}", f"cut to {rules.LONGEST_PARAM} characters")
        for batch in batches(params.items(), rules.MOST_PARAMS):
            log_batch(run, params=batch, actor=journey.actor)
        keys = sorted({metric["key"] for metric in data.get("metrics", ())})
        points = _points(journey, run, keys, is_resumed=is_resumed)
        for metrics in batches(points, rules.MOST_METRICS):
            log_batch(run, metrics=metrics, actor=journey.actor)
            journey.report.carried["metric points"] += len(metrics)
        _note_datasets(journey, run, row)
        status, end_time = info.get("status"), info.get("end_time")
        operations.update_run(
            run, status=status, end_time=None if end_time is None else int(end_time), actor=journey.actor
        )
        journey.ledger.note(Kind.RUN, run.run_id, run.pk, done=True)
    except REFUSALS as error:
        journey.report.refuse("runs", run.run_id, f"only in part: {sentence(error)}", again=is_temporary(error))
    else:
        journey.report.carried["runs"] += 1


def _points(journey: Journey, run: Run, keys: list[str], *, is_resumed: bool) -> Iterator[Measurement]:
    """The whole history of every metric, without the points that came before a kill."""
    for key in keys:
        if not fitting(journey, "metrics", run.run_id, {key: ""}, lambda key, _: rules.check_key(key)):
            continue
        known = {pack([point]) for point in queries.metric_history(run, key)} if is_resumed else set()
        for row in journey.source.pages(
            "GET",
            "metrics/get-history",
            "metrics",
            run_id=run.run_id,
            run_uuid=run.run_id,
            metric_key=key,
            max_results=_POINTS,
        ):
            point = measurement(row)
            if point.timestamp < 0:
                journey.report.refuse("metric points", f"{key} of {run.run_id}", "its time is before 1970")
            elif not known or pack([point.point]) not in known:
                yield point


def measurement(row: dict[str, Any], *, model_id: str = "") -> Measurement:
    """A point as the wire has it; not-a-number and infinity are words there."""
    return Measurement(
        key=row["key"],
        value=float(row.get("value", 0)),
        timestamp=int(row.get("timestamp", 0)),
        step=int(row.get("step", 0)),
        model_id=model_id,
        dataset_name=row.get("dataset_name", "") if model_id else "",
        dataset_digest=row.get("dataset_digest", "") if model_id else "",
    )


def _note_datasets(journey: Journey, run: Run, row: dict[str, Any]) -> None:
    for use in row.get("inputs", {}).get("dataset_inputs", ()):
        dataset = use.get("dataset", {})
        words = {
            name: dataset.get(name, "") for name in ("name", "digest", "source_type", "source", "schema", "profile")
        }
        try:
            log_inputs(run, datasets=[DatasetUse(**words, tags=pairs(use.get("tags")))], actor=journey.actor)
        except HouseError as error:
            journey.report.refuse("data sets", f"{words['name'][:80]} of {run.run_id}", sentence(error))


def _carry_files(journey: Journey, run: Run, row: dict[str, Any]) -> None:
    if run.experiment.artifact_location:
        journey.ledger.note(Kind.RUN_FILES, run.run_id, run.pk, done=True)
        return
    _, may_work_later = carry_files(journey, run, shelf_of(journey.source, row), f"run {run.run_id}")
    if not may_work_later:
        journey.ledger.note(Kind.RUN_FILES, run.run_id, run.pk, done=True)


def shelf_of(source: Source, row: dict[str, Any]) -> Shelf:
    """Where the files of a run are."""
    top = proxied_path(source, row["info"].get("artifact_uri", ""))
    return RunShelf(source, row["info"]["run_id"]) if top is None else ProxyShelf(source, top)


def _note_for_later(journey: Journey, row: dict[str, Any], *, goes_along: bool) -> None:
    run_id = row["info"]["run_id"]
    if journey.ledger.is_done(Kind.RUN_END, run_id):
        return
    if row.get("inputs", {}).get("model_inputs") or row.get("outputs", {}).get("model_outputs"):
        journey.linked_runs.append(run_id)
    # A deleted experiment takes its runs along, and brings them back when it is restored.
    if row["info"].get("lifecycle_stage") == "deleted" and not goes_along:
        journey.deleted_runs.append(run_id)
