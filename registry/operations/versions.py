"""Registering versions, and describing, tagging and deleting them. Their files are frozen when they are made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, DateTimeField, IntegerField
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import Folder, Tree
from blobs.operations.trees import freeze
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Invalid, NotFound
from lib.inserts import Insert
from lib.statements import Blank, Change, Statement
from registry import names
from registry.models import ModelVersion, Placement, RegisteredModel, VersionTag
from registry.protections import require_release
from tracking.models import Dataset, LoggedModel, Run

GIT_COMMIT_TAG = "mlflow.source.git.commit"


@dataclass(frozen=True)
class Origin:
    """Where a version comes from. `source` is what the client called it and is kept for reading only.

    Its files are those of the version copied, else of the logged model, else of `folder`, else of the run below `path`,
    where the empty path means all of them; with none of these it is an external version, which has no files here. A
    `folder` is one that nobody owns and that the caller filled for this version.
    """

    source: str = ""
    run: Run | None = None
    path: str | None = None
    logged_model: LoggedModel | None = None
    copied_from: ModelVersion | None = None
    folder: Folder | None = None


@transaction.atomic
def create_version(
    model: RegisteredModel,
    origin: Origin,
    *,
    description: str = "",
    tags: dict[str, str] | None = None,
    run_link: str = "",
    number: int | None = None,
    created_at: datetime | None = None,
    actor: User,
) -> ModelVersion:
    """The next version of the model: number, files and lineage at once, or nothing.

    The actor must be allowed to read what the version is made from. `number` and `created_at` are for a version that
    was made elsewhere and moves in: numbers may be left out and given later, but never twice (Conflict).
    """
    access.require(actor, Right.REGISTER, model)
    if origin.run is not None:
        access.require(actor, Right.SEE, origin.run)
    names.check_length(origin.source, names.LONGEST_ADDRESS, "source")
    names.check_length(run_link, names.LONGEST_ADDRESS, "run_link")
    names.check_length(description, names.LONGEST_DESCRIPTION, "description")
    names.check_tags(tags or {})
    tree, now = _frozen(origin, actor), timezone.now()
    # The row lock makes numbers consecutive: the counter moves with the version, or neither does.
    locked = _model_locked.first(model=model.pk)
    if locked is None:
        raise NotFound(f"Registered Model with name={model.name} not found")
    version = ModelVersion(
        model=locked,
        number=_number_for(locked, number),
        description=description,
        tree=tree,
        uploader=actor,
        run_link=run_link,
        created_at=created_at or now,
        updated_at=now,
        **_lineage(origin, actor),
    )
    _VERSIONS.instance(version)
    locked.last_number = max(locked.last_number, version.number)
    locked.updated_at = now
    _counted.count(model=locked.pk, number=locked.last_number, at=now)
    if version.source_run:
        version.datasets.set(Dataset.objects.filter(pk__in=_dataset_ids(version.source_run)))
    _TAGS.rows((version.pk, key, value) for key, value in (tags or {}).items())
    record(
        Kind.VERSION_REGISTERED,
        actor=actor,
        subject=version,
        registry_id=locked.registry_id,
        tree=tree.digest if tree else None,
        run=version.source_run.run_id if version.source_run else None,
    )
    return version


_VERSIONS = Insert(ModelVersion)
_TAGS = Insert(VersionTag, "version", "key", "value", once_per=["version_id", "key"], replacing=["value"])


@transaction.atomic
def describe_version(version: ModelVersion, description: str, *, actor: User) -> ModelVersion:
    """Set the description."""
    access.require(actor, Right.EDIT, version)
    names.check_length(description, names.LONGEST_DESCRIPTION, "description")
    before, version.description = version.description, description
    _touch(version, "description")
    _record_change(version, actor, before={"description": before}, after={"description": description})
    return version


@transaction.atomic
def set_version_tag(version: ModelVersion, key: str, value: str, *, actor: User) -> None:
    """Set a tag, new or not."""
    access.require(actor, Right.EDIT, version)
    names.check_tag(key, value)
    _TAGS.rows([(version.pk, key, value)])
    _record_change(version, actor, after={"tag": {key: value[:500]}})


@transaction.atomic
def delete_version_tag(version: ModelVersion, key: str, *, actor: User) -> None:
    """Remove a tag; one that is not there is fine."""
    access.require(actor, Right.EDIT, version)
    if VersionTag.objects.filter(version=version, key=key).delete()[0]:
        _record_change(version, actor, after={"tag": {key: None}})


@transaction.atomic
def delete_version(version: ModelVersion, *, actor: User) -> None:
    """Delete a version; its number stays used and its aliases go. Refused while it stands at a live stage.

    Raises Forbidden where it stands at a protected place that is not the actor's to move.
    """
    access.require(actor, Right.MANAGE, version)
    RegisteredModel.objects.select_for_update().get(pk=version.model_id)
    standing = Placement.objects.filter(version=version, closed_at=None)
    if live := next((placement for placement in standing.select_related("stage") if placement.is_live), None):
        raise Conflict(f"{live} is in use; move it to another stage before it is deleted.")
    require_release(standing.select_related("stage"), version.model, actor=actor)
    now = timezone.now()
    if ModelVersion.objects.filter(pk=version.pk, deleted_at=None).update(deleted_at=now) != 1:
        raise NotFound(f"{version} was not found.")
    standing.update(closed_at=now, closed_by=actor)
    record(Kind.VERSION_DELETED, actor=actor, subject=version, registry_id=version.model.registry_id)


def _number_for(model: RegisteredModel, wanted: int | None) -> int:
    """The number after the last one, or the wanted one if no version, not even a deleted one, ever had it."""
    if wanted is None:
        return model.last_number + 1
    if wanted < 1 or ModelVersion.objects.filter(model=model, number=wanted).exists():
        raise Conflict(f"{model.name} has had a version {wanted} before; a number is never used twice.")
    return wanted


def _frozen(origin: Origin, actor: User) -> Tree | None:
    if origin.copied_from is not None:
        access.require(actor, Right.DOWNLOAD, origin.copied_from)
        return origin.copied_from.tree
    if origin.logged_model is not None:
        access.require(actor, Right.DOWNLOAD, origin.logged_model)
        if origin.logged_model.status != LoggedModel.Status.READY:
            raise Invalid("source", f"The logged model {origin.logged_model.model_id} is not uploaded completely.")
        return freeze(origin.logged_model.folder, actor=actor)
    if origin.folder is not None:
        return freeze(origin.folder, actor=actor)
    if origin.run is not None and origin.path is not None:
        access.require(actor, Right.DOWNLOAD, origin.run)
        return freeze(origin.run.folder, origin.path, actor=actor)
    return None


def _lineage(origin: Origin, actor: User) -> dict[str, object]:
    """What the new version's columns say about where it comes from.

    A run that the actor does not see stays out, or what it measured would come along into the open.
    """
    if origin.copied_from is not None:
        run, logged_model = origin.copied_from.source_run, origin.copied_from.logged_model
    else:
        logged_model = origin.logged_model
        run = origin.run or (logged_model.source_run if logged_model else None)
    if run is not None and run != origin.run and not access.can(actor, Right.SEE, run):
        run = None
    commit = run.tags.filter(key=GIT_COMMIT_TAG).values_list("value", flat=True).first() if run else None
    return {
        "source": origin.source,
        "source_run": run,
        "logged_model": logged_model,
        "copied_from": origin.copied_from,
        "git_commit": (commit or "")[:64],
    }


def _dataset_ids(run: Run | None) -> list[int]:
    return list(run.inputs.values_list("dataset_id", flat=True)) if run else []


def _touch(version: ModelVersion, *fields: str) -> None:
    version.updated_at = timezone.now()
    version.save(update_fields=["updated_at", *fields])


def _record_change(version: ModelVersion, actor: User, **details: Any) -> None:
    record(Kind.VERSION_CHANGED, actor=actor, subject=version, registry_id=version.model.registry_id, **details)


_counted = Change(
    lambda: RegisteredModel.objects.filter(pk=Blank("model", BigIntegerField())),
    last_number=Blank("number", IntegerField()),
    updated_at=Blank("at", DateTimeField()),
)
_model_locked = Statement(
    lambda: RegisteredModel.objects.select_for_update().filter(pk=Blank("model", BigIntegerField()), deleted_at=None)
)
