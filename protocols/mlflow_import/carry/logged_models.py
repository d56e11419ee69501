"""Logged models with their files. What was measured of them is linked at the end, when every run is here."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from lib import clock
from lib.errors import AlreadyExists, HouseError, NotFound
from protocols.mlflow_import.carry.files import carry_files
from protocols.mlflow_import.carry.journey import Journey, batches, fitting, pairs, sentence
from protocols.mlflow_import.ledger import Kind
from protocols.mlflow_import.shelves import ModelShelf, ProxyShelf, Shelf, proxied_path
from protocols.mlflow_import.source import Source, SourceRefused
from tracking import queries, rules
from tracking.models import Experiment, LoggedModel, Run
from tracking.operations import logged_models as operations

_TAKEN = "a logged model with this id is here already and did not come from this server"


def listed(source: Source, experiment_id: str) -> Iterator[dict[str, Any]]:
    """Every logged model of an experiment of the source; nothing from a server that is older than they are."""
    try:
        yield from source.pages(
            "POST",
            "logged-models/search",
            "models",
            experiment_ids=[experiment_id],
            max_results=50,
            order_by=[{"field_name": "creation_timestamp", "ascending": True}],
        )
    except SourceRefused as error:
        if error.status not in (404, 405):
            raise


def carry_logged_model(journey: Journey, experiment: Experiment, row: dict[str, Any]) -> None:
    """Bring the logged model with its files, or what is missing of it."""
    info, model_id = row["info"], row["info"]["model_id"]
    if row.get("data", {}).get("metrics") and not journey.ledger.is_done(Kind.LOGGED_MODEL_END, model_id):
        journey.measured_models.append(model_id)
    line = journey.ledger.find(Kind.LOGGED_MODEL, model_id)
    has_files = not journey.takes_files or journey.ledger.is_done(Kind.LOGGED_MODEL_FILES, model_id)
    if line and line.done and has_files:
        journey.report.here["logged models"] += 1
        return
    try:
        logged_model = (
            queries.find_logged_model(model_id, include_deleted=True, actor=journey.actor)
            if line
            else _create(journey, experiment, row)
        )
        if line is None:
            journey.report.carried["logged models"] += 1
        elif has_files or line.done:
            journey.report.here["logged models"] += 1
        else:
            journey.report.carried["logged models"] += 1
        if not has_files and logged_model.deleted_at is None:
            _carry_files(journey, logged_model, info)
    except NotFound:
        journey.report.refuse("logged models", model_id, "it was carried before and is not to be seen here any more")
    except AlreadyExists:
        journey.report.refuse("logged models", model_id, _TAKEN)
    except HouseError as error:
        journey.report.refuse("logged models", model_id, sentence(error))


@transaction.atomic
def _create(journey: Journey, experiment: Experiment, row: dict[str, Any]) -> LoggedModel:
    """The logged model with its parameters and tags, at once or not at all."""
    info, model_id = row["info"], row["info"]["model_id"]
    created = info.get("creation_timestamp_ms")
    logged_model = operations.create_logged_model(
        experiment,
        name=info.get("name", ""),
        model_type=info.get("model_type", ""),
        source_run=_source_run(journey, info),
        model_id=model_id,
        created_at=clock.from_ms(int(created)) if created else None,
        actor=journey.actor,
    )
    params = fitting(journey, "model params", model_id, pairs(row.get("data", {}).get("params")), _check_param)
    for batch in batches(params.items(), rules.MOST_PARAMS):
        operations.log_params(logged_model, dict(batch), actor=journey.actor)
    tags = fitting(journey, "model tags", model_id, pairs(info.get("tags")), _check_tag)
    for batch in batches(tags.items(), rules.MOST_TAGS):
        operations.set_tags(logged_model, dict(batch), actor=journey.actor)
    journey.ledger.note(Kind.LOGGED_MODEL, model_id, logged_model.pk, done=True)
    return logged_model


def _source_run(journey: Journey, info: dict[str, Any]) -> Run | None:
    run_id = info.get("source_run_id", "")
    if not run_id:
        return None
    try:
        if journey.ledger.find(Kind.RUN, run_id):
            return queries.find_run(run_id, actor=journey.actor)
    except NotFound:
        pass
    journey.report.remark("logged models", info["model_id"], "without its run, which is not here")
    return None


def _carry_files(journey: Journey, logged_model: LoggedModel, info: dict[str, Any]) -> None:
    """Bring the files and then say that they are complete, if they are; only then versions can be made of them."""
    status = info.get("status", LoggedModel.Status.PENDING)
    model_id = logged_model.model_id
    if not logged_model.experiment.artifact_location:
        shelf = shelf_of(journey.source, info)
        is_whole, may_work_later = carry_files(journey, logged_model, shelf, f"logged model {model_id}")
        if may_work_later:
            return
        if not is_whole and status == LoggedModel.Status.READY:
            journey.report.remark("logged models", model_id, "marked as failed here, since not every file came along")
            status = LoggedModel.Status.UPLOAD_FAILED
    with transaction.atomic():
        if status != LoggedModel.Status.PENDING:
            operations.finish_logged_model(logged_model, status, actor=journey.actor)
        journey.ledger.note(Kind.LOGGED_MODEL_FILES, model_id, logged_model.pk, done=True)


def shelf_of(source: Source, info: dict[str, Any]) -> Shelf:
    """Where the files of a logged model are."""
    top = proxied_path(source, info.get("artifact_uri", ""))
    return ModelShelf(source, info["model_id"]) if top is None else ProxyShelf(source, top)


def _check_param(key: str, value: str) -> None:
    rules.check_key(key)
    rules.check_length(value, rules.LONGEST_PARAM, "value")


def _check_tag(key: str, value: str) -> None:
    rules.check_key(key)
    rules.check_length(value, rules.LONGEST_RUN_TAG, "value")
