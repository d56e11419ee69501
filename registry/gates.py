"""The question that other floors answer: may this version make this move? `settings.PROMOTION_GATES` lists them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User
from registry.models import ModelVersion, Stage


@dataclass(frozen=True)
class Move:
    """The intention to put a version at a stage or under an alias, or to take it away from there without another."""

    version: ModelVersion
    actor: User
    stage: Stage | None = None
    alias: str = ""
    leaves: bool = False
    # The stage that the version stands at and would leave by this.
    out_of: Stage | None = None

    @property
    def is_live(self) -> bool:
        """Whether people will load the version through this: every alias and every stage that is in use."""
        return not self.leaves and (self.stage is None or self.stage.is_live)

    def __str__(self) -> str:
        return f"@{self.alias}" if self.stage is None else self.stage.name


Gate = Callable[[Move], str | None]


def refusals(move: Move) -> list[str]:
    """Why the move may not be made, one sentence a gate and a place; nothing when it may."""
    steps = [move]
    if move.out_of:
        steps.insert(0, replace(move, stage=move.out_of, leaves=True, out_of=None))
    return [reason for step in steps for gate in _gates() if (reason := gate(step))]


@cache
def _gates() -> tuple[Gate, ...]:
    return tuple(import_string(path) for path in settings.PROMOTION_GATES)
