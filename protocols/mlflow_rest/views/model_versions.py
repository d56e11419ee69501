"""Versions of registered models."""

from typing import Any

from lib.errors import Invalid
from lib.paging import page_by_key
from protocols.mlflow_rest.grammar import FOR_REGISTRY, parse_filter, parse_orders
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import registry as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.sources import download_uri, origin_of
from registry.models import ModelVersion
from registry.operations.placements import move_stage
from registry.operations.versions import (
    create_version,
    delete_version,
    delete_version_tag,
    describe_version,
    set_version_tag,
)
from registry.queries import find_model, find_stage, find_version, with_parts, with_tags
from registry.search import version_keys, versions_matching

MOST_VERSIONS = 200_000


def create(call: Call) -> dict[str, Any]:
    """The next version of a model, complete at once."""
    model = find_model(call.registry, call.parameters.required_text("name"), actor=call.actor)
    origin = origin_of(
        call.parameters.required_text("source"),
        run_id=call.parameters.text("run_id"),
        model_id=call.parameters.text("model_id"),
        registry=call.registry,
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
    return _answer(version)


def get(call: Call) -> dict[str, Any]:
    """One version."""
    return _answer(version_named(call))


def update(call: Call) -> dict[str, Any]:
    """A new description."""
    return _answer(describe_version(version_named(call), call.parameters.text("description"), actor=call.actor))


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
    return _answer(version)


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
    comparisons = parse_filter(call.parameters.text("filter"), FOR_REGISTRY)
    keys = version_keys(parse_orders(call.parameters.texts("order_by"), FOR_REGISTRY))
    rows = with_tags(versions_matching(call.registry, comparisons, actor=call.actor))
    page = page_by_key(rows, keys, size=size, token=call.parameters.text("page_token") or None)
    return compact(model_versions=[shapes.version(row) for row in page.rows], next_page_token=page.next_token)


def get_download_uri(call: Call) -> dict[str, Any]:
    """Where the files are."""
    return {"artifact_uri": download_uri(version_named(call))}


def set_tag(call: Call) -> dict[str, Any]:
    """A tag, new or not."""
    key, value = call.parameters.required_text("key"), call.parameters.given_text("value")
    set_version_tag(version_named(call), key, value, actor=call.actor)
    return {}


def delete_tag(call: Call) -> dict[str, Any]:
    """A tag less."""
    delete_version_tag(version_named(call), call.parameters.required_text("key"), actor=call.actor)
    return {}


def version_named(call: Call) -> ModelVersion:
    """The version that the request names."""
    name, number = call.parameters.required_text("name"), call.parameters.required_text("version")
    if not number.isdecimal() or len(number) > 9:
        raise Invalid("version", f"Parameter 'version' must be an integer, got '{number[:40]}'.")
    return find_version(call.registry, name, int(number), actor=call.actor)


def _answer(version: ModelVersion) -> dict[str, Any]:
    return {"model_version": shapes.version(with_parts(version))}


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
