"""Where a version may go from here, and what still keeps it from going there."""

from dataclasses import dataclass

from accounts.models import User
from approvals.queries import policies_in_force
from registry.gates import Move, refusals
from registry.models import ModelVersion, Placement, Stage
from registry.models.stages import NO_STAGE
from registry.protections import Passage, guard_of
from registry.queries import stages_of


@dataclass(frozen=True)
class Place:
    """A stage or an alias as seen from one version: whether it stands there, and if not, why it may not go."""

    stage: Stage | None
    alias: str
    is_here: bool
    is_governed: bool
    # Who alone may move versions there, in words; empty where no place is protected.
    kept_for: str
    # Whether that keeps the actor out; the reasons say so then.
    keeps_out: bool
    reasons: list[str]

    @property
    def is_free(self) -> bool:
        """Whether nothing but the actor's own rights stands between the version and the place."""
        return not self.is_here and not self.reasons


def places_of(version: ModelVersion, standing: list[Placement], *, actor: User) -> list[Place]:
    """Every stage of the ladder, the aliases that are governed or protected, and those that the version has.

    `standing` are the open placements of the version.
    """
    policies = policies_in_force(version.model.registry_id)
    stages = {policy.stage for policy in policies}
    protected = [policy.alias for policy in policies if policy.alias]
    guard = guard_of(version.model, actor=actor)
    kept = [place.alias for place in guard.places if place.alias]
    under = [place.alias for place in standing if place.alias]
    present = next((place.stage for place in standing if place.stage), None)
    # Asked once, though it holds back every other stage.
    kept_here = guard.reasons(Passage(out_of=present)) if present else []
    kept_here += refusals(Move(version=version, actor=actor, stage=present, leaves=True)) if present else []
    moves = [Move(version=version, actor=actor, stage=stage) for stage in stages_of(version.model.registry)]
    moves += [Move(version=version, actor=actor, alias=alias) for alias in dict.fromkeys([*protected, *kept, *under])]
    found = []
    for move in moves:
        is_here = move.stage == (present or _no_stage(move)) if move.stage else move.alias in under
        is_governed = move.stage.name in stages if move.stage else move.alias in protected
        passage = Passage(to=move.stage, alias=move.alias)
        barred = [] if is_here else guard.reasons(passage)
        asked = [] if is_here else [*(kept_here if move.stage else []), *barred, *refusals(move)]
        place = guard.at(move.stage, move.alias)
        who = place.who if place else ""
        found.append(Place(move.stage, move.alias, is_here, is_governed, who, bool(barred), asked))
    return found


def _no_stage(move: Move) -> Stage | None:
    """The stage of the move, if it is where versions stand that were never placed."""
    return move.stage if move.stage and move.stage.name == NO_STAGE else None
