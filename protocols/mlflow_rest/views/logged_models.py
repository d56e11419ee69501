"""Logged models."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from accounts.models import User
from blobs.queries import list_level
from lib import paths
from lib.errors import Invalid
from protocols.mlflow_rest import grammar
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import ARTIFACTS, compact
from protocols.mlflow_rest.views.experiments import experiment_number, find, page_size
from protocols.mlflow_rest.wire import Parameters
from registry.queries import registrations_of
from tracking import queries, search
from tracking.models import LoggedModel
from tracking.operations import logged_models as operations
from tracking.search import DatasetOrder

STATUSES = {1: LoggedModel.Status.PENDING, 2: LoggedModel.Status.READY, 3: LoggedModel.Status.UPLOAD_FAILED}
# What clients also call them.
_OTHER_NAMES = {
    "creation_time": "creation_timestamp",
    "creation_timestamp_ms": "creation_timestamp",
    "last_updated_timestamp_ms": "last_updated_timestamp",
}


def create(call: Call) -> dict[str, Any]:
    """POST logged-models"""
    parameters = call.parameters
    run_id = parameters.text("source_run_id")
    logged_model = operations.create_logged_model(
        find(call),
        name=parameters.text("name"),
        model_type=parameters.text("model_type"),
        source_run=queries.find_run(run_id, registry=call.registry, actor=call.actor) if run_id else None,
        params=dict(parameters.pairs("params")),
        tags=dict(parameters.pairs("tags")),
        actor=call.actor,
    )
    return _shape(logged_model, call.actor)


def get(call: Call, model_id: str) -> dict[str, Any]:
    """GET logged-models/<model_id>"""
    return _shape(
        queries.find_logged_model(
            model_id,
            registry=call.registry,
            include_deleted=call.parameters.flag("allow_deleted"),
            actor=call.actor,
        ),
        call.actor,
    )


def finish(call: Call, model_id: str) -> dict[str, Any]:
    """PATCH logged-models/<model_id>"""
    status = call.parameters.choice("status", LoggedModel.Status, STATUSES)
    if status is None:
        raise Invalid("status", "Missing value for required parameter 'status'.")
    return _shape(operations.finish_logged_model(_find(call, model_id), status, actor=call.actor), call.actor)


def delete(call: Call, model_id: str) -> dict[str, Any]:
    """DELETE logged-models/<model_id>; fine if it is deleted already, as clients ask again after a lost answer"""
    logged_model = queries.find_logged_model(model_id, registry=call.registry, include_deleted=True, actor=call.actor)
    if logged_model.deleted_at is None:
        operations.delete_logged_model(logged_model, actor=call.actor)
    return {}


def find_many(call: Call) -> dict[str, Any]:
    """POST logged-models/search"""
    parameters = call.parameters
    experiment_ids = parameters.texts("experiment_ids")
    if not parameters.has("experiment_ids"):
        raise Invalid("experiment_ids", "Missing value for required parameter 'experiment_ids'.")
    comparisons = grammar.parse_filter(parameters.text("filter"), grammar.FOR_LOGGED_MODELS)
    query = search.Query(
        comparisons=[
            type(wish)(wish.entity, _OTHER_NAMES.get(wish.key, wish.key), wish.operator, wish.value)
            if wish.entity == "attribute"
            else wish
            for wish in comparisons
        ],
        orders=[_order(item) for item in parameters.objects("order_by")],
        artifact_root=ARTIFACTS,
        experiment_ids=[experiment_number(text) for text in experiment_ids],
        datasets=[
            (item.required_text("dataset_name"), item.text("dataset_digest")) for item in parameters.objects("datasets")
        ],
    )
    page = search.search_logged_models(
        query,
        registry=call.registry,
        actor=call.actor,
        size=page_size(parameters, search.MOST_LOGGED_MODELS, 50),
        token=_opened(parameters.text("page_token"), query),
    )
    rows = queries.with_parts(page.rows)
    return compact(
        models=_shaped(rows, call.actor),
        next_page_token=page.next_token and f"{page.next_token}.{_mark(query)}",
    )


def log_params(call: Call, model_id: str) -> dict[str, Any]:
    """POST logged-models/<model_id>/params"""
    operations.log_params(_find(call, model_id), dict(call.parameters.pairs("params")), actor=call.actor)
    return {}


def set_tags(call: Call, model_id: str) -> dict[str, Any]:
    """PATCH logged-models/<model_id>/tags"""
    operations.set_tags(_find(call, model_id), dict(call.parameters.pairs("tags")), actor=call.actor)
    return {}


def delete_tag(call: Call, model_id: str, tag_key: str) -> dict[str, Any]:
    """DELETE logged-models/<model_id>/tags/<tag_key>"""
    operations.delete_tag(_find(call, model_id), tag_key, actor=call.actor)
    return {}


def list_files(call: Call, model_id: str) -> dict[str, Any]:
    """GET logged-models/<model_id>/artifacts/directories"""
    logged_model = _find(call, model_id)
    folder = paths.clean_folder(call.parameters.text("artifact_directory_path"))
    entries = list_level(logged_model.folder.files.all(), folder)
    return compact(root_uri=shapes.logged_model_location(logged_model), files=shapes.files(entries, folder))


def _mark(query: search.Query) -> str:
    """Tells this search from others: its token is good for nothing else, as MLflow has it for logged models."""
    return sha256(repr(query).encode()).hexdigest()[:16]


def _opened(token: str, query: search.Query) -> str | None:
    """The part of a token that says where the next page begins; None for no token."""
    place, _, mark = token.rpartition(".")
    if token and mark != _mark(query):
        raise Invalid("page_token", "The page token belongs to another search, filter or order.")
    return place or None


def _find(call: Call, model_id: str) -> LoggedModel:
    return queries.find_logged_model(model_id, registry=call.registry, actor=call.actor)


def _shape(logged_model: LoggedModel, actor: User) -> dict[str, Any]:
    return {"model": _shaped(queries.with_parts([logged_model]), actor)[0]}


def _shaped(rows: Sequence[LoggedModel], actor: User) -> list[dict[str, Any]]:
    registered = registrations_of(rows, actor=actor)
    return [shapes.logged_model(row, registered.get(row.pk, [])) for row in rows]


def _order(item: Parameters) -> DatasetOrder:
    name = item.required_text("field_name")
    entity, key = grammar.parse_name(name, grammar.FOR_LOGGED_MODELS, "order_by")
    if entity == "attribute" and "." in name:
        raise Invalid("order_by", f"Invalid order by field name: {name}. Leave out what stands before the dot.")
    return DatasetOrder(
        entity,
        _OTHER_NAMES.get(key, key) if entity == "attribute" else key,
        not item.flag("ascending", default=True),
        item.text("dataset_name"),
        item.text("dataset_digest"),
    )


routes = mlflow_routes(
    ("POST", "logged-models", create),
    ("POST", "logged-models/search", find_many),
    ("GET", "logged-models/<model_id>", get),
    ("PATCH", "logged-models/<model_id>", finish),
    ("DELETE", "logged-models/<model_id>", delete),
    ("POST", "logged-models/<model_id>/params", log_params),
    ("PATCH", "logged-models/<model_id>/tags", set_tags),
    ("DELETE", "logged-models/<model_id>/tags/<tag_key>", delete_tag),
    ("GET", "logged-models/<model_id>/artifacts/directories", list_files),
)
