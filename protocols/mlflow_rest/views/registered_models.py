"""Registered models and their aliases."""

from collections.abc import Sequence
from typing import Any

from lib.errors import Invalid, NotFound
from lib.paging import page_by_key
from protocols.mlflow_rest.grammar import FOR_REGISTRY, parse_filter, parse_orders
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import registry as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.views.model_versions import version_named
from registry.models import RegisteredModel
from registry.names import check_alias
from registry.operations.models import (
    create_model,
    delete_model,
    delete_model_tag,
    describe_model,
    rename_model,
    set_model_tag,
)
from registry.operations.placements import move_alias, remove_alias
from registry.queries import aliases_of, find_model, find_stage, newest_per_stage, version_at, with_parts
from registry.search import model_keys, models_matching

MOST_MODELS = 1_000


def create(call: Call) -> dict[str, Any]:
    """A new model."""
    model = create_model(
        call.registry,
        call.parameters.required_text("name"),
        description=call.parameters.text("description"),
        tags=dict(call.parameters.pairs("tags")),
        actor=call.actor,
    )
    return _answer(model)


def get(call: Call) -> dict[str, Any]:
    """One model."""
    return _answer(_named(call))


def update(call: Call) -> dict[str, Any]:
    """A new description; an absent one reads as none."""
    return _answer(describe_model(_named(call), call.parameters.text("description"), actor=call.actor))


def rename(call: Call) -> dict[str, Any]:
    """A new name."""
    return _answer(rename_model(_named(call), call.parameters.required_text("new_name"), actor=call.actor))


def delete(call: Call) -> dict[str, Any]:
    """The model with its versions."""
    delete_model(_named(call), actor=call.actor)
    return {}


def search(call: Call) -> dict[str, Any]:
    """Models by name and tags, a page at a time."""
    size = call.parameters.integer("max_results", 100)
    if not 0 <= size <= MOST_MODELS:
        raise Invalid("max_results", f"Invalid value {size} for parameter 'max_results' supplied: 0 to {MOST_MODELS}.")
    comparisons = parse_filter(call.parameters.text("filter"), FOR_REGISTRY)
    keys = model_keys(parse_orders(call.parameters.texts("order_by"), FOR_REGISTRY))
    rows = models_matching(call.registry, comparisons, actor=call.actor).prefetch_related("tags")
    page = page_by_key(rows, keys, size=max(size, 1), token=call.parameters.text("page_token") or None)
    return compact(registered_models=_shaped(page.rows), next_page_token=page.next_token)


def latest_versions(call: Call) -> dict[str, Any]:
    """The newest version at each stage, or at the stages named."""
    model = _named(call)
    stages = [find_stage(model.registry, name) for name in call.parameters.texts("stages")]
    if None in stages:
        known = ", ".join(stage.name for stage in model.registry.stages.all())
        raise Invalid("stages", f"Invalid Model Version stage. Value must be one of {known}.")
    wanted = {stage.name for stage in stages if stage}
    versions = [shapes.version(version) for version in newest_per_stage([model])[model.pk]]
    return compact(model_versions=[version for version in versions if not wanted or version["current_stage"] in wanted])


def set_tag(call: Call) -> dict[str, Any]:
    """A tag, new or not."""
    key, value = call.parameters.required_text("key"), call.parameters.given_text("value")
    set_model_tag(_named(call), key, value, actor=call.actor)
    return {}


def delete_tag(call: Call) -> dict[str, Any]:
    """A tag less."""
    delete_model_tag(_named(call), call.parameters.required_text("key"), actor=call.actor)
    return {}


def set_alias(call: Call) -> dict[str, Any]:
    """Let an alias name a version."""
    alias = call.parameters.required_text("alias")
    check_alias(alias)
    move_alias(version_named(call), alias, actor=call.actor)
    return {}


def delete_alias(call: Call) -> dict[str, Any]:
    """Let an alias name nothing."""
    remove_alias(_named(call), call.parameters.required_text("alias"), actor=call.actor)
    return {}


def get_alias(call: Call) -> dict[str, Any]:
    """The version that an alias names; `latest` is the newest one."""
    alias = call.parameters.required_text("alias")
    model = _named(call)
    if alias.lower() == "latest":
        newest = max(newest_per_stage([model])[model.pk], key=lambda version: version.number, default=None)
        if newest is None:
            raise NotFound(f"Latest version not found for model {model.name}.")
        return {"model_version": shapes.version(newest)}
    try:
        version = version_at(model, alias=alias)
    except NotFound as error:
        # MLflow answers 400 here, not 404, and clients match on it.
        raise Invalid("alias", f"Registered model alias {alias} not found.") from error
    return {"model_version": shapes.version(with_parts(version))}


def _named(call: Call) -> RegisteredModel:
    return find_model(call.registry, call.parameters.required_text("name"), actor=call.actor)


def _answer(model: RegisteredModel) -> dict[str, Any]:
    return {"registered_model": _shaped([model])[0]}


def _shaped(models: Sequence[RegisteredModel]) -> list[dict[str, Any]]:
    newest, aliases = newest_per_stage(models), aliases_of(models)
    return [shapes.model(model, newest[model.pk], aliases[model.pk]) for model in models]


routes = mlflow_routes(
    ("POST", "registered-models/create", create),
    ("GET", "registered-models/get", get),
    ("PATCH", "registered-models/update", update),
    ("POST", "registered-models/rename", rename),
    ("DELETE", "registered-models/delete", delete),
    ("GET", "registered-models/search", search),
    ("GET", "registered-models/get-latest-versions", latest_versions),
    ("POST", "registered-models/get-latest-versions", latest_versions),
    ("POST", "registered-models/set-tag", set_tag),
    ("DELETE", "registered-models/delete-tag", delete_tag),
    ("POST", "registered-models/alias", set_alias),
    ("DELETE", "registered-models/alias", delete_alias),
    ("GET", "registered-models/alias", get_alias),
)
