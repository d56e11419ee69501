"""Registering versions, and describing, tagging and deleting them."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection

from accounts import access
from accounts.models import User
from accounts.rights import Role
from blobs.models import Blob
from blobs.operations.folders import put_file
from events.models import Event
from lib.errors import Conflict, Forbidden, Invalid, NotFound
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations import versions
from registry.operations.models import create_model
from registry.operations.placements import move_alias, move_stage
from registry.operations.versions import (
    Origin,
    create_version,
    delete_version,
    delete_version_tag,
    describe_version,
    set_version_tag,
)
from registry.queries import find_version, versions_of
from tests.conftest import Member
from tests.factories.registry import register_files, run_with_files
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking.models import Dataset, LoggedModel, RunInput, RunTag

FILES = {"model/MLmodel": b"flavors", "model/weights": b"1 2 3", "log.txt": b"log"}


def test_a_version_freezes_what_its_run_holds_below_a_path(model: RegisteredModel, scientist: User) -> None:
    run = run_with_files(model, FILES, actor=scientist)
    version = create_version(model, Origin(source="runs:/x/model", run=run, path="model"), actor=scientist)
    assert version.tree is not None
    assert sorted(version.tree.files.values_list("path", flat=True)) == ["MLmodel", "weights"]
    assert (version.number, version.source_run, version.uploader, version.source) == (
        1,
        run,
        scientist,
        "runs:/x/model",
    )
    line = Event.objects.get(kind="version.registered")
    assert line.details == {"tree": version.tree.digest, "run": run.run_id}


def test_its_files_do_not_change_when_the_run_does(
    model: RegisteredModel, scientist: User, stored: Callable[[bytes], Blob]
) -> None:
    run = run_with_files(model, FILES, actor=scientist)
    version = create_version(model, Origin(run=run, path="model"), actor=scientist)
    put_file(run.folder, "model/weights", stored(b"evil"), actor=scientist)
    put_file(run.folder, "model/more", stored(b"evil"), actor=scientist)
    version.refresh_from_db()
    assert version.tree is not None
    assert sorted(version.tree.files.values_list("path", "blob__size")) == [("MLmodel", 7), ("weights", 5)]


def test_numbers_follow_each_other_and_are_never_used_again(
    model: RegisteredModel, scientist: User, maintainer: User
) -> None:
    made = [register_files(model, {"w": bytes([number])}, actor=scientist) for number in range(3)]
    assert [version.number for version in made] == [1, 2, 3]
    delete_version(made[2], actor=maintainer)
    assert register_files(model, {"w": b"new"}, actor=scientist).number == 4


def test_data_sets_and_the_commit_come_from_the_run(model: RegisteredModel, scientist: User) -> None:
    run = run_with_files(model, {"w": b"1"}, actor=scientist)
    data = Dataset.objects.create(experiment=run.experiment, name="flowers", digest="abc")
    RunInput.objects.create(run=run, dataset=data)
    RunTag.objects.create(run=run, key="mlflow.source.git.commit", value="c0ffee")
    version = create_version(model, Origin(run=run, path=""), tags={"k": "v"}, description="First.", actor=scientist)
    assert list(version.datasets.all()) == [data]
    assert version.git_commit == "c0ffee"
    assert version.description == "First."
    assert version.tags.get().value == "v"


def test_a_logged_model_brings_its_files_and_its_run(
    model: RegisteredModel, scientist: User, stored: Callable[[bytes], Blob]
) -> None:
    run = new_run(model.registry, actor=scientist)
    logged = new_logged_model(run.experiment, source_run=run, actor=scientist)
    put_file(logged.folder, "MLmodel", stored(b"x"), actor=scientist)
    with pytest.raises(Invalid, match="not uploaded completely"):
        create_version(model, Origin(logged_model=logged), actor=scientist)
    logged.status = LoggedModel.Status.READY
    logged.save(update_fields=["status"])
    version = create_version(model, Origin(logged_model=logged), actor=scientist)
    assert version.tree is not None
    assert (version.tree.file_count, version.source_run, version.logged_model) == (1, run, logged)


def test_a_copy_has_the_same_files_and_the_same_run(version: ModelVersion, maintainer: User) -> None:
    target = create_model(version.model.registry, "copy", actor=maintainer)
    copy = create_version(target, Origin(copied_from=version), actor=maintainer)
    assert (copy.tree, copy.source_run, copy.copied_from) == (version.tree, version.source_run, version)
    assert (copy.number, copy.uploader) == (1, maintainer)


def test_without_files_it_is_an_external_version(model: RegisteredModel, scientist: User) -> None:
    version = create_version(model, Origin(source="s3://bucket/model"), actor=scientist)
    assert (version.tree, version.source) == (None, "s3://bucket/model")


@pytest.mark.parametrize("path", ["nothing", "mode", "log.txt/x"])
def test_a_path_without_files_makes_no_version(model: RegisteredModel, scientist: User, path: str) -> None:
    run = run_with_files(model, FILES, actor=scientist)
    with pytest.raises(Invalid):
        create_version(model, Origin(run=run, path=path), actor=scientist)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize("path", ["..", "../x", "/etc", "%2e%2e", "model/..", "a\\b"])
def test_a_path_to_another_place_makes_no_version(model: RegisteredModel, scientist: User, path: str) -> None:
    run = run_with_files(model, FILES, actor=scientist)
    with pytest.raises(Invalid, match="Invalid path"):
        create_version(model, Origin(run=run, path=path), actor=scientist)
    assert not ModelVersion.objects.exists()


def test_too_much_of_something_makes_no_version(model: RegisteredModel, scientist: User) -> None:
    with pytest.raises(Invalid):
        create_version(model, Origin(source="x" * 2049), actor=scientist)
    with pytest.raises(Invalid):
        create_version(model, Origin(), run_link="x" * 2049, actor=scientist)
    with pytest.raises(Invalid):
        create_version(model, Origin(), description="x" * 100_001, actor=scientist)
    with pytest.raises(Invalid):
        create_version(model, Origin(), tags={str(number): "" for number in range(1_001)}, actor=scientist)
    assert not ModelVersion.objects.exists()


def test_a_failure_in_the_middle_leaves_no_gap_and_no_half_version(
    model: RegisteredModel, scientist: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_with_files(model, FILES, actor=scientist)
    lines = Event.objects.count()

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(versions, "record", fail)
        with pytest.raises(RuntimeError):
            create_version(model, Origin(run=run, path=""), tags={"k": "v"}, actor=scientist)
    assert not ModelVersion.objects.exists()
    assert Event.objects.count() == lines
    model.refresh_from_db()
    assert model.last_number == 0
    assert create_version(model, Origin(run=run, path=""), actor=scientist).number == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_registrations_at_once_give_twenty_consecutive_numbers(model: RegisteredModel, scientist: User) -> None:
    runs = [run_with_files(model, {"w": bytes([number % 3])}, actor=scientist) for number in range(20)]
    start = threading.Barrier(20)
    numbers: list[int] = []

    def register(number: int) -> None:
        try:
            start.wait()
            numbers.append(create_version(model, Origin(run=runs[number], path=""), actor=scientist).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=register, args=[number]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 21))
    assert sorted(versions_of(model).values_list("number", flat=True)) == list(range(1, 21))
    model.refresh_from_db()
    assert model.last_number == 20


def test_what_a_version_is_made_from_must_be_readable(
    model: RegisteredModel, scientist: User, member: Member, system: User, stored: Callable[[bytes], Blob]
) -> None:
    outsider = member(Role.CONTRIBUTOR, model)
    run = run_with_files(model, {"w": b"1"}, actor=scientist)
    logged = new_logged_model(run.experiment, actor=scientist)
    put_file(logged.folder, "w", stored(b"1"), actor=scientist)
    logged.status = LoggedModel.Status.READY
    logged.save(update_fields=["status"])
    other = register_files(create_model(model.registry, "other", actor=scientist), {"w": b"1"}, actor=scientist)
    for origin in (Origin(run=run, path=""), Origin(logged_model=logged), Origin(copied_from=other)):
        with pytest.raises(NotFound):
            create_version(model, origin, actor=outsider)
    access.grant(Role.METADATA_READER, on=model.registry, to=outsider, actor=system)
    for origin in (Origin(run=run, path=""), Origin(logged_model=logged), Origin(copied_from=other)):
        with pytest.raises(Forbidden):
            create_version(model, origin, actor=outsider)
    access.grant(Role.READER, on=model.registry, to=outsider, actor=system)
    assert create_version(model, Origin(run=run, path=""), actor=outsider).number == 1


def test_nobody_ties_a_version_to_a_run_that_it_may_not_see(
    model: RegisteredModel, scientist: User, member: Member, stored: Callable[[bytes], Blob]
) -> None:
    experiment = new_experiment(model.registry, actor=scientist)
    outsider = member(Role.CONTRIBUTOR, model)
    access.grant(Role.READER, on=experiment, to=outsider, actor=member(Role.MAINTAINER, model.registry))
    logged = new_logged_model(experiment, actor=scientist)
    put_file(logged.folder, "w", stored(b"1"), actor=scientist)
    logged.status = LoggedModel.Status.READY
    logged.save(update_fields=["status"])
    secret = new_run(model.registry, actor=scientist)
    for origin in (Origin(logged_model=logged, run=secret), Origin(source="s3://b/x", run=secret)):
        with pytest.raises(NotFound):
            create_version(model, origin, actor=outsider)


def test_a_deleted_model_takes_no_version(model: RegisteredModel, scientist: User) -> None:
    RegisteredModel.objects.filter(pk=model.pk).update(deleted_at=model.created_at)
    with pytest.raises(NotFound):
        create_version(model, Origin(), actor=scientist)


def test_a_reader_registers_describes_and_tags_nothing(version: ModelVersion, member: Member) -> None:
    reader = member(Role.READER, version.model.registry)
    for change in (
        lambda: create_version(version.model, Origin(), actor=reader),
        lambda: describe_version(version, "x", actor=reader),
        lambda: set_version_tag(version, "k", "v", actor=reader),
        lambda: delete_version_tag(version, "k", actor=reader),
    ):
        with pytest.raises(Forbidden):
            change()


def test_descriptions_and_tags_change(version: ModelVersion, scientist: User) -> None:
    describe_version(version, "new", actor=scientist)
    set_version_tag(version, "k", "1", actor=scientist)
    set_version_tag(version, "k", "2", actor=scientist)
    version.refresh_from_db()
    assert (version.description, version.tags.get().value) == ("new", "2")
    delete_version_tag(version, "k", actor=scientist)
    assert not version.tags.exists()
    assert Event.objects.filter(kind="version.changed").count() == 4


def test_a_deleted_version_is_gone_with_its_aliases(version: ModelVersion, maintainer: User, scientist: User) -> None:
    move_alias(version, "blue", actor=maintainer)
    with pytest.raises(Forbidden):
        delete_version(version, actor=scientist)
    delete_version(version, actor=maintainer)
    with pytest.raises(NotFound):
        find_version(version.model.registry, "iris", 1, actor=maintainer)
    assert not Placement.objects.filter(closed_at=None).exists()
    with pytest.raises(NotFound):
        delete_version(version, actor=maintainer)


def test_a_version_in_use_stays(version: ModelVersion, maintainer: User, stage: Callable[[str], Stage]) -> None:
    move_stage(version, stage("Staging"), actor=maintainer)
    with pytest.raises(Conflict):
        delete_version(version, actor=maintainer)
    move_stage(version, stage("None"), actor=maintainer)
    delete_version(version, actor=maintainer)


def test_a_version_that_moves_in_keeps_its_number_and_its_time(model: RegisteredModel, scientist: User) -> None:
    then = datetime(2020, 2, 3, tzinfo=UTC)
    fifth = create_version(model, Origin(source="s3://b/5"), number=5, created_at=then, actor=scientist)
    assert (fifth.number, fifth.created_at) == (5, then)
    assert create_version(model, Origin(source="s3://b/6"), actor=scientist).number == 6
    # One that was late may still take the number that it has always had.
    assert create_version(model, Origin(source="s3://b/2"), number=2, actor=scientist).number == 2
    assert create_version(model, Origin(source="s3://b/7"), actor=scientist).number == 7


def test_a_number_is_never_used_twice_not_even_that_of_a_deleted_version(
    model: RegisteredModel, scientist: User, maintainer: User
) -> None:
    delete_version(create_version(model, Origin(source="s3://b/3"), number=3, actor=scientist), actor=maintainer)
    for number in (3, 0, -1):
        with pytest.raises(Conflict, match="never used twice"):
            create_version(model, Origin(source="s3://b/3"), number=number, actor=scientist)
    assert create_version(model, Origin(source="s3://b/4"), actor=scientist).number == 4


def test_a_version_may_have_a_folder_of_its_own(model: RegisteredModel, scientist: User) -> None:
    folder = run_with_files(model, FILES, actor=scientist).folder
    version = create_version(model, Origin(source="elsewhere", folder=folder), actor=scientist)
    assert version.tree
    assert set(version.tree.files.values_list("path", flat=True)) == set(FILES)
    assert version.source_run is None
