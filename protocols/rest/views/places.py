"""Where versions stand: moves and what stands against them, aliases, history."""

from django.db.models import QuerySet

from accounts.models import User
from lib.errors import Invalid
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.models import HistoryAsked, PlacementShape
from protocols.rest.shapes.versions import (
    AliasMoveShape,
    AliasShape,
    BlockersShape,
    MoveShape,
    PlaceShape,
    RollbackShape,
    VersionInFullShape,
)
from protocols.rest.views.versions import in_full
from registry.gates import Move, refusals
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.names import check_alias
from registry.operations.placements import move_alias, move_stage, remove_alias
from registry.operations.rollbacks import roll_back
from registry.protections import guard_of, passages
from registry.queries import (
    find_model,
    find_stage,
    find_version,
    placements_of,
    stage_of,
    standing,
    standing_at,
    version_at,
)


def stage_named(name: str, model: RegisteredModel) -> Stage:
    """The stage of this name on the ladder that the versions of a model climb. Raises Invalid."""
    stage = find_stage(model.registry, name)
    if stage is None:
        raise Invalid("stage", f"There is no stage {name} on the ladder of {model.registry}.")
    return stage


class Moves(View):
    @endpoint("move_version", takes=MoveShape, answers=VersionInFullShape)
    def post(self, call: Call, registry: str, name: str, number: int) -> With:
        """Put a version at a stage or under an alias, if every gate agrees.

        A refused move answers 409 with all the reasons at once.
        """
        version = find_version(registry, name, number, actor=call.actor)
        if "alias" in call.said:
            move_alias(version, call.said["alias"], reason=call.said["reason"], actor=call.actor)
        else:
            move_stage(
                version,
                stage_named(call.said["stage"], version.model),
                archive_others=call.said["archive_others"],
                reason=call.said["reason"],
                actor=call.actor,
            )
        return in_full(version, call.actor)


class Blockers(View):
    @endpoint("list_blockers", asks=PlaceShape, answers=BlockersShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> dict[str, list[str]]:
        """Why the version could not go to a stage or under an alias now; nothing is moved."""
        version = find_version(registry, name, number, actor=call.actor)
        move = _intended(call.asked, version, call.actor)
        ways = passages(version, stage=move.stage, alias=move.alias)
        protected = guard_of(version.model, actor=call.actor).reasons(*ways)
        return {"reasons": [*protected, *refusals(move)]}


class Aliases(View):
    @endpoint("list_aliases", lists=AliasShape)
    def get(self, call: Call, registry: str, name: str) -> Page[Placement]:
        """The aliases of a model and the versions that they name."""
        return call.page(standing(find_model(registry, name, actor=call.actor)).exclude(alias=""), "alias")


class Alias(View):
    @endpoint("get_alias", answers=VersionInFullShape)
    def get(self, call: Call, registry: str, name: str, alias: str) -> With:
        """The version that an alias names."""
        return in_full(version_at(find_model(registry, name, actor=call.actor), alias=alias), call.actor)

    @endpoint("move_alias", takes=AliasMoveShape, answers=VersionInFullShape)
    def put(self, call: Call, registry: str, name: str, alias: str) -> With:
        """Let an alias name a version, if every gate agrees."""
        version = find_version(registry, name, call.said["version"], actor=call.actor)
        move_alias(version, alias, reason=call.said["reason"], actor=call.actor)
        return in_full(version, call.actor)

    @endpoint("remove_alias")
    def delete(self, call: Call, registry: str, name: str, alias: str) -> None:
        """Let an alias name nothing any more."""
        remove_alias(find_model(registry, name, actor=call.actor), alias, actor=call.actor)


class Rollback(View):
    @endpoint("roll_back", takes=RollbackShape, answers=VersionInFullShape)
    def post(self, call: Call, registry: str, name: str) -> With:
        """Put back the version that stood at a stage, or under an alias, before the present one.

        It is a move like any other: one that a gate refuses answers 409 with all the reasons at once.
        """
        model, said = find_model(registry, name, actor=call.actor), call.said
        stage = stage_named(said["stage"], model) if "stage" in said else None
        placement = roll_back(model, stage=stage, alias=said.get("alias", ""), reason=said["reason"], actor=call.actor)
        return in_full(placement.version, call.actor)


class History(View):
    @endpoint("list_history", asks=HistoryAsked, lists=PlacementShape)
    def get(self, call: Call, registry: str, name: str) -> Page[Placement]:
        """Which version stood where from when to when, newest first; with `at`, what stood where at that moment."""
        model = find_model(registry, name, actor=call.actor)
        moment = call.asked["at"]
        rows: QuerySet[Placement] = standing_at(model, moment) if moment else placements_of(model)
        return call.page(rows.select_related("version", "stage", "opened_by", "closed_by"), "-opened_at", "-pk")


def _intended(asked: dict[str, str], version: ModelVersion, actor: User) -> Move:
    if "alias" in asked:
        check_alias(asked["alias"])
        return Move(version=version, actor=actor, alias=asked["alias"])
    stage = stage_named(asked["stage"], version.model)
    return Move(version=version, actor=actor, stage=stage, out_of=stage_of(version))
