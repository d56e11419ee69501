"""Logged models: creating, finishing, tagging, deleting."""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.operations.folders import create_folder
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Invalid, NotFound, TooLarge
from tracking import rules
from tracking.locks import lock_active_experiment, lock_active_logged_model, lock_active_run
from tracking.models import Experiment, LoggedModel, LoggedModelParam, LoggedModelTag, Run
from tracking.names import invent_name


@transaction.atomic
def create_logged_model(
    experiment: Experiment,
    *,
    name: str = "",
    model_type: str = "",
    source_run: Run | None = None,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    model_id: str = "",
    created_at: datetime | None = None,
    actor: User,
) -> LoggedModel:
    """A new logged model without files yet, in the state pending. Its source run is one that the actor may log to.

    `model_id` and `created_at` are for one that was made elsewhere and moves in; raises AlreadyExists if another one
    has the id.
    """
    access.require(actor, Right.LOG, experiment)
    if name:
        rules.check_logged_model_name(name)
    rules.check_length(model_type, 500, "model_type")
    if model_id:
        rules.check_model_id(model_id)
    experiment = lock_active_experiment(experiment)
    if source_run is not None:
        access.require(actor, Right.EDIT, source_run)
        lock_active_run(source_run)
    created_at = created_at or timezone.now()
    logged_model = LoggedModel(
        model_id=model_id or f"m-{uuid4().hex}",
        experiment=experiment,
        source_run=source_run,
        name=name or invent_name(),
        model_type=model_type,
        folder=create_folder(actor=actor),
        created_by=actor,
        created_at=created_at,
        updated_at=created_at,
    )
    try:
        with transaction.atomic():
            logged_model.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"Logged model with ID '{logged_model.model_id}' already exists.") from error
    _store_params(logged_model, params or {})
    _store_tags(logged_model, tags or {})
    record(
        Kind.LOGGED_MODEL_CREATED,
        actor=actor,
        subject=logged_model,
        registry_id=experiment.registry_id,
        model_id=logged_model.model_id,
    )
    return logged_model


@transaction.atomic
def finish_logged_model(logged_model: LoggedModel, status: str, *, actor: User) -> LoggedModel:
    """Say that its files are complete (ready) or that uploading them failed."""
    access.require(actor, Right.EDIT, logged_model)
    if status not in LoggedModel.Status:
        raise Invalid("status", f"A logged model is one of {', '.join(LoggedModel.Status)}.")
    logged_model = lock_active_logged_model(logged_model)
    before, logged_model.status, logged_model.updated_at = logged_model.status, status, timezone.now()
    logged_model.save(update_fields=["status", "updated_at"])
    record(
        Kind.LOGGED_MODEL_CHANGED,
        actor=actor,
        subject=logged_model,
        registry_id=logged_model.experiment.registry_id,
        before=before,
        after=status,
    )
    return logged_model


@transaction.atomic
def delete_logged_model(logged_model: LoggedModel, *, actor: User) -> None:
    """Hide the logged model; nothing is lost. Raises NotFound if it is deleted already."""
    access.require(actor, Right.EDIT, logged_model)
    alive = LoggedModel.objects.filter(pk=logged_model.pk, deleted_at=None)
    if alive.update(deleted_at=timezone.now()) != 1:
        raise NotFound(f"Logged model with ID '{logged_model.model_id}' not found.")
    record(
        Kind.LOGGED_MODEL_DELETED,
        actor=actor,
        subject=logged_model,
        registry_id=logged_model.experiment.registry_id,
    )


@transaction.atomic
def log_params(logged_model: LoggedModel, params: Mapping[str, str], *, actor: User) -> None:
    """Add parameters. Raises Invalid if one of them has another value already."""
    access.require(actor, Right.EDIT, logged_model)
    _store_params(lock_active_logged_model(logged_model), params)


@transaction.atomic
def set_tags(logged_model: LoggedModel, tags: Mapping[str, str], *, actor: User) -> None:
    """Set tags, new or not."""
    access.require(actor, Right.EDIT, logged_model)
    _store_tags(lock_active_logged_model(logged_model), tags)


@transaction.atomic
def delete_tag(logged_model: LoggedModel, key: str, *, actor: User) -> None:
    """Take a tag away. Raises NotFound if there is none."""
    access.require(actor, Right.EDIT, logged_model)
    logged_model = lock_active_logged_model(logged_model)
    if not logged_model.tags.filter(key=key).delete()[0]:
        raise NotFound(f"No tag with key '{key}' found for model with ID '{logged_model.model_id}'.")


def _store_params(logged_model: LoggedModel, params: Mapping[str, str]) -> None:
    if len(params) > rules.MOST_PARAMS:
        raise TooLarge(f"One call brings at most {rules.MOST_PARAMS} parameters of a logged model.")
    for key, value in params.items():
        rules.check_key(key)
        rules.check_length(value, rules.LONGEST_PARAM, f"value of {key}")
    known = dict(logged_model.params.filter(key__in=params).values_list("key", "value"))
    if changed := [key for key, old in known.items() if params[key] != old]:
        raise Invalid("params", f"The parameter {changed[0]} of the logged model has another value already.")
    LoggedModelParam.objects.bulk_create(
        LoggedModelParam(logged_model=logged_model, key=key, value=value)
        for key, value in params.items()
        if key not in known
    )


def _store_tags(logged_model: LoggedModel, tags: Mapping[str, str]) -> None:
    if len(tags) > rules.MOST_TAGS:
        raise TooLarge(f"One call brings at most {rules.MOST_TAGS} tags of a logged model.")
    for key, value in tags.items():
        rules.check_key(key)
        rules.check_length(value, rules.LONGEST_RUN_TAG, f"value of {key}")
    LoggedModelTag.objects.bulk_create(
        [LoggedModelTag(logged_model=logged_model, key=key, value=value) for key, value in tags.items()],
        update_conflicts=True,
        unique_fields=["logged_model", "key"],
        update_fields=["value"],
    )
