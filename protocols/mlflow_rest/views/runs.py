"""Runs, what went into them and what came out."""

from typing import Any

from lib.comparisons import Comparison, Order
from lib.errors import Invalid
from protocols.mlflow_rest import grammar
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import ARTIFACTS, compact
from protocols.mlflow_rest.views.experiments import VIEWS, experiment_number, find, page_size
from protocols.mlflow_rest.wire import Parameters
from tracking import facts, queries, search
from tracking.models import Run
from tracking.operations import inputs
from tracking.operations import runs as operations
from tracking.operations.inputs import DatasetUse

STATUSES = {
    1: Run.Status.RUNNING,
    2: Run.Status.SCHEDULED,
    3: Run.Status.FINISHED,
    4: Run.Status.FAILED,
    5: Run.Status.KILLED,
}
# What clients also call them, in orders and, with the second ones, in filters.
_IN_ORDERS = {"created": "start_time", "Created": "start_time"}
_IN_FILTERS = _IN_ORDERS | {"run name": "run_name", "Run name": "run_name", "Run Name": "run_name"}


def find_run(call: Call) -> Run:
    """The run that the request names."""
    return queries.find_run_in(call.registry_name, named_run(call.parameters), actor=call.actor)


def named_run(parameters: Parameters) -> str:
    """The id of the run that the request names; old clients call the field `run_uuid`."""
    return parameters.text("run_id") or parameters.text("run_uuid") or parameters.required_text("run_id")


def create(call: Call) -> dict[str, Any]:
    """POST runs/create"""
    parameters = call.parameters
    run = operations.create_run(
        find(call),
        name=parameters.text("run_name"),
        user_id=parameters.text("user_id"),
        start_time=parameters.optional_integer("start_time"),
        tags=dict(parameters.pairs("tags")),
        actor=call.actor,
    )
    return {"run": shapes.new_run(facts.runs_with_facts([run.pk])[0])}


def get(call: Call) -> dict[str, Any]:
    """GET runs/get"""
    run = facts.find_run_with_facts(call.registry_name, named_run(call.parameters), actor=call.actor)
    return {"run": shapes.run(run)}


def update(call: Call) -> dict[str, Any]:
    """POST runs/update"""
    parameters = call.parameters
    run = operations.update_run(
        find_run(call),
        status=parameters.choice("status", Run.Status, STATUSES),
        end_time=parameters.optional_integer("end_time"),
        name=parameters.optional_text("run_name"),
        actor=call.actor,
    )
    return {"run_info": shapes.run_info(run)}


def delete(call: Call) -> dict[str, Any]:
    """POST runs/delete"""
    operations.delete_run(find_run(call), actor=call.actor)
    return {}


def restore(call: Call) -> dict[str, Any]:
    """POST runs/restore"""
    operations.restore_run(find_run(call), actor=call.actor)
    return {}


def find_many(call: Call) -> dict[str, Any]:
    """POST runs/search"""
    parameters = call.parameters
    query = search.Query(
        comparisons=[
            Comparison(wish.entity, _known_as(wish, _IN_FILTERS), wish.operator, wish.value)
            for wish in grammar.parse_filter(parameters.text("filter"), grammar.FOR_RUNS)
        ],
        orders=[
            Order(wish.entity, _known_as(wish, _IN_ORDERS), wish.descending)
            for wish in grammar.parse_orders(parameters.texts("order_by"), grammar.FOR_RUNS)
        ],
        view=parameters.choice("run_view_type", search.View, VIEWS) or search.View.ACTIVE_ONLY,
        experiment_ids=[experiment_number(text) for text in parameters.texts("experiment_ids")],
        artifact_root=ARTIFACTS,
    )
    page = search.search_runs(
        query,
        registry=call.registry,
        actor=call.actor,
        size=page_size(parameters, search.MOST_RUNS, 1000),
        token=parameters.text("page_token") or None,
    )
    return compact(runs=[shapes.run(row) for row in page.rows], next_page_token=page.next_token)


def log_inputs(call: Call) -> dict[str, Any]:
    """POST runs/log-inputs"""
    parameters = call.parameters
    run = find_run(call)
    ids = [item.required_text("model_id") for item in parameters.objects("models")]
    models = queries.find_logged_models(ids, registry=call.registry, actor=call.actor)
    inputs.log_inputs(
        run,
        datasets=[_dataset_use(item) for item in parameters.objects("datasets")],
        logged_models=list(models.values()),
        actor=call.actor,
    )
    return {}


def log_outputs(call: Call) -> dict[str, Any]:
    """POST runs/outputs"""
    if not call.parameters.has("models"):
        raise Invalid("models", "Missing value for required parameter 'models'.")
    run = find_run(call)
    steps = {item.required_text("model_id"): item.integer("step", 0) for item in call.parameters.objects("models")}
    models = queries.find_logged_models(steps, registry=call.registry, actor=call.actor)
    inputs.log_outputs(run, outputs=[(models[model_id], step) for model_id, step in steps.items()], actor=call.actor)
    return {}


def _dataset_use(item: Parameters) -> DatasetUse:
    dataset = item.object("dataset")
    return DatasetUse(
        name=dataset.required_text("name"),
        digest=dataset.required_text("digest"),
        source_type=dataset.text("source_type"),
        source=dataset.text("source"),
        schema=dataset.text("schema"),
        profile=dataset.text("profile"),
        tags=dict(item.pairs("tags")),
    )


def _known_as(wish: Comparison | Order, other_names: dict[str, str]) -> str:
    return other_names.get(wish.key, wish.key) if wish.entity == "attribute" else wish.key


routes = mlflow_routes(
    ("POST", "runs/create", create),
    ("GET", "runs/get", get),
    ("POST", "runs/update", update),
    ("POST", "runs/delete", delete),
    ("POST", "runs/restore", restore),
    ("POST", "runs/search", find_many),
    ("POST", "runs/log-inputs", log_inputs),
    ("POST", "runs/outputs", log_outputs),
)
