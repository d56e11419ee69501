"""Creating, describing, renaming, tagging and deleting models."""

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
from lib.inserts import Insert
from registry import names
from registry.models import ModelTag, Placement, RegisteredModel
from registry.protections import require_release


@transaction.atomic
def create_model(
    registry: Registry,
    name: str,
    *,
    description: str = "",
    tags: dict[str, str] | None = None,
    restricted: bool = False,
    created_at: datetime | None = None,
    actor: User,
) -> RegisteredModel:
    """A new name in the registry, owned by the actor. Raises AlreadyExists also for a name that looks the same.

    A `restricted` one is hidden from its first moment on, so it takes somebody who manages the registry. `created_at`
    is for one that was made elsewhere and moves in.
    """
    access.require(actor, Right.MANAGE if restricted else Right.REGISTER, registry)
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
        raise _taken(model, actor)
    _TAGS.rows((model.pk, key, value) for key, value in (tags or {}).items())
    record(Kind.MODEL_CREATED, actor=actor, subject=model, registry_id=registry.pk)
    return restrict_model(model, True, actor=actor) if restricted else model


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
def restrict_model(model: RegisteredModel, restricted: bool, *, actor: User) -> RegisteredModel:
    """Let only grants on the model itself count, or those on its registry again as well.

    Whoever restricts it keeps a maintainer's role of its own.
    """
    access.require(actor, Right.MANAGE, model)
    model = RegisteredModel.objects.select_for_update(of=("self",)).select_related("registry", "owner").get(pk=model.pk)
    if model.restricted == restricted:
        return model
    if restricted:
        keep_a_way_in(model, actor=actor)
    model.restricted = restricted
    _touch(model, "restricted")
    record(
        Kind.MODEL_CHANGED,
        actor=actor,
        subject=model,
        registry_id=model.registry_id,
        before={"restricted": not restricted},
        after={"restricted": restricted},
    )
    return model


@transaction.atomic
def rename_model(model: RegisteredModel, name: str, *, actor: User) -> RegisteredModel:
    """Give the model another name; versions, tags and aliases move along.

    Whoever loads them by the old name finds them no more, so what stands at protected places is asked for as in a move.
    """
    access.require(actor, Right.MANAGE, model)
    names.check_model_name(name)
    standing = Placement.objects.filter(model=model, closed_at=None)
    require_release(standing.select_related("stage"), model, actor=actor)
    before, model.name, model.folded_name = model.name, name, names.fold(name)
    model.updated_at = timezone.now()
    try:
        with transaction.atomic():
            model.save(update_fields=["name", "folded_name", "updated_at"])
    except IntegrityError as error:
        raise _taken(model, actor) from error
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
    require_release(standing.select_related("stage"), model, actor=actor)
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


def _taken(model: RegisteredModel, actor: User) -> AlreadyExists:
    """The same words whether the actor sees the other model or not; its name only to those who do."""
    alike = RegisteredModel.objects.filter(registry=model.registry_id, folded_name=model.folded_name, deleted_at=None)
    taken = access.visible(actor, alike).first()
    other = f", which looks the same as {taken.name}" if taken and taken.name != model.name else ""
    return AlreadyExists(f"Registered Model (name={model.name}) already exists{other}.")
