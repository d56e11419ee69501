"""Protected stages and aliases of a registry: who may move versions there."""

from collections.abc import Iterable

from accounts.models import Registry, Team
from accounts.queries import find_grantee, find_registry
from accounts.rights import Role
from lib.errors import Invalid, NotFound
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.registries import NewProtectionShape, ProtectionShape
from registry.models import Protection, Stage
from registry.operations.protections import protect_place, release_place
from registry.protections import find_protection, protected_places
from registry.queries import find_stage


class Protections(View):
    @endpoint("list_protections", lists=ProtectionShape)
    def get(self, call: Call, registry: str) -> Page[Protection]:
        """The protected stages and aliases of a registry, and who may move versions there."""
        found = find_registry(registry, actor=call.actor)
        return call.page(protected_places(found, actor=call.actor).prefetch_related("teams"), "pk")


class StageProtection(View):
    @endpoint("protect_stage", takes=NewProtectionShape, answers=ProtectionShape)
    def put(self, call: Call, registry: str, stage: str) -> Protection:
        """Name who may move versions to a stage and away from it, instead of those named before."""
        found = find_registry(registry, actor=call.actor)
        return _protect(call, found, stage=_stage(found, stage))

    @endpoint("release_stage")
    def delete(self, call: Call, registry: str, stage: str) -> None:
        """Let everybody who may promote move versions to this stage again."""
        found = find_registry(registry, actor=call.actor)
        release_place(find_protection(found, stage=_stage(found, stage), actor=call.actor), actor=call.actor)


class AliasProtection(View):
    @endpoint("protect_alias", takes=NewProtectionShape, answers=ProtectionShape)
    def put(self, call: Call, registry: str, alias: str) -> Protection:
        """Name who may move or remove an alias in every model of a registry, instead of those named before."""
        return _protect(call, find_registry(registry, actor=call.actor), alias=alias)

    @endpoint("release_alias")
    def delete(self, call: Call, registry: str, alias: str) -> None:
        """Let everybody who may promote move this alias again."""
        found = find_registry(registry, actor=call.actor)
        release_place(find_protection(found, alias=alias, actor=call.actor), actor=call.actor)


def _protect(call: Call, registry: Registry, *, stage: Stage | None = None, alias: str = "") -> Protection:
    roles, teams = _roles(call.said["roles"]), _teams(call, registry, call.said["teams"])
    return protect_place(registry, stage=stage, alias=alias, roles=roles, teams=teams, actor=call.actor)


def _roles(names: Iterable[str]) -> list[Role]:
    try:
        return [Role(name) for name in names]
    except ValueError as error:
        raise Invalid("roles", f"There are no roles but {', '.join(Role)}.") from error


def _teams(call: Call, registry: Registry, names: Iterable[str]) -> list[Team]:
    return [find_grantee(team=name, on=registry, actor=call.actor) for name in names]


def _stage(registry: Registry, name: str) -> Stage:
    stage = find_stage(registry, name)
    if stage is None:
        raise NotFound(f"There is no stage {name} on the ladder of {registry}.")
    return stage
