"""What joins runs and logged models, and deleting what is deleted: possible only when both ends are here."""

from itertools import groupby
from typing import Any

from django.db import transaction

from lib.errors import HouseError, NotFound
from protocols.mlflow_import.carry.journey import REFUSALS, Journey, batches, is_temporary, sentence
from protocols.mlflow_import.carry.runs import measurement
from protocols.mlflow_import.ledger import Kind
from tracking import queries, rules
from tracking.models import LoggedModel, Run
from tracking.operations.inputs import log_inputs, log_outputs
from tracking.operations.measurements import log_batch
from tracking.operations.runs import delete_run

_NOT_HERE = "the other end is not here"


def carry_links(journey: Journey) -> None:
    """Join, and then delete: a deleted run takes nothing more."""
    journey.progress.begin("links", len(journey.linked_runs) + len(journey.measured_models))
    for model_id in journey.measured_models:
        _carry_measurements(journey, model_id)
        journey.progress.advance()
    deleted = set(journey.deleted_runs)
    for run_id in journey.linked_runs:
        _link(journey, run_id, is_deleted=run_id in deleted)
        journey.progress.advance()
    for run_id in deleted.difference(journey.linked_runs):
        _end(journey, run_id, is_deleted=True)


def _carry_measurements(journey: Journey, model_id: str) -> None:
    """What runs measured of a logged model."""
    try:
        logged_model = _logged_model(journey, model_id)
        rows = journey.source.get(f"logged-models/{model_id}")["model"].get("data", {}).get("metrics", [])
        rows.sort(key=lambda row: row.get("run_id", ""))
        for run_id, measured in groupby(rows, key=lambda row: str(row.get("run_id", ""))):
            _measure(journey, logged_model, run_id, list(measured))
        journey.ledger.note(Kind.LOGGED_MODEL_END, model_id, logged_model.pk, done=True)
    except NotFound:
        journey.report.refuse("model metrics", f"those of {model_id}", _NOT_HERE)
    except REFUSALS as error:
        journey.report.refuse("model metrics", f"those of {model_id}", sentence(error), again=is_temporary(error))


def _measure(journey: Journey, logged_model: LoggedModel, run_id: str, rows: list[dict[str, Any]]) -> None:
    try:
        run = _run(journey, run_id)
        points = (measurement(row, model_id=logged_model.model_id) for row in rows)
        for metrics in batches(points, rules.MOST_METRICS):
            log_batch(run, metrics=metrics, actor=journey.actor)
    except HouseError as error:
        reason = _NOT_HERE if isinstance(error, NotFound) else sentence(error)
        journey.report.refuse("model metrics", f"{len(rows)} of {logged_model.model_id} in {run_id}", reason)


def _link(journey: Journey, run_id: str, *, is_deleted: bool) -> None:
    try:
        run = _run(journey, run_id)
        row = journey.source.get("runs/get", run_id=run_id, run_uuid=run_id)["run"]
    except NotFound:
        return  # the run itself was told of
    except REFUSALS as error:
        journey.report.refuse("model links", f"those of {run_id}", sentence(error), again=is_temporary(error))
        return
    used = [use["model_id"] for use in row.get("inputs", {}).get("model_inputs", ())]
    made = {use["model_id"]: int(use.get("step", 0)) for use in row.get("outputs", {}).get("model_outputs", ())}
    here = {}
    for model_id in {*used, *made}:
        try:
            here[model_id] = _logged_model(journey, model_id)
        except NotFound:
            journey.report.refuse("model links", f"{model_id} of {run_id}", _NOT_HERE)
    try:
        for batch in batches([here[model_id] for model_id in used if model_id in here], rules.MOST_INPUTS):
            log_inputs(run, logged_models=batch, actor=journey.actor)
        outputs = [(here[model_id], step) for model_id, step in made.items() if model_id in here]
        log_outputs(run, outputs=outputs, actor=journey.actor)
    except HouseError as error:
        journey.report.refuse("model links", f"those of {run_id}", sentence(error))
        return
    _end(journey, run_id, is_deleted=is_deleted)


def _end(journey: Journey, run_id: str, *, is_deleted: bool) -> None:
    """Nothing more comes to this run."""
    try:
        run = _run(journey, run_id)
    except NotFound:
        return
    is_complete = journey.ledger.is_done(Kind.RUN, run_id) and (
        not journey.takes_files or journey.ledger.is_done(Kind.RUN_FILES, run_id)
    )
    if not is_complete:
        return
    with transaction.atomic():
        if is_deleted:
            delete_run(run, actor=journey.actor)
        journey.ledger.note(Kind.RUN_END, run_id, run.pk, done=True)


def _run(journey: Journey, run_id: str) -> Run:
    """A run that came from this source. Raises NotFound."""
    if journey.ledger.find(Kind.RUN, run_id) is None:
        raise NotFound(_NOT_HERE)
    return queries.find_run(run_id, actor=journey.actor)


def _logged_model(journey: Journey, model_id: str) -> LoggedModel:
    """A logged model that came from this source. Raises NotFound."""
    if journey.ledger.find(Kind.LOGGED_MODEL, model_id) is None:
        raise NotFound(_NOT_HERE)
    return queries.find_logged_model(model_id, actor=journey.actor)
