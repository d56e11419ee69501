"""Reading models, versions and placements."""

import math
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Role
from lib.errors import Forbidden, NotFound
from registry.models import ModelVersion, RegisteredModel, Stage
from registry.operations.models import create_model
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import set_version_tag
from registry.queries import (
    Difference,
    compare,
    find_model,
    find_stage,
    find_version,
    models_for,
    open_placements,
    standing_in,
    version_at,
    version_for_download,
    versions_for,
    versions_of,
    with_newest_number,
    with_tags,
)
from tests.conftest import Member
from tests.factories.registry import register_files
from tracking.models import LatestMetric, Param


def test_what_may_not_be_seen_is_not_there(version: ModelVersion, stranger: User, scientist: User) -> None:
    registry = version.model.registry
    assert find_model("main", "iris", actor=scientist) == find_model(registry, "iris", actor=scientist)
    for name in ("iris", "nothing"):
        with pytest.raises(NotFound, match=f"Registered Model with name={name} not found"):
            find_model(registry, name, actor=stranger)
        with pytest.raises(NotFound, match=f"name={name}, version=1"):
            find_version(registry, name, 1, actor=stranger)
    assert not models_for(stranger).exists()
    assert not versions_for(stranger).exists()
    for name, number in (("Iris", 1), ("iris", 2)):
        with pytest.raises(NotFound):
            find_version(registry, name, number, actor=scientist)


def test_a_reader_of_metadata_downloads_nothing(version: ModelVersion, member: Member) -> None:
    with pytest.raises(Forbidden):
        version_for_download("main", "iris", 1, actor=member(Role.METADATA_READER, version.model.registry))
    assert version_for_download("main", "iris", 1, actor=member(Role.READER, version.model)) == version


def test_the_newest_version_at_a_stage_is_the_one(
    version: ModelVersion, scientist: User, stage: Callable[[str], Stage]
) -> None:
    second = register_files(version.model, {"w": b"2"}, actor=scientist)
    for each in (second, version):
        move_stage(each, stage("Staging"), actor=scientist)
    assert version_at(version.model, stage="Staging") == second
    with pytest.raises(NotFound, match="iris has no version at Production"):
        version_at(version.model, stage="Production")


def test_a_stage_is_found_in_any_case(registry: Registry) -> None:
    assert find_stage(registry, "PRODUCTION") == find_stage(registry, "Production") is not None
    assert find_stage(registry, "Somewhere") is None


def test_lists_take_the_same_number_of_queries_for_few_and_for_many(
    registry: Registry, scientist: User, reviewer: User, stage: Callable[[str], Stage]
) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            model = create_model(registry, f"model {RegisteredModel.objects.count()}", actor=scientist)
            version = register_files(model, {"w": bytes([number])}, actor=scientist)
            move_stage(version, stage("Staging"), actor=scientist)
            move_alias(version, "blue", actor=scientist)
            set_version_tag(version, "k", "v", actor=scientist)

    def read() -> int:
        with CaptureQueriesContext(connection) as queries:
            models = list(with_newest_number(models_for(reviewer)))
            standing = standing_in(models)
            for model in models:
                assert model.registry.name == "main"
                assert model.owner.username == "ada"
                assert len(standing[model.pk]) == 2
            versions = list(with_tags(versions_for(reviewer)))
            placements = open_placements(versions)
            for version in versions:
                assert (version.model.registry.name, version.uploader.username) == ("main", "ada")
                assert version.source_run is not None
                assert version.tree is not None
                assert len(version.tags.all()) == 1
                assert placements[version.pk] == vars(version)["open_placements"]
        return len(queries)

    fill(1)
    few = read()
    fill(4)
    assert read() == few


def test_two_versions_are_compared_by_metrics_parameters_and_files(version: ModelVersion, scientist: User) -> None:
    other = register_files(version.model, {"weights.txt": b"4", "new.txt": b"5"}, actor=scientist)
    for each, loss, depth in ((version, 0.5, "3"), (other, 0.25, "3")):
        run = each.source_run
        assert run is not None
        LatestMetric.objects.create(run=run, key="loss", value=loss, timestamp=1, step=1)
        LatestMetric.objects.create(run=run, key="broken", value=0.0, is_nan=True, timestamp=1, step=1)
        Param.objects.create(run=run, key="depth", value=depth)
    found = compare(version, other)
    changed = {metric.name: metric.is_change for metric in found.metrics}
    assert changed == {"broken": False, "loss": True}
    assert [param.is_change for param in found.params] == [False]
    assert [(file.name, file.before is None, file.is_change) for file in found.files] == [
        ("new.txt", True, True),
        ("weights.txt", False, True),
    ]
    alone = compare(None, other)
    assert [metric.before for metric in alone.metrics] == [None, None]


def test_not_a_number_is_no_change_from_itself() -> None:
    assert not Difference("loss", math.nan, float("nan")).is_change
    assert Difference("loss", math.nan, 0.0).is_change


def test_a_restricted_model_is_for_those_who_were_let_in(model: RegisteredModel, reviewer: User, system: User) -> None:
    model.restricted = True
    model.save(update_fields=["restricted"])
    assert not models_for(reviewer).exists()
    access.grant(Role.METADATA_READER, on=model, to=reviewer, actor=system)
    assert models_for(reviewer).get() == model
    assert not versions_of(model).exists()
