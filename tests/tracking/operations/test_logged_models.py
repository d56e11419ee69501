"""Logged models: their life, and who may change it."""

from datetime import UTC, datetime

import pytest

from accounts.models import Registry, User
from events.kinds import Kind
from events.models import Event
from lib.errors import AlreadyExists, Invalid, NotFound, TooLarge
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking.models import Experiment, LoggedModel
from tracking.operations import logged_models, runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def experiment(registry: Registry, scientist: User) -> Experiment:
    return new_experiment(registry, actor=scientist)


def test_a_logged_model_begins_pending_and_ends_ready(experiment: Experiment, scientist: User) -> None:
    run = new_run(experiment, actor=scientist)
    model = logged_models.create_logged_model(
        experiment, name="line", source_run=run, params={"a": "1"}, tags={"b": "2"}, actor=scientist
    )
    assert (model.status, model.source_run) == (LoggedModel.Status.PENDING, run)
    assert (
        logged_models.finish_logged_model(model, "LOGGED_MODEL_READY", actor=scientist).status == "LOGGED_MODEL_READY"
    )
    with pytest.raises(Invalid):
        logged_models.finish_logged_model(model, "DONE", actor=scientist)
    assert Event.objects.filter(kind__in=[Kind.LOGGED_MODEL_CREATED, Kind.LOGGED_MODEL_CHANGED]).count() == 2


def test_parameters_are_set_once_and_tags_change(experiment: Experiment, scientist: User) -> None:
    model = new_logged_model(experiment, actor=scientist)
    logged_models.log_params(model, {"a": "1"}, actor=scientist)
    logged_models.log_params(model, {"a": "1", "b": "2"}, actor=scientist)
    with pytest.raises(Invalid, match="another value"):
        logged_models.log_params(model, {"a": "2"}, actor=scientist)
    with pytest.raises(TooLarge):
        logged_models.log_params(model, {str(n): "x" for n in range(101)}, actor=scientist)
    logged_models.set_tags(model, {"t": "1"}, actor=scientist)
    logged_models.set_tags(model, {"t": "2"}, actor=scientist)
    assert model.tags.get().value == "2"
    logged_models.delete_tag(model, "t", actor=scientist)
    with pytest.raises(NotFound, match="No tag with key"):
        logged_models.delete_tag(model, "t", actor=scientist)


def test_a_deleted_run_makes_no_models(experiment: Experiment, scientist: User) -> None:
    run = new_run(experiment, actor=scientist)
    runs.delete_run(run, actor=scientist)
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        logged_models.create_logged_model(experiment, source_run=run, actor=scientist)
    assert not LoggedModel.objects.exists()


def test_a_deleted_model_is_gone(experiment: Experiment, scientist: User) -> None:
    model = new_logged_model(experiment, actor=scientist)
    logged_models.delete_logged_model(model, actor=scientist)
    with pytest.raises(NotFound):
        logged_models.delete_logged_model(model, actor=scientist)
    with pytest.raises(Invalid, match="deleted"):
        logged_models.set_tags(model, {"t": "1"}, actor=scientist)


def test_a_stranger_sees_nothing(experiment: Experiment, scientist: User, stranger: User) -> None:
    model = new_logged_model(experiment, actor=scientist)
    for change in (
        lambda: logged_models.create_logged_model(experiment, actor=stranger),
        lambda: logged_models.finish_logged_model(model, "LOGGED_MODEL_READY", actor=stranger),
        lambda: logged_models.delete_logged_model(model, actor=stranger),
        lambda: logged_models.log_params(model, {}, actor=stranger),
        lambda: logged_models.set_tags(model, {}, actor=stranger),
        lambda: logged_models.delete_tag(model, "x", actor=stranger),
    ):
        with pytest.raises(NotFound):
            change()


def test_a_logged_model_that_moves_in_keeps_its_id_and_its_time(experiment: Experiment, scientist: User) -> None:
    model_id, then = f"m-{'0123456789abcdef' * 2}", datetime(2020, 2, 3, tzinfo=UTC)
    made = logged_models.create_logged_model(experiment, model_id=model_id, created_at=then, actor=scientist)
    assert (made.model_id, made.created_at) == (model_id, then)
    with pytest.raises(AlreadyExists, match=model_id):
        logged_models.create_logged_model(experiment, model_id=model_id, actor=scientist)
    for wrong in (model_id[2:], f"m-m-{model_id[4:]}", model_id.upper(), f"{model_id}\n"):
        with pytest.raises(Invalid, match="Invalid model id"):
            logged_models.create_logged_model(experiment, model_id=wrong, actor=scientist)
    assert LoggedModel.objects.count() == 1
