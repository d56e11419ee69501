"""Taking the row that changes of a run, logged model or experiment wait for, and seeing that it still stands."""

from django.db.models import BigIntegerField

from lib.errors import Invalid, NotFound
from lib.statements import Blank, Statement
from tracking.models import Experiment, LoggedModel, Run

_pk = Blank("pk", BigIntegerField())
_run = Statement(lambda: Run.objects.select_for_update(no_key=True).filter(pk=_pk))
_logged_model = Statement(lambda: LoggedModel.objects.select_for_update(no_key=True).filter(pk=_pk))


def lock_active_experiment(experiment: Experiment) -> Experiment:
    """The experiment, held until the transaction ends. Raises Invalid if it is deleted."""
    locked = Experiment.objects.select_for_update(no_key=True).get(pk=experiment.pk)
    if locked.deleted_at is not None:
        raise Invalid(
            "experiment_id",
            f"The experiment {locked.pk} must be in the 'active' state. Current state is deleted.",
        )
    return locked


def lock_active_run(run: Run) -> Run:
    """The run, held until the transaction ends. Raises Invalid if it is deleted."""
    locked = _run.first(pk=run.pk)
    if locked is None:
        raise NotFound(f"Run with id={run.run_id} not found")
    check_active(locked)
    return locked


def lock_active_logged_model(logged_model: LoggedModel) -> LoggedModel:
    """The logged model, held until the transaction ends. Raises Invalid if it is deleted."""
    locked = _logged_model.first(pk=logged_model.pk)
    if locked is None:
        raise NotFound(f"Logged model with ID '{logged_model.model_id}' not found.")
    check_active(locked)
    return locked


def check_active(owner: Run | LoggedModel) -> None:
    """Raise Invalid if the run or logged model is deleted, after which nothing is written to it."""
    if owner.deleted_at is None:
        return
    if isinstance(owner, Run):
        raise Invalid("run_id", f"The run {owner.run_id} must be in the 'active' state. Current state is deleted.")
    raise Invalid("model_id", f"The logged model {owner.model_id} is deleted.")
