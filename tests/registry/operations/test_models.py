"""Creating, renaming, tagging and deleting models."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations.models import (
    create_model,
    delete_model,
    delete_model_tag,
    describe_model,
    rename_model,
    set_model_tag,
)
from registry.operations.placements import move_alias, move_stage
from registry.queries import find_model, find_version, models_for
from tests.conftest import Member
from tests.factories.registry import register_files


def test_a_model_belongs_to_whoever_made_it(registry: Registry, scientist: User) -> None:
    model = create_model(registry, "fraud", description="Finds fraud.", tags={"team": "risk"}, actor=scientist)
    assert (model.owner, model.last_number) == (scientist, 0)
    assert dict(model.tags.values_list("key", "value")) == {"team": "risk"}
    line = Event.objects.latest("pk")
    assert (line.kind, line.actor_name, line.subject_name, line.registry_id) == (
        "model.created",
        "ada",
        "fraud",
        registry.pk,
    )


@pytest.mark.parametrize("name", ["iris", "IRIS", "ｉris", "Iris"])
def test_no_second_model_looks_the_same(model: RegisteredModel, scientist: User, name: str) -> None:
    with pytest.raises(AlreadyExists) as refusal:
        create_model(model.registry, name, actor=scientist)
    assert ("looks the same as iris" in refusal.value.message) == (name != "iris")
    assert RegisteredModel.objects.get() == model


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "a/b"}),
        ("description", {"description": "x" * 100_001}),
        ("key", {"tags": {"": "x"}}),
        ("tags", {"tags": {str(number): "" for number in range(1_001)}}),
    ],
)
def test_a_bad_value_makes_no_model(registry: Registry, scientist: User, field: str, values: dict[str, str]) -> None:
    lines = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        create_model(registry, **{"name": "iris", **values}, actor=scientist)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert not RegisteredModel.objects.exists()
    assert Event.objects.count() == lines


def test_the_same_name_in_another_registry_is_another_model(model: RegisteredModel, system: User) -> None:
    other = create_model(create_registry("other", actor=system), "iris", actor=system)
    assert other != model


def test_a_new_name_is_free_of_others_and_leads_to_the_same_versions(version: ModelVersion, maintainer: User) -> None:
    model = version.model
    create_model(model.registry, "taken", actor=maintainer)
    with pytest.raises(AlreadyExists):
        rename_model(model, "Taken", actor=maintainer)
    model.refresh_from_db()
    assert model.name == "iris"
    rename_model(model, "flowers", actor=maintainer)
    assert find_version(model.registry, "flowers", 1, actor=maintainer) == version
    with pytest.raises(NotFound):
        find_model(model.registry, "iris", actor=maintainer)


def test_a_model_can_change_the_case_of_its_own_name(model: RegisteredModel, maintainer: User) -> None:
    assert rename_model(model, "Iris", actor=maintainer).name == "Iris"


def test_tags_are_set_replaced_and_removed(model: RegisteredModel, scientist: User) -> None:
    set_model_tag(model, "k", "1", actor=scientist)
    set_model_tag(model, "k", "2", actor=scientist)
    assert model.tags.get().value == "2"
    delete_model_tag(model, "k", actor=scientist)
    lines = Event.objects.count()
    delete_model_tag(model, "k", actor=scientist)
    assert not model.tags.exists()
    assert Event.objects.count() == lines


def test_a_description_tells_the_log_what_it_was(model: RegisteredModel, scientist: User) -> None:
    describe_model(model, "old", actor=scientist)
    describe_model(model, "new", actor=scientist)
    details = Event.objects.latest("pk").details
    assert (details["before"], details["after"]) == ({"description": "old"}, {"description": "new"})


def test_a_deleted_model_is_gone_and_its_name_is_free(version: ModelVersion, maintainer: User) -> None:
    model = version.model
    move_alias(version, "blue", actor=maintainer)
    delete_model(model, actor=maintainer)
    with pytest.raises(NotFound):
        find_model(model.registry, "iris", actor=maintainer)
    with pytest.raises(NotFound):
        find_version(model.registry, "iris", 1, actor=maintainer)
    assert not Placement.objects.filter(closed_at=None).exists()
    again = create_model(model.registry, "iris", actor=maintainer)
    assert register_files(again, {"w": b"1"}, actor=maintainer).number == 1
    assert list(models_for(maintainer)) == [again]


def test_a_model_is_deleted_once(model: RegisteredModel, maintainer: User) -> None:
    stale = RegisteredModel.objects.get(pk=model.pk)
    delete_model(model, actor=maintainer)
    with pytest.raises(NotFound):
        delete_model(stale, actor=maintainer)
    assert Event.objects.filter(kind="model.deleted").count() == 1


def test_a_model_in_use_stays(version: ModelVersion, maintainer: User, stage: Callable[[str], Stage]) -> None:
    move_stage(version, stage("Staging"), actor=maintainer)
    with pytest.raises(Conflict, match="iris version 1 at Staging is in use"):
        delete_model(version.model, actor=maintainer)
    move_stage(version, stage("Archived"), actor=maintainer)
    delete_model(version.model, actor=maintainer)


def test_a_contributor_cannot_rename_or_delete(model: RegisteredModel, scientist: User) -> None:
    with pytest.raises(Forbidden):
        rename_model(model, "flowers", actor=scientist)
    with pytest.raises(Forbidden):
        delete_model(model, actor=scientist)


def test_a_reader_changes_nothing(model: RegisteredModel, member: Member) -> None:
    reader = member(Role.READER, model.registry)
    with pytest.raises(Forbidden):
        create_model(model.registry, "mine", actor=reader)
    with pytest.raises(Forbidden):
        set_model_tag(model, "k", "v", actor=reader)


def test_a_model_that_moves_in_keeps_its_time(registry: Registry, scientist: User) -> None:
    then = datetime(2020, 2, 3, tzinfo=UTC)
    assert create_model(registry, "old", created_at=then, actor=scientist).created_at == then
