"""What went into a run and what came out: data sets, logged models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from lib.errors import Invalid, TooLarge
from tracking import rules
from tracking.locks import lock_active_run
from tracking.models import Dataset, LoggedModel, ModelInput, ModelOutput, Run, RunInput

_LONGEST = {
    "name": 500,
    "digest": 36,
    "source_type": 36,
    "source": 65_535,
    "schema": 1_048_575,
    "profile": 16_777_215,
}
_LONGEST_TAG_KEY = 255
_LONGEST_TAG_VALUE = 500


@dataclass(frozen=True)
class DatasetUse:
    """A data set as a client describes it; the tags say what the run used it for."""

    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str = ""
    profile: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@transaction.atomic
def log_inputs(
    run: Run, *, datasets: Sequence[DatasetUse] = (), logged_models: Sequence[LoggedModel] = (), actor: User
) -> None:
    """Note what the run used. A data set of known name and digest stays as it is, and so does an input noted before."""
    access.require(actor, Right.EDIT, run)
    if len(datasets) > rules.MOST_INPUTS or len(logged_models) > rules.MOST_INPUTS:
        raise TooLarge(f"One call notes at most {rules.MOST_INPUTS} inputs.")
    for index, use in enumerate(datasets):
        _check(use, f"datasets[{index}]")
    for logged_model in logged_models:
        access.require(actor, Right.SEE, logged_model)
    run = lock_active_run(run)
    uses = {(use.name, use.digest): use for use in reversed(datasets)}
    known = _known_datasets(run, list(uses.values()))
    RunInput.objects.bulk_create(
        (RunInput(run=run, dataset=known[key], tags=dict(use.tags)) for key, use in uses.items()),
        ignore_conflicts=True,
    )
    ModelInput.objects.bulk_create(
        (ModelInput(run=run, logged_model=logged_model) for logged_model in logged_models), ignore_conflicts=True
    )


@transaction.atomic
def log_outputs(run: Run, *, outputs: Sequence[tuple[LoggedModel, int]], actor: User) -> None:
    """Note which logged models the run made, each with the step at which it did."""
    access.require(actor, Right.EDIT, run)
    for logged_model, _ in outputs:
        access.require(actor, Right.EDIT, logged_model)
    run = lock_active_run(run)
    ModelOutput.objects.bulk_create(
        (ModelOutput(run=run, logged_model=logged_model, step=step) for logged_model, step in outputs),
        ignore_conflicts=True,
    )


def _known_datasets(run: Run, uses: Sequence[DatasetUse]) -> dict[tuple[str, str], Dataset]:
    """The rows of these data sets in the run's experiment, made where there were none."""
    Dataset.objects.bulk_create(
        (
            Dataset(
                experiment_id=run.experiment_id,
                name=use.name,
                digest=use.digest,
                source_type=use.source_type,
                source=use.source,
                schema=use.schema,
                profile=use.profile,
            )
            for use in uses
        ),
        ignore_conflicts=True,
    )
    rows = Dataset.objects.filter(
        experiment_id=run.experiment_id,
        name__in={use.name for use in uses},
        digest__in={use.digest for use in uses},
    ).only("name", "digest")
    return {(row.name, row.digest): row for row in rows}


def _check(use: DatasetUse, where: str) -> None:
    for name, longest in _LONGEST.items():
        rules.check_length(getattr(use, name), longest, f"{where}.dataset.{name}")
    for name in ("name", "digest"):
        if not getattr(use, name):
            raise Invalid(f"{where}.dataset.{name}", f"Missing value for required parameter '{where}.dataset.{name}'.")
    for key, value in use.tags.items():
        rules.check_length(key, _LONGEST_TAG_KEY, f"{where}.tags.key")
        rules.check_length(value, _LONGEST_TAG_VALUE, f"{where}.tags.value")
