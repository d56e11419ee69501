"""Creating, describing, renaming, tagging and deleting models."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import AlreadyExists, Conflict, NotFound
from lib.inserts import Insert
from registry import names
from registry.models import ModelTag, Placement, RegisteredModel


@transaction.atomic
def create_model(
    registry: Registry,
    name: str,
    *,
    description: str = "",
    tags: dict[str, str] | None = None,
    created_at: datetime | None = None,
    actor: User,
) -> RegisteredModel:
    """A new name in the registry, owned by the actor. Raises AlreadyExists also for a name that looks the same.

    `created_at` is for one that was made elsewhere and moves in.
    """
    access.require(actor, Right.REGISTER, registry)
    names.check_model_name(name)
    names.check_length(description, names.LONGEST_DESCRIPTION, "description")
    names.check_tags(tags or {})
    created_at = created_at or timezone.now()
    model = RegisteredModel(
        registry=registry,
        name=name,
        folded_name=names.fold(name),
        description=description,
        owner=actor,
        created_at=created_at,
        updated_at=created_at,
    )
    if not _MODELS.instance(model):
        raise _taken(model)
    _TAGS.rows((model.pk, key, value) for key, value in (tags or {}).items())
    record(Kind.MODEL_CREATED, actor=actor, subject=model, registry_id=registry.pk)
    return model


@transaction.atomic
def describe_model(model: RegisteredModel, description: str, *, actor: User) -> RegisteredModel:
    """Set the description."""
    access.require(actor, Right.EDIT, model)
    names.check_length(description, names.LONGEST_DESCRIPTION, "description")
    before, model.description = model.description, description
    _touch(model, "description")
    record(
        Kind.MODEL_CHANGED,
        actor=actor,
        subject=model,
        registry_id=model.registry_id,
        before={"description": before},
        after={"description": description},
    )
    return model


@transaction.atomic
def rename_model(model: RegisteredModel, name: str, *, actor: User) -> RegisteredModel:
    """Give the model another name; versions, tags and aliases move along."""
    access.require(actor, Right.MANAGE, model)
    names.check_model_name(name)
    before, model.name, model.folded_name = model.name, name, names.fold(name)
    model.updated_at = timezone.now()
    try:
        with transaction.atomic():
            model.save(update_fields=["name", "folded_name", "updated_at"])
    except IntegrityError as error:
        raise _taken(model) from error
    record(
        Kind.MODEL_CHANGED,
        actor=actor,
        subject=model,
        registry_id=model.registry_id,
        before={"name": before},
        after={"name": name},
    )
    return model


@transaction.atomic
def delete_model(model: RegisteredModel, *, actor: User) -> None:
    """Delete a model with its versions; its name is free again. Refused while a version is in use: archive it first."""
    access.require(actor, Right.MANAGE, model)
    if not RegisteredModel.objects.select_for_update().filter(pk=model.pk, deleted_at=None):
        raise NotFound(f"Registered Model with name={model.name} not found")
    standing = Placement.objects.filter(model=model, closed_at=None)
    if live := next((placement for placement in standing.select_related("stage") if placement.is_live), None):
        raise Conflict(f"{live} is in use; move it to another stage before the model is deleted.")
    now = timezone.now()
    standing.update(closed_at=now, closed_by=actor)
    count = model.versions.filter(deleted_at=None).update(deleted_at=now)
    model.deleted_at = now
    model.save(update_fields=["deleted_at"])
    record(Kind.MODEL_DELETED, actor=actor, subject=model, registry_id=model.registry_id, versions=count)


@transaction.atomic
def set_model_tag(model: RegisteredModel, key: str, value: str, *, actor: User) -> None:
    """Set a tag, new or not."""
    access.require(actor, Right.EDIT, model)
    names.check_tag(key, value)
    _TAGS.rows([(model.pk, key, value)])
    record(
        Kind.MODEL_CHANGED, actor=actor, subject=model, registry_id=model.registry_id, after={"tag": {key: value[:500]}}
    )


@transaction.atomic
def delete_model_tag(model: RegisteredModel, key: str, *, actor: User) -> None:
    """Remove a tag; one that is not there is fine."""
    access.require(actor, Right.EDIT, model)
    if ModelTag.objects.filter(model=model, key=key).delete()[0]:
        record(
            Kind.MODEL_CHANGED, actor=actor, subject=model, registry_id=model.registry_id, after={"tag": {key: None}}
        )


_MODELS = Insert(RegisteredModel, once=True)
_TAGS = Insert(ModelTag, "model", "key", "value", once_per=["model_id", "key"], replacing=["value"])


def _touch(model: RegisteredModel, *fields: str) -> None:
    model.updated_at = timezone.now()
    model.save(update_fields=["updated_at", *fields])


def _taken(model: RegisteredModel) -> AlreadyExists:
    taken = RegisteredModel.objects.filter(
        registry=model.registry_id, folded_name=model.folded_name, deleted_at=None
    ).first()
    alike = f", which looks the same as {taken.name}" if taken and taken.name != model.name else ""
    return AlreadyExists(f"Registered Model (name={model.name}) already exists{alike}.")
