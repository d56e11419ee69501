"""Models and versions in MLflow's words. A field without a value is left out or empty, as MLflow's servers do."""

from collections.abc import Iterable
from typing import Any

from protocols.mlflow_rest.shapes.wire import as_it_is
from registry.facts import ModelFacts, VersionFacts
from registry.models.stages import NO_STAGE


def model(row: ModelFacts, newest: Iterable[VersionFacts]) -> dict[str, Any]:
    """A registered model with its newest version at each stage, its tags and its aliases."""
    return _given(
        name=row.name,
        creation_timestamp=row.created_ms,
        last_updated_timestamp=row.updated_ms,
        user_id=row.owner__username,
        description=row.description,
        latest_versions=[_without_aliases(version(one)) for one in newest],
        tags=as_it_is(row.tags_json),
        aliases=as_it_is(row.aliases_json),
    )


def version(row: VersionFacts) -> dict[str, Any]:
    """A version with its stage, tags and aliases, and where it comes from if that may be told."""
    told = row.is_origin_seen
    is_elsewhere = row.tree_id is None and row.copied_from_id is None
    return _given(
        name=row.model__name,
        version=str(row.number),
        creation_timestamp=row.created_ms,
        last_updated_timestamp=row.updated_ms,
        user_id=row.uploader__username,
        current_stage=row.stage_name or NO_STAGE,
        source=row.source if told or is_elsewhere else "",
        status="READY",
        tags=as_it_is(row.tags_json),
        aliases=as_it_is(row.aliases_json),
        model_id=row.logged_model__model_id if told else None,
    ) | {
        "description": row.description,
        "run_id": (row.source_run__run_id if told else None) or "",
        "run_link": row.run_link if told else "",
    }


def _without_aliases(shape: dict[str, Any]) -> dict[str, Any]:
    """A version inside a model, which says itself which aliases there are."""
    return {name: value for name, value in shape.items() if name != "aliases"}


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
