"""Experiments: their life, and who may change it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import Registry, User
from accounts.operations.registries import create_registry
from accounts.rights import Role
from events.kinds import Kind
from events.models import Event
from lib.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from tests.factories.tracking import new_experiment, new_run
from tracking.models import Experiment, Run
from tracking.operations import experiments

pytestmark = pytest.mark.django_db


def test_every_new_registry_has_a_default_experiment(registry: Registry, system: User) -> None:
    lab = create_registry("lab", actor=system)
    assert Experiment.objects.get(registry=registry).pk == 0
    assert Experiment.objects.get(registry=lab, is_default=True).pk > 0


def test_the_next_experiment_after_the_default_one_gets_a_key(registry: Registry, scientist: User) -> None:
    keys = [experiments.create_experiment(registry, name, actor=scientist).pk for name in ("a", "b")]
    assert keys == sorted(set(keys))
    assert keys[0] > 0


def test_creating_one_is_recorded(registry: Registry, scientist: User) -> None:
    experiment = experiments.create_experiment(registry, "trees", tags={"team": "x"}, actor=scientist)
    event = Event.objects.get(kind=Kind.EXPERIMENT_CREATED, subject_id=experiment.pk)
    assert (event.actor_name, event.registry_id, event.subject_name) == ("ada", registry.pk, "trees")


def test_a_name_is_taken_even_by_a_deleted_one(registry: Registry, scientist: User, maintainer: User) -> None:
    experiment = experiments.create_experiment(registry, "trees", actor=scientist)
    experiments.delete_experiment(experiment, actor=maintainer)
    with pytest.raises(AlreadyExists):
        experiments.create_experiment(registry, "trees", actor=scientist)


def test_a_reader_is_refused_and_a_stranger_sees_nothing(
    registry: Registry, scientist: User, stranger: User, member: Callable[..., User]
) -> None:
    reader = member(Role.READER, registry)
    experiment = new_experiment(registry, actor=scientist)
    for change in (
        lambda actor: experiments.create_experiment(registry, "x", actor=actor),
        lambda actor: experiments.rename_experiment(experiment, "x", actor=actor),
        lambda actor: experiments.set_tag(experiment, "k", "v", actor=actor),
        lambda actor: experiments.delete_tag(experiment, "k", actor=actor),
        lambda actor: experiments.delete_experiment(experiment, actor=actor),
        lambda actor: experiments.restore_experiment(experiment, actor=actor),
    ):
        with pytest.raises(Forbidden):
            change(reader)
        with pytest.raises(NotFound):
            change(stranger)


def test_runs_go_and_come_back_with_their_experiment(registry: Registry, scientist: User, maintainer: User) -> None:
    experiment = new_experiment(registry, actor=scientist)
    kept, gone = new_run(experiment, actor=scientist), new_run(experiment, actor=scientist)
    Run.objects.filter(pk=gone.pk).update(deleted_at=experiment.created_at)
    experiments.delete_experiment(experiment, actor=maintainer)
    assert not Run.objects.filter(experiment=experiment, deleted_at=None).exists()
    with pytest.raises(Conflict):
        experiments.delete_experiment(experiment, actor=maintainer)
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        experiments.set_tag(experiment, "a", "b", actor=scientist)
    experiments.restore_experiment(experiment, actor=maintainer)
    assert list(Run.objects.filter(experiment=experiment, deleted_at=None)) == [kept]
    with pytest.raises(Conflict):
        experiments.restore_experiment(experiment, actor=maintainer)


def test_the_address_of_an_object_store_is_kept(registry: Registry, scientist: User) -> None:
    for location in ("s3://bucket/a/b", "gs://bucket", "abfss://c@account.example/x"):
        name = f"at {location}"
        experiment = experiments.create_experiment(registry, name, artifact_location=location, actor=scientist)
        assert experiment.artifact_location == location


def test_an_experiment_that_moves_in_keeps_its_time(registry: Registry, scientist: User) -> None:
    then = datetime(2020, 2, 3, tzinfo=UTC)
    assert experiments.create_experiment(registry, "old", created_at=then, actor=scientist).created_at == then


def test_a_colleague_adds_a_tag_and_changes_none(registry: Registry, maintainer: User, scientist: User) -> None:
    theirs = experiments.create_experiment(
        registry, "theirs", tags={"mlflow.note.content": "what it is for"}, actor=maintainer
    )
    experiments.set_tag(theirs, "mlflow.experimentKind", "training", actor=scientist)
    experiments.set_tag(theirs, "mlflow.experimentKind", "training", actor=scientist)
    with pytest.raises(Forbidden):
        experiments.set_tag(theirs, "mlflow.note.content", "mine now", actor=scientist)
    with pytest.raises(Forbidden):
        experiments.delete_tag(theirs, "mlflow.note.content", actor=scientist)
    assert theirs.tags.get(key="mlflow.note.content").value == "what it is for"
