"""Counting what a source holds, without bringing anything."""

from protocols.mlflow_import.carry import experiments, logged_models, registered_models, runs, versions
from protocols.mlflow_import.carry.journey import Journey
from protocols.mlflow_import.ledger import Kind


def count_experiments(journey: Journey) -> None:
    """Experiments, runs and logged models: those that would come, and those that are here already."""
    rows = list(experiments.listed(journey.source))
    journey.progress.begin("experiments", len(rows))
    for row in rows:
        _count(journey, "experiments", Kind.EXPERIMENT, row["experiment_id"])
        for run in runs.listed(journey.source, row["experiment_id"]):
            _count(journey, "runs", Kind.RUN, run["info"]["run_id"])
        for logged_model in logged_models.listed(journey.source, row["experiment_id"]):
            _count(journey, "logged models", Kind.LOGGED_MODEL, logged_model["info"]["model_id"])
        journey.progress.advance()


def count_models(journey: Journey) -> None:
    """Models and versions, prompts among them."""
    rows = list(registered_models.listed(journey.source))
    journey.progress.begin("models", len(rows))
    for row in rows:
        _count(journey, "models", Kind.MODEL, row["name"])
        for version in versions.listed(journey.source, row["name"], of_prompt=registered_models.is_prompt(row)):
            _count(journey, "versions", Kind.VERSION, f"{row['name']}/{int(version['version'])}")
        journey.progress.advance()


def _count(journey: Journey, noun: str, kind: Kind, source_id: str) -> None:
    counts = journey.report.here if journey.ledger.is_done(kind, source_id) else journey.report.carried
    counts[noun] += 1
