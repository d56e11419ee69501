"""Versions of registered models."""

import re
from typing import Any

from lib.errors import Invalid
from protocols.mlflow_rest.grammar import FOR_VERSIONS, parse_filter, parse_orders
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import registry as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.sources import download_uri, origin_of
from registry.facts import facts_of_version, facts_of_versions, find_version_facts
from registry.models import ModelVersion
from registry.operations.placements import move_stage
from registry.operations.versions import (
    create_version,
    delete_version,
    delete_version_tag,
    describe_version,
    set_version_tag,
)
from registry.queries import find_model, find_stage, find_version
from registry.search import page_of_versions

_NUMBER = re.compile(r"[-+]?[0-9]{1,9}")
MOST_VERSIONS = 200_000


def create(call: Call) -> dict[str, Any]:
    """The next version of a model, complete at once."""
    model = find_model(call.registry_name, call.parameters.required_text("name"), actor=call.actor)
    origin = origin_of(
        call.parameters.required_text("source"),
        model,
        run_id=call.parameters.text("run_id"),
        model_id=call.parameters.text("model_id"),
        actor=call.actor,
    )
    version = create_version(
        model,
        origin,
        description=call.parameters.text("description"),
        tags=dict(call.parameters.pairs("tags")),
        run_link=call.parameters.text("run_link"),
        actor=call.actor,
    )
    return _answer(version, call)


def get(call: Call) -> dict[str, Any]:
    """One version."""
    facts = find_version_facts(call.registry_name, *_number_named(call), actor=call.actor)
    return {"model_version": shapes.version(facts)}


def update(call: Call) -> dict[str, Any]:
    """A new description."""
    return _answer(describe_version(version_named(call), call.parameters.text("description"), actor=call.actor), call)


def transition_stage(call: Call) -> dict[str, Any]:
    """A move to a stage, if every gate agrees."""
    name = call.parameters.required_text("stage")
    archive_others = call.parameters.flag("archive_existing_versions")
    version = version_named(call)
    stage = find_stage(version.model.registry, name)
    if stage is None:
        known = ", ".join(stage.name for stage in version.model.registry.stages.all())
        raise Invalid("stage", f"Invalid Model Version stage: {name}. Value must be one of {known}.")
    move_stage(version, stage, archive_others=archive_others, actor=call.actor)
    return _answer(version, call)


def delete(call: Call) -> dict[str, Any]:
    """A version less."""
    delete_version(version_named(call), actor=call.actor)
    return {}


def search(call: Call) -> dict[str, Any]:
    """Versions by name, run, source, number and tags, a page at a time."""
    size = call.parameters.integer("max_results", MOST_VERSIONS)
    if not 1 <= size <= MOST_VERSIONS:
        raise Invalid(
            "max_results", f"Invalid value {size} for parameter 'max_results' supplied: 1 to {MOST_VERSIONS}."
        )
    comparisons = parse_filter(call.parameters.text("filter"), FOR_VERSIONS)
    page = page_of_versions(
        call.registry,
        comparisons,
        parse_orders(call.parameters.texts("order_by"), FOR_VERSIONS),
        size=size,
        token=call.parameters.text("page_token") or None,
        actor=call.actor,
    )
    versions = [shapes.version(facts) for facts in facts_of_versions(page.rows, actor=call.actor)]
    return compact(model_versions=versions, next_page_token=page.next_token)


def get_download_uri(call: Call) -> dict[str, Any]:
    """Where the files are."""
    return {"artifact_uri": download_uri(version_named(call))}


def set_tag(call: Call) -> dict[str, Any]:
    """A tag, new or not."""
    key, value = call.parameters.required_text("key"), call.parameters.text("value")
    set_version_tag(version_named(call), key, value, actor=call.actor)
    return {}


def delete_tag(call: Call) -> dict[str, Any]:
    """A tag less."""
    delete_version_tag(version_named(call), call.parameters.required_text("key"), actor=call.actor)
    return {}


def version_named(call: Call) -> ModelVersion:
    """The version that the request names."""
    return find_version(call.registry_name, *_number_named(call), actor=call.actor)


def _number_named(call: Call) -> tuple[str, int]:
    name, number = call.parameters.required_text("name"), call.parameters.required_text("version")
    if not _NUMBER.fullmatch(number):
        raise Invalid("version", f"Parameter 'version' must be an integer, got '{number[:40]}'.")
    return name, int(number)


def _answer(version: ModelVersion, call: Call) -> dict[str, Any]:
    return {"model_version": shapes.version(facts_of_version(version, actor=call.actor))}


routes = mlflow_routes(
    ("POST", "model-versions/create", create),
    ("GET", "model-versions/get", get),
    ("PATCH", "model-versions/update", update),
    ("POST", "model-versions/transition-stage", transition_stage),
    ("DELETE", "model-versions/delete", delete),
    ("GET", "model-versions/search", search),
    ("GET", "model-versions/get-download-uri", get_download_uri),
    ("POST", "model-versions/set-tag", set_tag),
    ("DELETE", "model-versions/delete-tag", delete_tag),
)
