"""Moving versions to stages and under aliases."""

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from events.models import Event
from lib.errors import Forbidden, GateRefused, Invalid, NotFound
from registry import gates
from registry.gates import Move
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations.placements import move_alias, move_stage, remove_alias
from registry.operations.versions import delete_version
from registry.queries import current_stage, placements_of, standing, standing_at, version_at
from tests.conftest import Member
from tests.factories.registry import register_files

StageOf = Callable[[str], Stage]
asked: list[str] = []


def asks(move: Move) -> str | None:
    """A gate that notes every question and lets everything through."""
    asked.append(f"{move.version.number} {'from' if move.leaves else 'to'} {move} by {move.actor}")
    return None


def refuses(move: Move) -> str | None:
    """A gate that lets nothing through where versions are used."""
    return f"{move} is closed." if move.is_live else None


def also_refuses(move: Move) -> str | None:
    """A second one."""
    return "Come back tomorrow."


@pytest.fixture
def gates_are(settings: Settings) -> "Callable[..., None]":
    """Puts other gates in place of the real ones; none to begin with."""

    def install(*names: str) -> None:
        settings.PROMOTION_GATES = [f"{__name__}.{name}" for name in names]
        gates._gates.cache_clear()

    asked.clear()
    return install


@pytest.fixture(autouse=True)
def free(gates_are: Callable[..., None]) -> Iterator[None]:
    """An ungoverned installation, and the real gates again at the end."""
    gates_are()
    yield
    gates._gates.cache_clear()


@pytest.fixture
def second(version: ModelVersion, scientist: User) -> ModelVersion:
    """Version 2."""
    return register_files(version.model, {"weights.txt": b"4 5 6"}, actor=scientist)


def places(version: ModelVersion) -> list[str]:
    """Where the version stands now."""
    rows = Placement.objects.filter(version=version, closed_at=None).select_related("stage")
    return sorted(row.stage.name if row.stage else f"@{row.alias}" for row in rows)


def test_an_exclusive_stage_archives_the_version_before(
    version: ModelVersion, second: ModelVersion, scientist: User, stage: StageOf
) -> None:
    move_stage(version, stage("Production"), reason="It is good.", actor=scientist)
    move_stage(second, stage("Production"), actor=scientist)
    assert (places(version), places(second)) == (["Archived"], ["Production"])
    lines = Event.objects.filter(kind="version.stage_changed").order_by("pk")
    assert [(line.subject_name, line.details["before"], line.details["after"]) for line in lines] == [
        ("iris version 1", {"stage": "None"}, {"stage": "Production"}),
        ("iris version 1", {"stage": "Production"}, {"stage": "Archived"}),
        ("iris version 2", {"stage": "None"}, {"stage": "Production"}),
    ]
    assert lines[0].reason == "It is good."


def test_a_stage_is_a_change_of_the_version_and_an_alias_is_none(
    version: ModelVersion, second: ModelVersion, scientist: User, stage: StageOf
) -> None:
    move_stage(version, stage("Production"), actor=scientist)
    version.refresh_from_db()
    before = version.updated_at
    move_alias(version, "blue", actor=scientist)
    version.refresh_from_db()
    assert version.updated_at == before
    move_stage(second, stage("Production"), actor=scientist)
    version.refresh_from_db()
    version.model.refresh_from_db()
    assert before < version.updated_at < version.model.updated_at


def test_another_stage_holds_several_unless_asked_otherwise(
    version: ModelVersion, second: ModelVersion, scientist: User, stage: StageOf
) -> None:
    move_stage(version, stage("Staging"), actor=scientist)
    move_stage(second, stage("Staging"), actor=scientist)
    assert (places(version), places(second)) == (["Staging"], ["Staging"])
    move_stage(second, stage("Staging"), archive_others=True, actor=scientist)
    assert (places(version), places(second)) == (["Archived"], ["Staging"])


def test_a_version_stands_at_one_stage(version: ModelVersion, scientist: User, stage: StageOf) -> None:
    for name in ("Staging", "Production", "Staging", "Archived"):
        move_stage(version, stage(name), actor=scientist)
        assert places(version) == [name]
        assert current_stage(version) == name
    assert move_stage(version, stage("None"), actor=scientist) is None
    assert (places(version), current_stage(version)) == ([], "None")


def test_a_move_to_where_it_stands_changes_nothing_and_asks_nobody(
    version: ModelVersion, scientist: User, stage: StageOf, gates_are: Callable[..., None]
) -> None:
    move_stage(version, stage("None"), actor=scientist)
    assert not Event.objects.filter(kind="version.stage_changed").exists()
    placed = move_stage(version, stage("Production"), actor=scientist)
    named = move_alias(version, "blue", actor=scientist)
    lines = Event.objects.count()
    gates_are("refuses")
    assert move_stage(version, stage("Production"), actor=scientist) == placed
    assert move_alias(version, "blue", actor=scientist) == named
    assert Event.objects.count() == lines


def test_an_alias_names_one_version_at_a_time(version: ModelVersion, second: ModelVersion, scientist: User) -> None:
    move_alias(version, "blue", actor=scientist)
    move_alias(second, "blue", actor=scientist)
    move_alias(second, "green", actor=scientist)
    assert (places(version), places(second)) == ([], ["@blue", "@green"])
    assert version_at(version.model, alias="blue") == second
    details = Event.objects.filter(kind="alias.moved").order_by("pk")[1].details
    assert (details["before"]["version"], details["after"]["version"]) == (1, 2)
    remove_alias(version.model, "blue", actor=scientist)
    assert places(second) == ["@green"]
    with pytest.raises(NotFound):
        version_at(version.model, alias="blue")
    lines = Event.objects.count()
    remove_alias(version.model, "blue", actor=scientist)
    assert Event.objects.count() == lines


def test_the_past_can_be_asked_for(
    version: ModelVersion, second: ModelVersion, scientist: User, stage: StageOf
) -> None:
    before = timezone.now()
    move_stage(version, stage("Production"), actor=scientist)
    move_alias(version, "blue", actor=scientist)
    between = timezone.now()
    move_stage(second, stage("Production"), actor=scientist)
    after = timezone.now()
    model = version.model

    def live(moment: object) -> list[int]:
        rows = standing_at(model, moment).filter(stage__name="Production")  # type: ignore[arg-type]
        return [row.version.number for row in rows]

    assert (live(before), live(between), live(after)) == ([], [1], [2])
    assert [str(row) for row in standing(model)] == [str(row) for row in standing_at(model, after)]
    assert placements_of(model).count() == 4
    assert all(row.closed_by == scientist for row in placements_of(model) if row.closed_at)


def test_an_earlier_version_can_come_back(
    version: ModelVersion, second: ModelVersion, scientist: User, stage: StageOf
) -> None:
    for each in (version, second, version):
        move_stage(each, stage("Production"), actor=scientist)
    assert (places(version), places(second)) == (["Production"], ["Archived"])


def test_every_move_asks_every_gate(
    version: ModelVersion, scientist: User, stage: StageOf, gates_are: Callable[..., None]
) -> None:
    gates_are("asks", "asks")
    for name in ("Staging", "Archived", "None"):
        move_stage(version, stage(name), actor=scientist)
    move_alias(version, "blue", actor=scientist)
    remove_alias(version.model, "blue", actor=scientist)
    moves = ("to Staging", "from Staging", "to Archived", "from Archived", "to None", "to @blue", "from @blue")
    assert asked[::2] == asked[1::2] == [f"1 {move} by ada" for move in moves]


def test_every_reason_is_told_and_nothing_moves(
    version: ModelVersion, scientist: User, stage: StageOf, gates_are: Callable[..., None]
) -> None:
    gates_are("asks", "refuses", "also_refuses")
    lines = Event.objects.count()
    with pytest.raises(GateRefused) as refusal:
        move_stage(version, stage("Staging"), actor=scientist)
    assert refusal.value.reasons == ("Staging is closed.", "Come back tomorrow.")
    with pytest.raises(GateRefused) as refusal:
        move_alias(version, "blue", actor=scientist)
    assert refusal.value.reasons == ("@blue is closed.", "Come back tomorrow.")
    assert not Placement.objects.exists()
    assert Event.objects.count() == lines


def test_a_stage_of_another_registry_is_refused(version: ModelVersion, scientist: User, system: User) -> None:
    other = create_registry("other", actor=system).stages.get(name="Staging")
    with pytest.raises(Invalid) as refusal:
        move_stage(version, other, actor=scientist)
    assert refusal.value.field == "stage"


@pytest.mark.parametrize("alias", ["", "latest", "v1", "a b"])
def test_a_bad_alias_is_refused(version: ModelVersion, scientist: User, alias: str) -> None:
    with pytest.raises(Invalid):
        move_alias(version, alias, actor=scientist)


def test_a_version_that_was_deleted_meanwhile_goes_nowhere(
    version: ModelVersion, scientist: User, maintainer: User, stage: StageOf
) -> None:
    delete_version(ModelVersion.objects.get(pk=version.pk), actor=maintainer)
    with pytest.raises(NotFound):
        move_stage(version, stage("Staging"), actor=scientist)
    with pytest.raises(NotFound):
        move_alias(version, "blue", actor=scientist)


@pytest.mark.parametrize("role", [Role.METADATA_READER, Role.READER, Role.REVIEWER])
def test_those_who_may_not_promote_move_nothing(
    version: ModelVersion, member: Member, stage: StageOf, role: Role
) -> None:
    person = member(role, version.model.registry)
    with pytest.raises(Forbidden):
        move_stage(version, stage("Archived"), actor=person)
    with pytest.raises(Forbidden):
        move_alias(version, "blue", actor=person)
    with pytest.raises(Forbidden):
        remove_alias(version.model, "blue", actor=person)


def test_the_database_itself_holds_one_alias_to_one_version(
    version: ModelVersion, second: ModelVersion, model: RegisteredModel
) -> None:
    constraints = {constraint.name for constraint in Placement._meta.constraints}
    assert {"alias_names_one_version", "version_stands_at_one_stage"} <= constraints
