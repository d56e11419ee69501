"""Who may move versions where a place is protected: asked by every move, and shown beside stages and aliases."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.db.models import BigIntegerField, Exists, F, OuterRef, QuerySet

from accounts import access
from accounts.models import Registry, User
from accounts.queries import find_registry
from accounts.reach.roles import roles_on
from accounts.rights import Right, Role
from lib.errors import Forbidden, NotFound
from lib.json_lists import JsonList
from lib.statements import Blank, Statement
from registry.models import ModelVersion, Placement, Protection, RegisteredModel, Stage
from registry.models.stages import ARCHIVED

_TEAMS = Protection.teams.through.objects.filter(protection=OuterRef("pk"))


@dataclass(frozen=True)
class ProtectedPlace:
    """A stage or an alias, who may move versions there, and whether the actor that it was read for is in a team."""

    stage_id: int | None
    stage: str
    alias: str
    roles: frozenset[Role]
    teams: tuple[str, ...]
    is_in_team: bool

    @property
    def who(self) -> str:
        """Who may, in words: maintainers and the team release."""
        people = [f"{role.value.replace('_', ' ')}s" for role in Role if role in self.roles]
        if self.teams:
            people.append(f"the team{'' if len(self.teams) == 1 else 's'} {_in_words(self.teams)}")
        return _in_words(people) or "administrators"

    def what(self, *, leaving: bool = False) -> str:
        """What they may: move versions to Production."""
        if self.alias:
            return f"move or remove @{self.alias}"
        return f"move versions {'away from' if leaving else 'to'} {self.stage}"

    def sentence(self, *, leaving: bool = False) -> str:
        """Who may, as an answer to somebody who may not."""
        return f"Only {self.who} may {self.what(leaving=leaving)}."


@dataclass(frozen=True)
class Passage:
    """A step that a version takes: from one stage to another, or under an alias."""

    to: Stage | None = None
    out_of: Stage | None = None
    alias: str = ""


class Guard:
    """The protected places of a registry as one actor meets them with one model."""

    def __init__(self, actor: User, model: RegisteredModel, places: Iterable[ProtectedPlace]) -> None:
        self.actor, self.model, self.places = actor, model, list(places)

    def at(self, stage: Stage | None = None, alias: str = "") -> ProtectedPlace | None:
        """What protects this stage, or this alias in whatever case it is written."""
        for place in self.places:
            if (stage and place.stage_id == stage.pk) or (alias and place.alias.lower() == alias.lower()):
                return place
        return None

    def on_the_way(self, passage: Passage) -> list[tuple[ProtectedPlace, bool]]:
        """The protected places that are touched, each with whether the version leaves it."""
        asked = [(self.at(stage=passage.out_of), True), (self.at(passage.to, passage.alias), False)]
        return [(place, leaving) for place, leaving in asked if place]

    def reasons(self, *passages: Passage) -> list[str]:
        """Why the actor may not move a version so, one sentence for each place; nothing when it may."""
        asked = [step for passage in passages for step in self.on_the_way(passage)]
        refusing = [place.sentence(leaving=leaving) for place, leaving in asked if not self.lets_through(place)]
        return list(dict.fromkeys(refusing))

    def lets_through(self, place: ProtectedPlace) -> bool:
        """Whether the actor is one of those who may."""
        return place.is_in_team or access.rules(self.actor, Right.PROMOTE) or bool(self._roles & place.roles)

    @cached_property
    def _roles(self) -> set[Role]:
        return roles_on(self.actor, self.model)


def guard_of(model: RegisteredModel, *, actor: User) -> Guard:
    """The guard of a model that was found for the actor before. One query, and one more where a role decides."""
    return Guard(actor, model, _places(model.registry_id, actor))


def protected_places(registry: Registry, *, actor: User) -> QuerySet[Protection]:
    """The rows that protect places of a registry that was found for the actor before."""
    rows = Protection.objects.filter(registry=registry).select_related("stage", "registry")
    return access.visible(actor, rows)


def find_protection(registry: Registry, *, stage: Stage | None = None, alias: str = "", actor: User) -> Protection:
    """What protects this stage, or this alias in whatever case it is written. Raises NotFound."""
    found = protected_places(registry, actor=actor).filter(stage=stage, alias__iexact=alias).first()
    if found is None:
        raise NotFound(f"{stage or f'@{alias}'} is not protected.")
    return found


def protections_of(registry: Registry, *, actor: User) -> list[ProtectedPlace]:
    """The protected places of a registry among those that the actor sees: stages as the ladder has them, then aliases.

    Raises NotFound.
    """
    return _places(find_registry(registry.name, actor=actor).pk, actor)


def passages(version: ModelVersion, *, stage: Stage | None = None, alias: str = "") -> list[Passage]:
    """What moves when the version goes to this stage, under this alias or both; nothing where it stands already."""
    found = []
    if stage:
        others = Placement.objects.filter(model=version.model_id, stage=stage, closed_at=None).exclude(version=version)
        standing = Placement.objects.filter(version=version, alias="", closed_at=None).select_related("stage").first()
        if standing is None or standing.stage_id != stage.pk:
            found.append(Passage(to=stage, out_of=standing.stage if standing else None))
        if stage.is_exclusive and others.exists():
            archive = Stage.objects.filter(registry=stage.registry_id, name=ARCHIVED).first()
            found.append(Passage(to=archive, out_of=stage))
    if alias and not Placement.objects.filter(version=version, alias=alias, closed_at=None).exists():
        found.append(Passage(alias=alias))
    return found


def require_release(standing: Iterable[Placement], model: RegisteredModel, *, actor: User) -> None:
    """Return if the actor may take versions away from where they stand; raises Forbidden where a place is protected."""
    places = list(standing)
    if not places:
        return
    ways = [Passage(out_of=place.stage, alias=place.alias) for place in places]
    if reasons := guard_of(model, actor=actor).reasons(*ways):
        raise Forbidden(" ".join(reasons))


def reason_against(actor: User, model: RegisteredModel, *, stage: Stage | None = None, alias: str = "") -> str | None:
    """Why the actor may not move versions of this model to this stage, or this alias; None for who may.

    This is about the protection alone: the right to promote and the gates are asked as well.
    """
    return next(iter(guard_of(model, actor=actor).reasons(Passage(to=stage, alias=alias))), None)


def places_json(registry: str) -> JsonList:
    """For an annotation: the protected places of the registry at this path, for the actor in the blank `actor`."""
    return JsonList(
        Protection.objects.filter(registry=OuterRef(registry))
        .annotate(
            stage_name=F("stage__name"),
            team_names=JsonList(_TEAMS.annotate(name=F("team__name")).order_by("team__name"), "name"),
            is_in_team=Exists(_TEAMS.filter(team__group__user=Blank("actor", BigIntegerField()))),
        )
        .order_by("stage__position", "alias"),
        stage_id="stage_id",
        stage="stage_name",
        alias="alias",
        json_roles="roles",
        json_teams="team_names",
        is_in_team="is_in_team",
    )


def places_from(json: str | None) -> list[ProtectedPlace]:
    """What stands in such a column."""
    return [
        ProtectedPlace(
            stage_id=row["stage_id"],
            stage=row["stage"] or "",
            alias=row["alias"],
            roles=frozenset(Role(name) for name in row["roles"]),
            teams=tuple(row["teams"] or ()),
            is_in_team=bool(row["is_in_team"]),
        )
        for row in orjson.loads(json or "[]")
    ]


def with_places(versions: QuerySet[ModelVersion]) -> QuerySet[Any, Any]:
    """The `protections_json` of each of these versions, for the actor in the blank `actor`."""
    rows = versions.annotate(protections_json=places_json("model__registry"))
    return rows.values_list("protections_json", named=True)


def _places(registry_id: int, actor: User) -> list[ProtectedPlace]:
    found = _of_registry.first(registry=registry_id, actor=actor.pk)
    return places_from(found.protections_json) if found else []


def _in_words(names: Iterable[str]) -> str:
    """One, two and three."""
    *firsts, last = names or ("",)
    return f"{', '.join(firsts)} and {last}" if firsts else last


_of_registry: Statement[Any] = Statement(
    lambda: (
        Registry.objects.filter(pk=Blank("registry", BigIntegerField()))
        .annotate(protections_json=places_json("pk"))
        .values_list("protections_json", named=True)
    )
)
