"""Answers about many things at once hold only what the actor sees."""

from collections.abc import Callable

import pytest

from accounts.models import Registry, User
from accounts.rights import Role
from registry.operations.models import create_model
from registry.operations.versions import Origin, create_version
from registry.queries import registrations_of
from tests.factories.tracking import new_experiment, new_logged_model, new_run
from tracking import queries, search
from tracking.models import Experiment, LoggedModel
from tracking.models.measurements import Point
from tracking.operations.inputs import DatasetUse, log_inputs
from tracking.operations.measurements import Measurement, log_batch

pytestmark = pytest.mark.django_db


def _restricted(experiment: Experiment) -> Experiment:
    experiment.restricted = True
    experiment.save(update_fields=["restricted"])
    return experiment


def test_histories_of_unseen_runs_are_left_out(
    registry: Registry, administrator: User, member: Callable[..., User]
) -> None:
    seen, unseen = (new_run(new_experiment(registry, actor=administrator), actor=administrator) for _ in range(2))
    for run in (seen, unseen):
        points = [Measurement("loss", value, timestamp=1, step=step) for step, value in enumerate((3.0, 2.0))]
        log_batch(run, metrics=points, actor=administrator)
    _restricted(unseen.experiment)
    reader = member(Role.READER, registry)
    ids = [seen.run_id, unseen.run_id, "f" * 32]
    assert queries.metric_histories(ids, "loss", registry=registry, actor=reader) == {
        seen.run_id: [Point(1, 0, 3.0), Point(1, 1, 2.0)]
    }
    assert len(queries.metric_histories(ids, "loss", registry=registry, actor=administrator)) == 2
    assert queries.metric_histories(ids, "nothing", registry=registry, actor=administrator) == {}


def test_data_sets_of_unseen_experiments_are_left_out(
    registry: Registry, administrator: User, member: Callable[..., User]
) -> None:
    seen, unseen = (new_run(new_experiment(registry, actor=administrator), actor=administrator) for _ in range(2))
    for run in (seen, unseen):
        uses = [DatasetUse("iris", "1", tags={"mlflow.data.context": "training"}), DatasetUse("iris", "2")]
        log_inputs(run, datasets=uses, actor=administrator)
    _restricted(unseen.experiment)
    ids = [seen.experiment_id, unseen.experiment_id, 10**9]
    found = search.search_datasets(ids, registry=registry, actor=member(Role.READER, registry))
    assert found == [
        search.UsedDataset(seen.experiment_id, "iris", "1", "training"),
        search.UsedDataset(seen.experiment_id, "iris", "2", None),
    ]


def test_versions_made_from_a_logged_model_are_told_to_those_who_see_them(
    registry: Registry, administrator: User, member: Callable[..., User]
) -> None:
    experiment = new_experiment(registry, actor=administrator)
    logged_model = new_logged_model(experiment, actor=administrator)
    LoggedModel.objects.update(status=LoggedModel.Status.READY)
    logged_model.refresh_from_db()
    made = []
    for name in ("open", "closed"):
        model = create_model(registry, name, actor=administrator)
        model.restricted = name == "closed"
        model.save(update_fields=["restricted"])
        origin = Origin(source="s3://bucket/model", run=None)
        version = create_version(model, origin, actor=administrator)
        version.logged_model = logged_model
        version.save(update_fields=["logged_model"])
        made.append(version)
    reader = member(Role.READER, registry)
    assert registrations_of([logged_model], actor=administrator) == {logged_model.pk: made}
    assert registrations_of([logged_model], actor=reader) == {logged_model.pk: made[:1]}
