"""Experiments."""

import re
from typing import Any

from lib.errors import Conflict, Invalid, NotFound
from protocols.mlflow_rest import grammar
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.wire import Parameters
from protocols.mlflow_rest.workspaces import DEFAULT
from tracking import queries, search
from tracking.models import Experiment
from tracking.operations import experiments as operations

_NUMBER = re.compile(r"-?[0-9]{1,18}")
MOST_EXPERIMENT_IDS = 20
# How MLflow numbers what a search looks at.
VIEWS = {1: search.View.ACTIVE_ONLY, 2: search.View.DELETED_ONLY, 3: search.View.ALL}


def find(call: Call, name: str = "experiment_id") -> Experiment:
    """The experiment that the request names."""
    text = call.parameters.required_text(name)
    return queries.find_experiment(experiment_number(text), registry=call.registry, actor=call.actor)


def experiment_number(text: str) -> int:
    """The id inside its wire form, a string of digits. Raises Invalid."""
    if not _NUMBER.fullmatch(text):
        raise Invalid("experiment_id", f"Invalid experiment ID '{text[:100]}'. Experiment ID must be a valid integer.")
    return int(text)


def page_size(parameters: Parameters, most: int, default: int | None = None) -> int:
    """`max_results` between 1 and `most`; raises Invalid when it is absent and there is no default."""
    size = parameters.integer("max_results", default)
    if not 1 <= size <= most:
        raise Invalid(
            "max_results", f"Invalid value {size} for parameter 'max_results' supplied: it is between 1 and {most}."
        )
    return size


def create(call: Call) -> dict[str, Any]:
    """POST experiments/create"""
    parameters = call.parameters
    experiment = operations.create_experiment(
        call.registry,
        parameters.required_text("name"),
        artifact_location=parameters.text("artifact_location"),
        tags=dict(parameters.pairs("tags")),
        actor=call.actor,
    )
    return {"experiment_id": str(experiment.pk)}


def get(call: Call) -> dict[str, Any]:
    """GET experiments/get"""
    return {"experiment": shapes.experiment(find(call), _workspace(call))}


def get_by_name(call: Call) -> dict[str, Any]:
    """GET experiments/get-by-name"""
    name = call.parameters.required_text("experiment_name")
    experiment = queries.find_experiment_by_name(name, registry=call.registry, actor=call.actor)
    return {"experiment": shapes.experiment(experiment, _workspace(call))}


def find_many(call: Call) -> dict[str, Any]:
    """GET or POST experiments/search"""
    parameters = call.parameters
    query = search.Query(
        comparisons=grammar.parse_filter(parameters.text("filter"), grammar.FOR_EXPERIMENTS),
        orders=grammar.parse_orders(parameters.texts("order_by"), grammar.FOR_EXPERIMENTS),
        view=parameters.choice("view_type", search.View, VIEWS) or search.View.ACTIVE_ONLY,
    )
    page = search.search_experiments(
        query,
        registry=call.registry,
        actor=call.actor,
        size=page_size(parameters, search.MOST_EXPERIMENTS),
        token=parameters.text("page_token") or None,
    )
    rows = queries.with_parts(page.rows)
    return compact(
        experiments=[shapes.experiment(row, _workspace(call)) for row in rows], next_page_token=page.next_token
    )


def update(call: Call) -> dict[str, Any]:
    """POST experiments/update"""
    name = call.parameters.required_text("new_name")
    operations.rename_experiment(find(call), name, actor=call.actor)
    return {}


def delete(call: Call) -> dict[str, Any]:
    """POST experiments/delete"""
    experiment = find(call)
    try:
        operations.delete_experiment(experiment, actor=call.actor)
    except Conflict as error:
        raise NotFound(f"No Experiment with id={experiment.pk} exists") from error
    return {}


def restore(call: Call) -> dict[str, Any]:
    """POST experiments/restore"""
    experiment = find(call)
    try:
        operations.restore_experiment(experiment, actor=call.actor)
    except Conflict as error:
        raise NotFound(f"No Experiment with id={experiment.pk} exists that is deleted") from error
    return {}


def set_tag(call: Call) -> dict[str, Any]:
    """POST experiments/set-experiment-tag"""
    key = call.parameters.required_text("key")
    operations.set_tag(find(call), key, call.parameters.text("value"), actor=call.actor)
    return {}


def delete_tag(call: Call) -> dict[str, Any]:
    """POST experiments/delete-experiment-tag"""
    key = call.parameters.required_text("key")
    operations.delete_tag(find(call), key, actor=call.actor)
    return {}


def search_datasets(call: Call) -> dict[str, Any]:
    """POST experiments/search-datasets: what the runs of some experiments used, and for what"""
    texts = call.parameters.texts("experiment_ids")
    if not 1 <= len(texts) <= MOST_EXPERIMENT_IDS:
        raise Invalid(
            "experiment_ids",
            f"SearchDatasets takes 1 to {MOST_EXPERIMENT_IDS} experiment_ids. Received {len(texts)} experiment_ids.",
        )
    numbers = [experiment_number(text) for text in texts]
    uses = search.search_datasets(numbers, registry=call.registry, actor=call.actor)
    return compact(dataset_summaries=[shapes.dataset_summary(use) for use in uses])


def _workspace(call: Call) -> str:
    """What the client calls the registry that it works in; those who choose none work in the default one."""
    return call.registry_name or DEFAULT


routes = mlflow_routes(
    ("POST", "experiments/create", create),
    ("GET", "experiments/get", get),
    ("GET", "experiments/get-by-name", get_by_name),
    ("GET", "experiments/search", find_many),
    ("POST", "experiments/search", find_many),
    ("POST", "experiments/search-datasets", search_datasets),
    ("POST", "experiments/update", update),
    ("POST", "experiments/delete", delete),
    ("POST", "experiments/restore", restore),
    ("POST", "experiments/set-experiment-tag", set_tag),
    ("POST", "experiments/delete-experiment-tag", delete_tag),
)
