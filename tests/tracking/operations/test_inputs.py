"""What went into runs and what came out."""

import pytest

from accounts.models import Registry, User
from lib.errors import Invalid, NotFound, TooLarge
from tests.factories.tracking import new_logged_model, new_run
from tracking.models import Dataset
from tracking.operations.inputs import DatasetUse, log_inputs, log_outputs

pytestmark = pytest.mark.django_db


def test_a_known_data_set_stays_as_it_is(registry: Registry, scientist: User) -> None:
    first, second = new_run(registry, actor=scientist), new_run(registry, actor=scientist)
    train = DatasetUse("iris", "1", source="here", tags={"mlflow.data.context": "training"})
    log_inputs(first, datasets=[train, DatasetUse("iris", "1", source="there")], actor=scientist)
    log_inputs(second, datasets=[DatasetUse("iris", "1", source="elsewhere"), DatasetUse("iris", "2")], actor=scientist)
    log_inputs(first, datasets=[DatasetUse("iris", "1", tags={"x": "y"})], actor=scientist)
    assert Dataset.objects.get(digest="1").source == "here"
    assert first.inputs.get().tags == {"mlflow.data.context": "training"}
    assert second.inputs.count() == 2


def test_models_go_in_and_come_out_once(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    model = new_logged_model(run.experiment, actor=scientist)
    for _ in range(2):
        log_inputs(run, logged_models=[model], actor=scientist)
        log_outputs(run, outputs=[(model, 3)], actor=scientist)
    assert run.model_inputs.get().logged_model == model
    assert run.model_outputs.get().step == 3


def test_a_data_set_has_bounds(registry: Registry, scientist: User) -> None:
    run = new_run(registry, actor=scientist)
    with pytest.raises(Invalid, match=r"datasets\[0\].dataset.digest"):
        log_inputs(run, datasets=[DatasetUse("iris", "x" * 37)], actor=scientist)
    with pytest.raises(Invalid, match=r"tags\.value"):
        log_inputs(run, datasets=[DatasetUse("iris", "1", tags={"a": "x" * 501})], actor=scientist)
    with pytest.raises(TooLarge):
        log_inputs(run, datasets=[DatasetUse("iris", str(n)) for n in range(1001)], actor=scientist)
    assert not Dataset.objects.exists()


def test_a_stranger_sees_nothing(registry: Registry, scientist: User, stranger: User) -> None:
    run = new_run(registry, actor=scientist)
    with pytest.raises(NotFound):
        log_inputs(run, datasets=[DatasetUse("iris", "1")], actor=stranger)
    with pytest.raises(NotFound):
        log_outputs(run, outputs=[], actor=stranger)
