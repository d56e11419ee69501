"""Experiments, runs and logged models as rows."""

from itertools import count
from uuid import uuid4

from accounts.models import Registry, User
from blobs.models import Folder
from tracking.models import Experiment, LoggedModel, Run

_number = count(1)


def new_experiment(registry: Registry, name: str = "", *, actor: User) -> Experiment:
    """An experiment, with a name of its own unless one is given."""
    return Experiment.objects.create(registry=registry, name=name or f"experiment-{next(_number)}", created_by=actor)


def new_run(where: Registry | Experiment, *, name: str = "", start_time: int | None = None, actor: User) -> Run:
    """A run in the experiment, or in the default experiment of the registry; each starts a millisecond later."""
    experiment = where if isinstance(where, Experiment) else Experiment.objects.get(registry=where, is_default=True)
    number = next(_number)
    return Run.objects.create(
        run_id=uuid4().hex,
        experiment=experiment,
        name=name or f"run-{number}",
        start_time=1_700_000_000_000 + number if start_time is None else start_time,
        folder=Folder.objects.create(),
        created_by=actor,
    )


def new_logged_model(
    experiment: Experiment, *, name: str = "model", source_run: Run | None = None, actor: User
) -> LoggedModel:
    """A logged model without files."""
    return LoggedModel.objects.create(
        model_id=f"m-{uuid4().hex}",
        experiment=experiment,
        source_run=source_run,
        name=name,
        folder=Folder.objects.create(),
        created_by=actor,
    )
