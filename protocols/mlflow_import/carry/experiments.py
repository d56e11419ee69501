"""Experiments with all that is in them, and at the end what can only be done once everything is here."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from accounts import access
from accounts.rights import Right
from lib import clock
from lib.errors import HouseError, NotFound
from protocols.mlflow_import.carry import links, logged_models, runs
from protocols.mlflow_import.carry.journey import REFUSALS, Journey, fitting, is_temporary, pairs, sentence
from protocols.mlflow_import.ledger import Kind
from protocols.mlflow_import.shelves import proxied_path, stays_away
from protocols.mlflow_import.source import Source, SourceRefused
from tracking import queries, rules
from tracking.models import Experiment
from tracking.operations import experiments as operations

_DEFAULT = (str(rules.DEFAULT_EXPERIMENT_ID), operations.DEFAULT_NAME)


def listed(source: Source) -> Iterator[dict[str, Any]]:
    """Every experiment of the source, deleted ones too, the oldest first."""
    return source.pages(
        "POST",
        "experiments/search",
        "experiments",
        max_results=1_000,
        view_type="ALL",
        order_by=["experiment_id ASC"],
    )


def carry_experiments(journey: Journey) -> None:
    """Bring every experiment, its runs and its logged models."""
    rows = list(listed(journey.source))
    journey.progress.begin("experiments", len(rows))
    for row in rows:
        experiment = _carry_experiment(journey, row)
        if experiment is not None:
            _carry_contents(journey, experiment, row)
        journey.progress.advance()
    links.carry_links(journey)
    _delete_deleted(journey)


def _carry_contents(journey: Journey, experiment: Experiment, row: dict[str, Any]) -> None:
    number, name = row["experiment_id"], row.get("name", "")
    goes_along = row.get("lifecycle_stage") == "deleted" and not experiment.is_default
    try:
        for run in runs.listed(journey.source, number):
            runs.carry_run(journey, experiment, run, goes_along=goes_along)
        for logged_model in logged_models.listed(journey.source, number):
            logged_models.carry_logged_model(journey, experiment, logged_model)
    except SourceRefused as error:
        # One experiment that the source cannot list does not hold the others back.
        journey.report.refuse("listings", f"the rest of {name}", sentence(error), again=is_temporary(error))


def _carry_experiment(journey: Journey, row: dict[str, Any]) -> Experiment | None:
    """The experiment here, new or carried before; None if it cannot be had."""
    number, name = row["experiment_id"], row.get("name", "")
    is_deleted = row.get("lifecycle_stage") == "deleted"
    try:
        if line := journey.ledger.find(Kind.EXPERIMENT, number):
            experiment = queries.find_experiment(line.target_id or 0, actor=journey.actor)
            journey.report.here["experiments"] += 1
        elif is_deleted and not access.can(journey.actor, Right.MANAGE, journey.registry):
            journey.report.refuse("experiments", name, "it is deleted, and only a maintainer can delete it here too")
            return None
        else:
            experiment = _create(journey, row)
            journey.report.carried["experiments"] += 1
    except NotFound:
        journey.report.refuse("experiments", name, "it was carried before and is not to be seen here any more")
        return None
    except REFUSALS as error:
        journey.report.refuse("experiments", name, f"{sentence(error)} Its runs and logged models stay behind, too.")
        return None
    if is_deleted and not experiment.is_default and not journey.ledger.is_done(Kind.EXPERIMENT_END, number):
        journey.deleted_experiments.append((number, experiment.pk))
    return experiment


@transaction.atomic
def _create(journey: Journey, row: dict[str, Any]) -> Experiment:
    number, name = row["experiment_id"], row.get("name", "")
    tags = fitting(journey, "experiment tags", name, pairs(row.get("tags")), _check_tag)
    if (number, name) == _DEFAULT:
        # Every registry has one already, and clients that name none use it.
        experiment = queries.find_experiment(
            rules.DEFAULT_EXPERIMENT_ID, registry=journey.registry, actor=journey.actor
        )
        for key, value in tags.items():
            operations.set_tag(experiment, key, value, actor=journey.actor)
    else:
        location = row.get("artifact_location", "")
        is_away = proxied_path(journey.source, location) is None and stays_away(location)
        created = row.get("creation_time")
        experiment = operations.create_experiment(
            journey.registry,
            name,
            artifact_location=location.rstrip("/") if is_away else "",
            tags=tags,
            created_at=clock.from_ms(int(created)) if created else None,
            actor=journey.actor,
        )
        if is_away:
            journey.report.remark("experiments", name, "its files stay in the object store where clients read them")
    journey.ledger.note(Kind.EXPERIMENT, number, experiment.pk, done=True)
    return experiment


def _delete_deleted(journey: Journey) -> None:
    """Experiments that are deleted at the source take their runs along; not before all that they hold is here."""
    if journey.report.is_unfinished:
        return
    for number, pk in journey.deleted_experiments:
        try:
            with transaction.atomic():
                experiment = queries.find_experiment(pk, actor=journey.actor)
                if experiment.deleted_at is None:
                    operations.delete_experiment(experiment, actor=journey.actor)
                journey.ledger.note(Kind.EXPERIMENT_END, number, pk, done=True)
        except HouseError as error:
            journey.report.refuse("deletions", f"experiment {number}", sentence(error))


def _check_tag(key: str, value: str) -> None:
    rules.check_key(key)
    rules.check_length(value, rules.LONGEST_EXPERIMENT_TAG, "value")
