"""Rolling back: the version that stood somewhere before stands there again."""

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Invalid
from registry.models import Placement, RegisteredModel, Stage
from registry.names import check_alias
from registry.operations.placements import move_alias, move_stage
from registry.queries import stood_before


@transaction.atomic
def roll_back(
    model: RegisteredModel, *, stage: Stage | None = None, alias: str = "", reason: str, actor: User
) -> Placement:
    """Put back the version that stood there before the present one came for the first time; again goes further back.

    It is a move like any other: every gate is asked, and the log tells it as a move and, besides, as the way back.
    Raises Conflict if nothing stood there before, Invalid for a stage that holds several versions, where nobody could
    say which one to put back.
    """
    access.require(actor, Right.PROMOTE, model)
    if (stage is None) == (not alias):
        raise Invalid("stage", "Name a stage or an alias, one of the two.")
    if stage and not stage.is_exclusive:
        raise Invalid("stage", f"{stage} holds several versions at once; move the one that you want to have there.")
    if alias:
        check_alias(alias)
    if not reason.strip():
        raise Invalid("reason", "Say why the version before is to come back.")
    # Until the end nobody else moves anything, so what is found is what is put back.
    RegisteredModel.objects.select_for_update().get(pk=model.pk)
    before = stood_before(model, stage=stage, alias=alias)
    if before is None:
        raise Conflict(f"No other version of {model} stood {f'at {stage}' if stage else f'under @{alias}'} before.")
    version = before.version
    placement = (
        move_stage(version, stage, reason=reason, actor=actor)
        if stage
        else move_alias(version, alias, reason=reason, actor=actor)
    )
    assert placement is not None, "an exclusive stage or an alias places what is moved there"
    record(
        Kind.VERSION_ROLLED_BACK,
        actor=actor,
        subject=version,
        registry_id=model.registry_id,
        reason=reason,
        to=stage.name if stage else f"@{alias}",
    )
    return placement
