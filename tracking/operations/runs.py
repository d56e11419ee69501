"""Runs: starting, changing, deleting, restoring. What is logged to them is in measurements, inputs and artifacts."""

from collections.abc import Mapping
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.operations.folders import create_folder
from events.kinds import Kind
from events.record import record
from lib import clock
from lib.errors import AlreadyExists, Invalid
from tracking import rules
from tracking.locks import lock_active_experiment, lock_active_run
from tracking.models import Experiment, Run, RunTag
from tracking.names import invent_name

NAME_TAG = "mlflow.runName"


@transaction.atomic
def create_run(
    experiment: Experiment,
    *,
    name: str = "",
    user_id: str = "",
    start_time: int | None = None,
    tags: Mapping[str, str] | None = None,
    run_id: str = "",
    actor: User,
) -> Run:
    """A new run, going on since `start_time` (milliseconds since 1970; without one, since now).

    `user_id` is what the client says about itself; who really created the run is noted apart. The name and the tag
    `mlflow.runName` are the same thing: raises Invalid if they differ. `run_id` is for a run that was made elsewhere
    and moves in; raises AlreadyExists if another one has it.
    """
    access.require(actor, Right.LOG, experiment)
    tags = dict(tags or {})
    if name and tags.get(NAME_TAG, name) != name:
        raise Invalid("run_name", f"The run name is “{name}” but the tag {NAME_TAG} says “{tags[NAME_TAG]}”.")
    tags[NAME_TAG] = name = name or tags.get(NAME_TAG) or invent_name()
    rules.check_length(name, rules.LONGEST_RUN_NAME, "run_name")
    rules.check_length(user_id, rules.LONGEST_USER_ID, "user_id")
    rules.check_new_tags(tags)
    for key in tags:
        rules.check_key(key)
    if run_id:
        rules.check_run_id(run_id)
    run = Run(
        run_id=run_id or uuid4().hex,
        experiment=lock_active_experiment(experiment),
        name=name,
        user_id=user_id,
        start_time=clock.to_ms(timezone.now()) if start_time is None else start_time,
        folder=create_folder(actor=actor),
        created_by=actor,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"Run with id={run.run_id} already exists.") from error
    RunTag.objects.bulk_create(
        RunTag(run=run, key=key, value=value[: rules.LONGEST_RUN_TAG]) for key, value in tags.items()
    )
    record(Kind.RUN_CREATED, actor=actor, subject=run, registry_id=experiment.registry_id, run_id=run.run_id)
    return run


@transaction.atomic
def update_run(
    run: Run, *, status: str | None = None, end_time: int | None = None, name: str | None = None, actor: User
) -> Run:
    """Change what is given: the status, when the run ended (milliseconds since 1970), its name."""
    access.require(actor, Right.EDIT, run)
    run = lock_active_run(run)
    before = {"status": run.status, "name": run.name}
    if status is not None:
        if status not in Run.Status:
            raise Invalid("status", f"A run is one of {', '.join(Run.Status)}.")
        run.status = status
    if end_time is not None:
        run.end_time = end_time
    if name:
        rules.check_length(name, rules.LONGEST_RUN_NAME, "run_name")
        run.name = name
        RunTag.objects.update_or_create(run=run, key=NAME_TAG, defaults={"value": name})
    run.save(update_fields=["status", "end_time", "name"])
    record(
        Kind.RUN_CHANGED,
        actor=actor,
        subject=run,
        registry_id=run.experiment.registry_id,
        before=before,
        after={"status": run.status, "name": run.name},
    )
    return run


@transaction.atomic
def delete_run(run: Run, *, actor: User) -> None:
    """Hide the run; nothing is lost. Fine if it is deleted already."""
    access.require(actor, Right.EDIT, run)
    if Run.objects.filter(pk=run.pk, deleted_at=None).update(deleted_at=timezone.now()):
        record(Kind.RUN_DELETED, actor=actor, subject=run, registry_id=run.experiment.registry_id)


@transaction.atomic
def restore_run(run: Run, *, actor: User) -> None:
    """Bring the run back. Fine if it is not deleted; raises Invalid while its experiment is."""
    access.require(actor, Right.EDIT, run)
    lock_active_experiment(run.experiment)
    if Run.objects.filter(pk=run.pk).exclude(deleted_at=None).update(deleted_at=None):
        record(Kind.RUN_RESTORED, actor=actor, subject=run, registry_id=run.experiment.registry_id)
