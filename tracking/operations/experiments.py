"""Experiments: creating, renaming, tagging, deleting, restoring."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.reach.restrictions import keep_a_way_in
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Conflict, NotFound
from tracking import rules
from tracking.locks import lock_active_experiment
from tracking.models import Experiment, ExperimentTag, Run

DEFAULT_NAME = "Default"


@transaction.atomic
def create_experiment(
    registry: Registry,
    name: str,
    *,
    artifact_location: str = "",
    tags: Mapping[str, str] | None = None,
    created_at: datetime | None = None,
    actor: User,
) -> Experiment:
    """A new experiment. With an `artifact_location` clients keep its artifacts there themselves, not in Gatehouse.

    `created_at` is for one that was made elsewhere and moves in.
    """
    access.require(actor, Right.LOG, registry)
    rules.check_experiment_name(name)
    rules.check_location(artifact_location)
    rules.check_new_tags(tags or {})
    for key, value in (tags or {}).items():
        _check_tag(key, value)
    created_at = created_at or timezone.now()
    experiment = Experiment(
        registry=registry,
        name=name,
        artifact_location=artifact_location,
        created_by=actor,
        created_at=created_at,
        updated_at=created_at,
    )
    try:
        with transaction.atomic():
            experiment.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyExists(f"Experiment(name={name}) already exists.") from error
    ExperimentTag.objects.bulk_create(
        ExperimentTag(experiment=experiment, key=key, value=value) for key, value in (tags or {}).items()
    )
    record(Kind.EXPERIMENT_CREATED, actor=actor, subject=experiment, registry_id=registry.pk)
    return experiment


@transaction.atomic
def create_default_experiment(registry: Registry, *, actor: User) -> Experiment:
    """The experiment for clients that name none; in the default registry its id is the one that they expect, 0."""
    access.require(actor, Right.LOG, registry)
    experiment = Experiment(registry=registry, name=DEFAULT_NAME, is_default=True, created_by=actor)
    if registry.is_default and not Experiment.objects.filter(pk=rules.DEFAULT_EXPERIMENT_ID).exists():
        experiment.pk = rules.DEFAULT_EXPERIMENT_ID
    experiment.save(force_insert=True)
    record(Kind.EXPERIMENT_CREATED, actor=actor, subject=experiment, registry_id=registry.pk)
    return experiment


@transaction.atomic
def rename_experiment(experiment: Experiment, name: str, *, actor: User) -> Experiment:
    """Give the experiment another name."""
    access.require(actor, Right.EDIT, experiment)
    rules.check_experiment_name(name, "new_name")
    experiment = lock_active_experiment(experiment)
    before, experiment.name, experiment.updated_at = experiment.name, name, timezone.now()
    try:
        with transaction.atomic():
            experiment.save(update_fields=["name", "updated_at"])
    except IntegrityError as error:
        raise AlreadyExists(f"Experiment(name={name}) already exists.") from error
    record(
        Kind.EXPERIMENT_CHANGED,
        actor=actor,
        subject=experiment,
        registry_id=experiment.registry_id,
        before=before,
        after=name,
    )
    return experiment


@transaction.atomic
def restrict_experiment(experiment: Experiment, restricted: bool, *, actor: User) -> Experiment:
    """Let only grants on the experiment itself count, or those on its registry again as well.

    Whoever restricts it keeps a maintainer's role of its own.
    """
    access.require(actor, Right.MANAGE, experiment)
    experiment = lock_active_experiment(experiment)
    if experiment.restricted == restricted:
        return experiment
    if restricted:
        keep_a_way_in(experiment, actor=actor)
    experiment.restricted, experiment.updated_at = restricted, timezone.now()
    experiment.save(update_fields=["restricted", "updated_at"])
    record(
        Kind.EXPERIMENT_CHANGED,
        actor=actor,
        subject=experiment,
        registry_id=experiment.registry_id,
        before={"restricted": not restricted},
        after={"restricted": restricted},
    )
    return experiment


@transaction.atomic
def set_tag(experiment: Experiment, key: str, value: str, *, actor: User) -> None:
    """Set a tag. Whoever logs runs may add one, as clients do by themselves; to change one is to edit."""
    access.require(actor, Right.LOG, experiment)
    _check_tag(key, value)
    lock_active_experiment(experiment)
    if experiment.tags.filter(key=key).exclude(value=value).exists():
        access.require(actor, Right.EDIT, experiment)
    ExperimentTag.objects.update_or_create(experiment=experiment, key=key, defaults={"value": value})


@transaction.atomic
def delete_tag(experiment: Experiment, key: str, *, actor: User) -> None:
    """Take a tag away. Raises NotFound if there is none."""
    access.require(actor, Right.EDIT, experiment)
    lock_active_experiment(experiment)
    if not experiment.tags.filter(key=key).delete()[0]:
        raise NotFound(f"No tag with name: {key} in experiment with id {experiment.pk}")


@transaction.atomic
def delete_experiment(experiment: Experiment, *, actor: User) -> None:
    """Hide the experiment and its runs; nothing is lost and its name stays taken. Raises Conflict if it is deleted."""
    access.require(actor, Right.MANAGE, experiment)
    now = timezone.now()
    alive = Experiment.objects.filter(pk=experiment.pk, deleted_at=None)
    if alive.update(deleted_at=now, updated_at=now) != 1:
        raise Conflict(f"The experiment {experiment.pk} was deleted before.")
    # The common moment says later which runs went with their experiment and which had been deleted on their own.
    runs = Run.objects.filter(experiment=experiment, deleted_at=None).update(deleted_at=now)
    record(Kind.EXPERIMENT_DELETED, actor=actor, subject=experiment, registry_id=experiment.registry_id, runs=runs)


@transaction.atomic
def restore_experiment(experiment: Experiment, *, actor: User) -> None:
    """Bring back the experiment and the runs that went with it. Raises Conflict if it is not deleted."""
    access.require(actor, Right.MANAGE, experiment)
    gone = Experiment.objects.select_for_update().exclude(deleted_at=None).filter(pk=experiment.pk).first()
    if gone is None:
        raise Conflict(f"The experiment {experiment.pk} is not deleted.")
    runs = Run.objects.filter(experiment=gone, deleted_at=gone.deleted_at).update(deleted_at=None)
    gone.deleted_at, gone.updated_at = None, timezone.now()
    gone.save(update_fields=["deleted_at", "updated_at"])
    record(Kind.EXPERIMENT_RESTORED, actor=actor, subject=gone, registry_id=gone.registry_id, runs=runs)


def _check_tag(key: str, value: str) -> None:
    rules.check_key(key)
    rules.check_length(value, rules.LONGEST_EXPERIMENT_TAG, "value")
