"""Protecting stages and aliases: naming those who may move versions there, and opening the place again."""

from collections.abc import Iterable

from django.db import transaction

from accounts import access
from accounts.models import Registry, Team, User
from accounts.rights import Right, Role, roles_with
from events.kinds import Kind
from events.record import record
from lib.errors import Invalid, NotFound
from registry.models import Protection, Stage
from registry.names import check_alias


@transaction.atomic
def protect_place(
    registry: Registry,
    *,
    stage: Stage | None = None,
    alias: str = "",
    roles: Iterable[Role] = (),
    teams: Iterable[Team] = (),
    actor: User,
) -> Protection:
    """From now on only people with one of `roles` on the model, or in one of `teams`, move this stage or this alias.

    It replaces what stood there before. The right to promote is still needed, so a role without it is refused.
    """
    access.require(actor, Right.MANAGE, registry)
    _check_place(registry, stage, alias)
    roles, teams = [role for role in Role if role in set(roles)], sorted(set(teams), key=lambda team: team.name)
    _check_people(roles, teams)
    # One at a time, so that what the event calls the state before is what it replaces.
    Registry.objects.select_for_update().get(pk=registry.pk)
    place = Protection.objects.filter(registry=registry, stage=stage, alias__iexact=alias).first()
    before = _facts(place) if place else None
    place = place or Protection(registry=registry, stage=stage)
    place.alias, place.roles = alias, [role.value for role in roles]
    place.save()
    place.teams.set(teams)
    record(
        Kind.PLACE_PROTECTED,
        actor=actor,
        subject=place,
        registry_id=registry.pk,
        before=before,
        after=_facts(place),
    )
    return place


@transaction.atomic
def release_place(place: Protection, *, actor: User) -> None:
    """Whoever may promote moves versions there again. Raises NotFound for a place that is not protected any more."""
    access.require(actor, Right.MANAGE, place)
    Registry.objects.select_for_update().get(pk=place.registry_id)
    standing = Protection.objects.filter(pk=place.pk).first()
    if standing is None:
        raise NotFound(f"{place} is not protected.")
    before = _facts(standing)
    Protection.objects.filter(pk=standing.pk).delete()
    record(Kind.PLACE_RELEASED, actor=actor, subject=standing, registry_id=standing.registry_id, before=before)


def _check_place(registry: Registry, stage: Stage | None, alias: str) -> None:
    if (stage is None) == (not alias):
        raise Invalid("stage", "Name a stage or an alias, one of the two.")
    if stage and stage.registry_id != registry.pk:
        raise Invalid("stage", f"Stage {stage} is not on the ladder of this registry.")
    if alias:
        check_alias(alias)


def _check_people(roles: list[Role], teams: list[Team]) -> None:
    if not roles and not teams:
        raise Invalid("roles", "Name at least one role or one team, or nobody but administrators could move anything.")
    able = roles_with(Right.PROMOTE)
    if useless := [role for role in roles if role.value not in able]:
        names = " and ".join(f"{role.value.replace('_', ' ')}s" for role in useless)
        raise Invalid(
            "roles", f"The role of {names} does not allow moving versions anywhere, so naming it lets nobody in."
        )
    if personal := [team for team in teams if team.is_personal]:
        raise Invalid("teams", f"{personal[0]} stands for one account; name a team that people join and leave.")


def _facts(place: Protection) -> dict[str, list[str]]:
    return {"roles": list(place.roles), "teams": list(place.teams.order_by("name").values_list("name", flat=True))}
