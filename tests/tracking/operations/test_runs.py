"""Runs: their life, and who may change it."""

from collections.abc import Callable

import pytest

from accounts.models import Registry, User
from accounts.rights import Role
from events.kinds import Kind
from events.models import Event
from lib.errors import AlreadyExists, Forbidden, Invalid, NotFound
from tests.factories.tracking import new_experiment, new_run
from tracking.models import Experiment, Run
from tracking.operations import experiments, runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(registry: Registry, scientist: User) -> Experiment:
    return new_experiment(registry, actor=scientist)


def test_a_run_without_a_name_gets_one(experiment: Experiment, scientist: User) -> None:
    run = runs.create_run(experiment, actor=scientist)
    assert run.name
    assert run.tags.get().value == run.name
    assert run.start_time is not None


def test_name_and_name_tag_are_the_same_thing(experiment: Experiment, scientist: User) -> None:
    assert runs.create_run(experiment, tags={"mlflow.runName": "x"}, actor=scientist).name == "x"
    with pytest.raises(Invalid, match="says"):
        runs.create_run(experiment, name="x", tags={"mlflow.runName": "y"}, actor=scientist)


def test_the_client_s_word_about_the_user_is_not_the_creator(experiment: Experiment, scientist: User) -> None:
    run = runs.create_run(experiment, user_id="somebody-else", actor=scientist)
    assert (run.user_id, run.created_by) == ("somebody-else", scientist)


def test_what_changes_is_recorded(experiment: Experiment, scientist: User) -> None:
    run = runs.create_run(experiment, name="a", actor=scientist)
    runs.update_run(run, status="FINISHED", end_time=5, name="b", actor=scientist)
    run.refresh_from_db()
    assert (run.status, run.end_time, run.name) == ("FINISHED", 5, "b")
    event = Event.objects.get(kind=Kind.RUN_CHANGED)
    assert event.details["before"] == {"status": "RUNNING", "name": "a"}
    assert event.details["after"] == {"status": "FINISHED", "name": "b"}


def test_a_deleted_run_cannot_be_changed_until_it_is_restored(experiment: Experiment, scientist: User) -> None:
    run = new_run(experiment, actor=scientist)
    runs.delete_run(run, actor=scientist)
    runs.delete_run(run, actor=scientist)
    assert Event.objects.filter(kind=Kind.RUN_DELETED).count() == 1
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        runs.update_run(run, status="FINISHED", actor=scientist)
    runs.restore_run(run, actor=scientist)
    runs.restore_run(run, actor=scientist)
    runs.update_run(run, status="FINISHED", actor=scientist)


def test_a_deleted_experiment_takes_no_runs(experiment: Experiment, scientist: User, maintainer: User) -> None:
    run = new_run(experiment, actor=scientist)
    experiments.delete_experiment(experiment, actor=maintainer)
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        runs.create_run(experiment, actor=scientist)
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        runs.restore_run(run, actor=scientist)
    assert Run.objects.count() == 1


def test_a_reader_is_refused_and_a_stranger_sees_nothing(
    experiment: Experiment, registry: Registry, scientist: User, stranger: User, member: Callable[..., User]
) -> None:
    reader = member(Role.READER, registry)
    run = new_run(experiment, actor=scientist)
    for change in (
        lambda actor: runs.create_run(experiment, actor=actor),
        lambda actor: runs.update_run(run, status="FAILED", actor=actor),
        lambda actor: runs.delete_run(run, actor=actor),
        lambda actor: runs.restore_run(run, actor=actor),
    ):
        with pytest.raises(Forbidden):
            change(reader)
        with pytest.raises(NotFound):
            change(stranger)


def test_a_run_that_moves_in_keeps_its_id(experiment: Experiment, scientist: User) -> None:
    run_id = "0123456789abcdef" * 2
    assert runs.create_run(experiment, run_id=run_id, actor=scientist).run_id == run_id
    with pytest.raises(AlreadyExists, match=run_id):
        runs.create_run(experiment, run_id=run_id, actor=scientist)
    for wrong in ("../x", run_id.upper(), run_id[1:], f"{run_id}\n"):
        with pytest.raises(Invalid, match="Invalid run id"):
            runs.create_run(experiment, run_id=wrong, actor=scientist)
    assert Run.objects.count() == 1
