"""Registered models and their aliases."""

from typing import Any

from lib.errors import Invalid, NotFound
from protocols.mlflow_rest.grammar import FOR_MODELS, parse_filter, parse_orders
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import registry as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.views.model_versions import version_named
from registry.facts import (
    ModelFacts,
    facts_of_model,
    facts_of_models,
    find_alias_facts,
    find_model_facts,
    newest_of,
    newest_of_each,
)
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
from registry.queries import find_model, find_stage, stages_of
from registry.search import page_of_models

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
    return {"registered_model": shapes.model(facts_of_model(model), newest=[])}


def get(call: Call) -> dict[str, Any]:
    """One model."""
    return {"registered_model": _in_full(_facts_named(call), call)}


def update(call: Call) -> dict[str, Any]:
    """A new description; an absent one reads as none."""
    return _answer(describe_model(_named(call), call.parameters.text("description"), actor=call.actor), call)


def rename(call: Call) -> dict[str, Any]:
    """A new name."""
    return _answer(rename_model(_named(call), call.parameters.required_text("new_name"), actor=call.actor), call)


def delete(call: Call) -> dict[str, Any]:
    """The model with its versions."""
    delete_model(_named(call), actor=call.actor)
    return {}


def search(call: Call) -> dict[str, Any]:
    """Models by name and tags, a page at a time."""
    size = call.parameters.integer("max_results", 100)
    if not 0 <= size <= MOST_MODELS:
        raise Invalid("max_results", f"Invalid value {size} for parameter 'max_results' supplied: 0 to {MOST_MODELS}.")
    comparisons = parse_filter(call.parameters.text("filter"), FOR_MODELS)
    page = page_of_models(
        call.registry,
        comparisons,
        parse_orders(call.parameters.texts("order_by"), FOR_MODELS),
        size=max(size, 1),
        token=call.parameters.text("page_token") or None,
        actor=call.actor,
    )
    newest = newest_of_each(page.rows, actor=call.actor)
    shaped = [shapes.model(row, newest[row.pk]) for row in facts_of_models(page.rows)]
    return compact(registered_models=shaped, next_page_token=page.next_token)


def latest_versions(call: Call) -> dict[str, Any]:
    """The newest version at each stage, or at the stages named."""
    model = _facts_named(call)
    wanted = call.parameters.texts("stages")
    stages = [find_stage(call.registry, name) for name in wanted]
    if None in stages:
        known = ", ".join(stage.name for stage in stages_of(call.registry))
        raise Invalid("stages", f"Invalid Model Version stage. Value must be one of {known}.")
    names = {stage.name for stage in stages if stage}
    versions = [shapes.version(version) for version in newest_of(model.pk, actor=call.actor)]
    return compact(model_versions=[version for version in versions if not names or version["current_stage"] in names])


def set_tag(call: Call) -> dict[str, Any]:
    """A tag, new or not."""
    key, value = call.parameters.required_text("key"), call.parameters.text("value")
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
    name = call.parameters.required_text("name")
    if alias.lower() == "latest":
        newest = newest_of(_facts_named(call).pk, actor=call.actor)
        version = max(newest, key=lambda version: version.number, default=None)
        if version is None:
            raise NotFound(f"Latest version not found for model {name}.")
        return {"model_version": shapes.version(version)}
    found = find_alias_facts(call.registry_name, name, alias, actor=call.actor)
    if found is None:
        _facts_named(call)
        # MLflow answers 400 here, not 404, and clients match on it.
        raise Invalid("alias", f"Registered model alias {alias} not found.")
    return {"model_version": shapes.version(found)}


def _named(call: Call) -> RegisteredModel:
    return find_model(call.registry_name, call.parameters.required_text("name"), actor=call.actor)


def _facts_named(call: Call) -> ModelFacts:
    return find_model_facts(call.registry_name, call.parameters.required_text("name"), actor=call.actor)


def _answer(model: RegisteredModel, call: Call) -> dict[str, Any]:
    return {"registered_model": _in_full(facts_of_model(model), call)}


def _in_full(model: ModelFacts, call: Call) -> dict[str, Any]:
    return shapes.model(model, newest_of(model.pk, actor=call.actor))


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
