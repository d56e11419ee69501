"""Why somebody may or may not move a version: the right, who guards the place, and what the gates say."""

from dataclasses import replace

from accounts.models import User
from accounts.reach.explanations import Effect, Explanation, Step, explanation_for
from accounts.rights import Right
from registry import gates
from registry.gates import Move
from registry.models import ModelVersion, Stage
from registry.models.stages import NO_STAGE
from registry.protections import guard_of, passages
from registry.queries import stage_of


def explain_move(
    name: str, version: ModelVersion, *, stage: Stage | None = None, alias: str = "", actor: User
) -> Explanation:
    """Whether the account of this name may put the version at the stage, or under the alias, now, and why.

    The same people may ask as for a right: see `explanation_for`.
    """
    found = explanation_for(name, Right.PROMOTE, version, actor=actor)
    present = stage_of(version) if stage else None
    is_there = bool(stage) and (present == stage if present else stage is not None and stage.name == NO_STAGE)
    move = Move(version=version, actor=found.account, stage=stage, alias=alias, out_of=present)
    wish = f"move {version} to {move}"
    if is_there:
        there = Step("there", Effect.NOTES, f"{version} is at {move} already.")
        return replace(found, wish=wish, steps=[*found.steps, there])
    guard = guard_of(version.model, actor=found.account)
    guards = [
        Step("protection", Effect.REFUSES, why) for why in guard.reasons(*passages(version, stage=stage, alias=alias))
    ]
    closed = [Step("gate", Effect.REFUSES, why, {"place": str(move)}) for why in gates.refusals(move)]
    more = guards or _open_place(guard.at(stage, alias) is not None, str(move))
    more += closed or [Step("gate", Effect.NOTES, "Every gate lets the version through.")]
    return replace(found, wish=wish, steps=[*found.steps, *more], allowed=found.allowed and not guards and not closed)


def _open_place(is_protected: bool, place: str) -> list[Step]:
    text = f"{place} is protected, and the account is among those who may." if is_protected else ""
    return [Step("protection", Effect.NOTES, text)] if text else []
