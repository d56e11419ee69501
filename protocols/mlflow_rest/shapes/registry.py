"""Models and versions in MLflow's words. A field without a value is left out, as MLflow's servers do."""

from collections.abc import Iterable
from typing import Any

from lib import clock
from registry.models import ModelVersion, Placement, RegisteredModel
from registry.models.stages import NO_STAGE


def model(row: RegisteredModel, newest: Iterable[ModelVersion], aliases: Iterable[Placement]) -> dict[str, Any]:
    """A registered model with its newest version at each stage, its tags (prefetched) and its aliases."""
    return _given(
        name=row.name,
        creation_timestamp=clock.to_ms(row.created_at),
        last_updated_timestamp=clock.to_ms(row.updated_at),
        user_id=row.owner.username,
        description=row.description,
        latest_versions=[version(one) for one in newest],
        tags=_tags(row),
        aliases=[{"alias": placement.alias, "version": str(placement.version.number)} for placement in aliases],
        workspace=row.registry.name,
    )


def version(row: ModelVersion) -> dict[str, Any]:
    """A version; its tags and open placements were fetched by `registry.queries.with_tags`."""
    standing: list[Placement] = row.open_placements  # type: ignore[attr-defined] # a prefetch's attribute
    return _given(
        name=row.model.name,
        version=str(row.number),
        creation_timestamp=clock.to_ms(row.created_at),
        last_updated_timestamp=clock.to_ms(row.updated_at),
        user_id=row.uploader.username,
        current_stage=next((placement.stage.name for placement in standing if placement.stage), NO_STAGE),
        description=row.description,
        source=row.source,
        run_id=row.source_run.run_id if row.source_run else None,
        run_link=row.run_link,
        status="READY",
        tags=_tags(row),
        aliases=[placement.alias for placement in standing if placement.alias],
        model_id=row.logged_model.model_id if row.logged_model else None,
        workspace=row.model.registry.name,
    )


def _tags(row: RegisteredModel | ModelVersion) -> list[dict[str, str]]:
    return [{"key": tag.key, "value": tag.value} for tag in row.tags.all()]


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
