"""Protecting stages and aliases, and who moves versions there afterwards."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import access
from accounts.models import Registry, Team, User
from accounts.operations.registries import create_registry
from accounts.operations.teams import add_member, create_team, remove_member
from accounts.rights import Role
from events.models import Event
from lib.errors import Forbidden, Invalid, NotFound
from registry.models import ModelVersion, Protection, RegisteredModel, Stage
from registry.operations.models import create_model, delete_model, rename_model
from registry.operations.placements import move_alias, move_stage, remove_alias
from registry.operations.protections import protect_place, release_place
from registry.operations.versions import delete_version
from registry.protections import protections_of, reason_against
from registry.queries import current_stage, version_at
from tests.conftest import Member
from tests.factories.registry import register_files

StageOf = Callable[[str], Stage]
Protect = Callable[..., Protection]


@pytest.fixture
def team(system: User) -> Team:
    """The team release, with nobody in it."""
    return create_team("release", actor=system)


@pytest.fixture
def protect(registry: Registry, stage: StageOf, maintainer: User) -> Protect:
    """Protects Staging, where no policy asks for more, or another place, for maintainers."""

    def make(
        name: str = "Staging", *, alias: str = "", roles: tuple[Role, ...] = (), teams: tuple[Team, ...] = ()
    ) -> Protection:
        roles = roles or (() if teams else (Role.MAINTAINER,))
        step = None if alias else stage(name)
        return protect_place(registry, stage=step, alias=alias, roles=roles, teams=teams, actor=maintainer)

    return make


@pytest.fixture
def second(version: ModelVersion, scientist: User) -> ModelVersion:
    """Version 2."""
    return register_files(version.model, {"weights.txt": b"4 5 6"}, actor=scientist)


def test_only_those_named_move_versions_to_a_protected_stage(
    version: ModelVersion, stage: StageOf, protect: Protect, team: Team, scientist: User, maintainer: User
) -> None:
    protect(roles=(Role.MAINTAINER,), teams=(team,))
    with pytest.raises(Forbidden, match="Only maintainers and the team release may move versions to Staging"):
        move_stage(version, stage("Staging"), actor=scientist)
    assert current_stage(version) == "None"
    move_stage(version, stage("Staging"), actor=maintainer)
    assert current_stage(version) == "Staging"


def test_who_is_in_a_team_that_is_named_moves_versions(
    version: ModelVersion, stage: StageOf, protect: Protect, team: Team, scientist: User, system: User
) -> None:
    protect(teams=(team,))
    add_member(team, scientist, actor=system)
    move_stage(version, stage("Staging"), actor=scientist)
    remove_member(team, scientist, actor=system)
    with pytest.raises(Forbidden, match="Only the team release may move versions away from Staging"):
        move_stage(version, stage("Archived"), actor=scientist)


def test_being_in_the_team_is_not_enough_without_the_right_to_promote(
    version: ModelVersion, stage: StageOf, protect: Protect, team: Team, reviewer: User, system: User
) -> None:
    protect(teams=(team,))
    add_member(team, reviewer, actor=system)
    with pytest.raises(Forbidden, match="promote"):
        move_stage(version, stage("Staging"), actor=reviewer)


def test_administrators_and_gatehouse_itself_always_may_and_auditors_never(
    version: ModelVersion,
    second: ModelVersion,
    stage: StageOf,
    protect: Protect,
    team: Team,
    system: User,
    administrator: User,
    member: Member,
) -> None:
    protect(teams=(team,))
    move_stage(version, stage("Staging"), actor=administrator)
    move_stage(second, stage("Staging"), actor=system)
    auditor = member(Role.MAINTAINER, version.model.registry)
    auditor.is_auditor = True
    auditor.save(update_fields=["is_auditor"])
    add_member(team, auditor, actor=system)
    with pytest.raises(Forbidden):
        move_stage(version, stage("Archived"), actor=auditor)


def test_a_role_on_the_model_itself_counts_and_one_that_is_cut_off_does_not(
    version: ModelVersion, stage: StageOf, protect: Protect, member: Member, maintainer: User, system: User
) -> None:
    protect()
    own = member(Role.MAINTAINER, version.model)
    move_stage(version, stage("Staging"), actor=own)
    RegisteredModel.objects.filter(pk=version.model_id).update(restricted=True)
    access.grant(Role.CONTRIBUTOR, on=version.model, to=maintainer, actor=own)
    with pytest.raises(Forbidden, match="Only maintainers"):
        move_stage(version, stage("Archived"), actor=maintainer)


def test_a_version_is_not_sent_away_from_a_protected_stage_by_another(
    version: ModelVersion, second: ModelVersion, stage: StageOf, protect: Protect, scientist: User, maintainer: User
) -> None:
    move_stage(version, stage("Staging"), actor=scientist)
    move_stage(second, stage("Staging"), actor=scientist)
    protect()
    with pytest.raises(Forbidden, match="away from Staging"):
        move_stage(second, stage("Staging"), archive_others=True, actor=scientist)
    assert (current_stage(version), current_stage(second)) == ("Staging", "Staging")
    move_stage(second, stage("Staging"), archive_others=True, actor=maintainer)
    assert (current_stage(version), current_stage(second)) == ("Archived", "Staging")


def test_a_protected_archive_is_not_filled_by_replacing(
    version: ModelVersion, second: ModelVersion, stage: StageOf, protect: Protect, scientist: User
) -> None:
    move_stage(version, stage("Staging"), actor=scientist)
    protect("Archived")
    with pytest.raises(Forbidden, match="Only maintainers may move versions to Archived"):
        move_stage(second, stage("Staging"), archive_others=True, actor=scientist)
    move_stage(second, stage("Staging"), actor=scientist)


def test_a_protected_alias_is_neither_moved_nor_removed_in_whatever_case_it_is_written(
    version: ModelVersion, second: ModelVersion, protect: Protect, scientist: User, maintainer: User
) -> None:
    move_alias(version, "blue", actor=scientist)
    protect(alias="Blue")
    for change in (
        lambda: move_alias(second, "blue", actor=scientist),
        lambda: move_alias(second, "BLUE", actor=scientist),
        lambda: remove_alias(version.model, "blue", actor=scientist),
    ):
        with pytest.raises(Forbidden, match="Only maintainers may move or remove @Blue"):
            change()
    assert version_at(version.model, alias="blue") == version
    move_alias(second, "green", actor=scientist)
    move_alias(second, "blue", actor=maintainer)
    remove_alias(version.model, "blue", actor=maintainer)


def test_what_stands_at_a_protected_place_is_neither_deleted_nor_renamed_by_others(
    version: ModelVersion, protect: Protect, team: Team, scientist: User, maintainer: User, system: User
) -> None:
    move_alias(version, "blue", actor=scientist)
    protect(alias="blue", teams=(team,))
    for change in (
        lambda: delete_version(version, actor=maintainer),
        lambda: delete_model(version.model, actor=maintainer),
        lambda: rename_model(version.model, "lily", actor=maintainer),
    ):
        with pytest.raises(Forbidden, match="Only the team release"):
            change()
    add_member(team, maintainer, actor=system)
    rename_model(version.model, "lily", actor=maintainer)
    delete_version(version, actor=maintainer)


def test_another_registry_is_not_concerned(protect: Protect, scientist: User, system: User, member: Member) -> None:
    protect()
    other = create_registry("other", actor=system)
    ada = member(Role.CONTRIBUTOR, other)
    version = register_files(create_model(other, "iris", actor=ada), {"w": b"1"}, actor=ada)
    move_stage(version, Stage.objects.get(registry=other, name="Staging"), actor=ada)


def test_protecting_again_replaces_and_the_log_says_what_it_was(
    registry: Registry, protect: Protect, team: Team, maintainer: User, stage: StageOf
) -> None:
    first = protect()
    assert protect(teams=(team,)) == first
    [place] = protections_of(registry, actor=maintainer)
    assert (place.stage, place.roles, place.teams, place.who) == (
        "Staging",
        frozenset(),
        ("release",),
        "the team release",
    )
    lines = Event.objects.filter(kind="place.protected").order_by("pk")
    by_role, by_team = {"roles": ["maintainer"], "teams": []}, {"roles": [], "teams": ["release"]}
    assert [line.details for line in lines] == [
        {"before": None, "after": by_role},
        {"before": by_role, "after": by_team},
    ]
    release_place(first, actor=maintainer)
    assert Event.objects.get(kind="place.released").details == {"before": by_team}
    with pytest.raises(NotFound):
        release_place(first, actor=maintainer)


def test_a_place_is_protected_for_somebody_who_can_use_it(
    registry: Registry, stage: StageOf, maintainer: User, scientist: User, system: User
) -> None:
    other = Stage.objects.get(registry=create_registry("other", actor=system), name="Staging")
    wrong: list[tuple[str, dict[str, object]]] = [
        ("at least one role or one team", {"stage": stage("Staging")}),
        ("The role of readers and reviewers does not", {"alias": "blue", "roles": [Role.REVIEWER, Role.READER]}),
        ("stands for one account", {"alias": "blue", "teams": [scientist.personal_team]}),
        ("one of the two", {"roles": [Role.MAINTAINER]}),
        ("one of the two", {"stage": stage("Staging"), "alias": "blue", "roles": [Role.MAINTAINER]}),
        ("Invalid alias name", {"alias": "v1", "roles": [Role.MAINTAINER]}),
        ("not on the ladder", {"stage": other, "roles": [Role.MAINTAINER]}),
    ]
    for words, said in wrong:
        with pytest.raises(Invalid, match=words):
            protect_place(registry, actor=maintainer, **said)  # type: ignore[arg-type] # told apart above
    assert not Protection.objects.exists()


def test_only_who_manages_the_registry_protects_and_releases(
    registry: Registry, protect: Protect, scientist: User
) -> None:
    with pytest.raises(Forbidden):
        protect_place(registry, alias="blue", roles=[Role.CONTRIBUTOR], actor=scientist)
    with pytest.raises(Forbidden):
        release_place(protect(), actor=scientist)


def test_the_reason_is_told_before_anything_is_moved(
    version: ModelVersion, stage: StageOf, protect: Protect, scientist: User, maintainer: User
) -> None:
    protect()
    said = reason_against(scientist, version.model, stage=stage("Staging"))
    assert said == "Only maintainers may move versions to Staging."
    assert reason_against(scientist, version.model, stage=stage("Production")) is None
    assert reason_against(maintainer, version.model, stage=stage("Staging")) is None


def test_a_protected_place_costs_one_query_more_and_others_none(
    version: ModelVersion, second: ModelVersion, protect: Protect, scientist: User, maintainer: User
) -> None:
    def queries(alias: str, to: ModelVersion) -> int:
        with CaptureQueriesContext(connection) as sent:
            move_alias(to, alias, actor=maintainer)
        return len(sent)

    move_alias(version, "blue", actor=maintainer)
    move_alias(version, "green", actor=maintainer)
    before = queries("blue", second)
    protect(alias="blue")
    assert queries("green", second) == before
    assert queries("blue", version) == before + 1
