"""Moving versions: to a stage, under an alias, and away again. Every move asks every gate, whoever calls."""

from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, CharField, DateTimeField
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import Forbidden, GateRefused, Invalid, NotFound
from lib.inserts import Insert
from lib.statements import Blank, Change, Statement
from registry import gates, names
from registry.gates import Move
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.models.stages import ARCHIVED, NO_STAGE
from registry.protections import Guard, Passage, guard_of, places_from, with_places


@transaction.atomic
def move_stage(
    version: ModelVersion, stage: Stage, *, archive_others: bool = False, reason: str = "", actor: User
) -> Placement | None:
    """Put the version at `stage`, if the actor may and every gate agrees; None for the stage of unplaced versions.

    An exclusive stage sends the version that stood there to the archive; any other does so with `archive_others`.
    """
    access.require(actor, Right.PROMOTE, version)
    if stage.registry_id != version.model.registry_id:
        raise Invalid("stage", f"Stage {stage} is not on the ladder of this registry.")
    guard = _lock(version, actor)
    standing = Placement.objects.filter(version=version, alias="", closed_at=None).select_related("stage").first()
    is_there = standing.stage == stage if standing else stage.name == NO_STAGE
    if not is_there:
        _pass(guard, Passage(to=stage, out_of=standing.stage if standing else None))
        _ask(Move(version=version, actor=actor, stage=stage, out_of=standing.stage if standing else None))
    if stage.is_exclusive or archive_others:
        _archive_others(version, stage, guard, asks=is_there)
    if is_there:
        return standing
    if standing:
        _close(standing, actor)
    placement = None if stage.name == NO_STAGE else _open(version, actor, reason, stage=stage)
    _note_change(version)
    record(
        Kind.STAGE_CHANGED,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        reason=reason,
        before={"stage": standing.stage.name if standing and standing.stage else NO_STAGE},
        after={"stage": stage.name},
    )
    return placement


@transaction.atomic
def move_alias(version: ModelVersion, alias: str, *, reason: str = "", actor: User) -> Placement:
    """Let `alias` name this version of its model, if the actor may and every gate agrees."""
    access.require(actor, Right.PROMOTE, version)
    names.check_alias(alias)
    guard = _lock(version, actor)
    standing = _standing_alias(version.model, alias)
    if standing and standing.version_id == version.pk:
        return standing
    _pass(guard, Passage(alias=alias))
    _ask(Move(version=version, actor=actor, alias=alias))
    if standing:
        _close(standing, actor)
    placement = _open(version, actor, reason, alias=alias)
    record(
        Kind.ALIAS_MOVED,
        actor=actor,
        subject=version,
        registry_id=version.model.registry_id,
        reason=reason,
        before={"alias": alias, "version": standing.version.number if standing else None},
        after={"alias": alias, "version": version.number},
    )
    return placement


@transaction.atomic
def remove_alias(model: RegisteredModel, alias: str, *, reason: str = "", actor: User) -> None:
    """Let `alias` name nothing any more, if every gate agrees; fine if it names nothing now."""
    access.require(actor, Right.PROMOTE, model)
    _model_locked.all(model=model.pk)
    standing = _standing_alias(model, alias)
    if standing is None:
        return
    _pass(guard_of(model, actor=actor), Passage(alias=alias))
    _ask(Move(version=standing.version, actor=actor, alias=alias, leaves=True))
    _close(standing, actor)
    record(
        Kind.ALIAS_REMOVED,
        actor=actor,
        subject=standing.version,
        registry_id=model.registry_id,
        reason=reason,
        before={"alias": alias, "version": standing.version.number},
    )


def _lock(version: ModelVersion, actor: User) -> Guard:
    """One move at a time in a model; and the version must still be there once it is our turn.

    Returns who guards the places of the registry then.
    """
    _model_locked.all(model=version.model_id)
    # A statement of its own: while the first one waited, the version may have gone, or a place been protected.
    found = _still_there.first(version=version.pk, actor=actor.pk)
    if found is None:
        raise NotFound(f"{version} was not found.")
    return Guard(actor, version.model, places_from(found.protections_json))


def _pass(guard: Guard, passage: Passage) -> None:
    """Raise Forbidden where a protected place is not the actor's to move."""
    if reasons := guard.reasons(passage):
        raise Forbidden(" ".join(reasons))


def _ask(move: Move) -> None:
    if reasons := gates.refusals(move):
        raise GateRefused(reasons)


def _archive_others(version: ModelVersion, stage: Stage, guard: Guard, *, asks: bool) -> None:
    """Whoever was let in may replace the others; a version that stood there all along `asks` the gates to do so."""
    archive = Stage.objects.filter(registry=stage.registry_id, name=ARCHIVED).first()
    others = Placement.objects.filter(model=version.model_id, stage=stage, closed_at=None)
    actor = guard.actor
    for other in others.exclude(version=version).select_related("version__model"):
        _pass(guard, Passage(to=archive, out_of=stage))
        if asks:
            _ask(Move(version=other.version, actor=actor, stage=stage, leaves=True))
        _close(other, actor)
        if archive:
            _open(other.version, actor, f"Replaced by version {version.number}", stage=archive)
        _note_change(other.version)
        record(
            Kind.STAGE_CHANGED,
            actor=actor,
            subject=other.version,
            registry_id=stage.registry_id,
            reason=f"Replaced by version {version.number}",
            before={"stage": stage.name},
            after={"stage": archive.name if archive else NO_STAGE},
        )


def _standing_alias(model: RegisteredModel, alias: str) -> Placement | None:
    return _under_alias.first(model=model.pk, alias=alias)


def _open(version: ModelVersion, actor: User, reason: str, *, stage: Stage | None = None, alias: str = "") -> Placement:
    placement = Placement(
        model_id=version.model_id, version=version, stage=stage, alias=alias, opened_by=actor, reason=reason
    )
    _PLACEMENTS.instance(placement)
    return placement


def _note_change(version: ModelVersion) -> None:
    """A stage is a part of what a version and its model are; an alias only points there."""
    version.updated_at = timezone.now()
    _version_changed.count(pk=version.pk, at=version.updated_at)
    _model_changed.count(pk=version.model_id, at=version.updated_at)


def _close(placement: Placement, actor: User) -> None:
    placement.closed_at, placement.closed_by = timezone.now(), actor
    _closed.count(placement=placement.pk, at=placement.closed_at, by=actor.pk)


_PLACEMENTS = Insert(Placement)
_PK = Blank("pk", BigIntegerField())
_version_changed = Change(lambda: ModelVersion.objects.filter(pk=_PK), updated_at=Blank("at", DateTimeField()))
_model_changed = Change(lambda: RegisteredModel.objects.filter(pk=_PK), updated_at=Blank("at", DateTimeField()))
_closed = Change(
    lambda: Placement.objects.filter(pk=Blank("placement", BigIntegerField())),
    closed_at=Blank("at", DateTimeField()),
    closed_by=Blank("by", BigIntegerField()),
)
_model_locked = Statement(
    lambda: RegisteredModel.objects.select_for_update().filter(pk=Blank("model", BigIntegerField()))
)
_still_there: Statement[Any] = Statement(
    lambda: with_places(ModelVersion.objects.filter(pk=Blank("version", BigIntegerField()), deleted_at=None))
)
_under_alias = Statement(
    lambda: Placement.objects.select_related("version__model").filter(
        model=Blank("model", BigIntegerField()), alias=Blank("alias", CharField()), closed_at=None
    )
)
