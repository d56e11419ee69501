"""Registered models, prompts among them, and where their versions stand. Nothing passes a gate because it moves in."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from lib import clock
from lib.errors import AlreadyExists, GateRefused, HouseError, NotFound
from protocols.mlflow_import.carry import versions
from protocols.mlflow_import.carry.journey import Journey, fitting, is_temporary, pairs, sentence
from protocols.mlflow_import.ledger import Kind
from protocols.mlflow_import.source import Source, SourceRefused
from registry import names, queries
from registry.models import RegisteredModel
from registry.models.stages import NO_STAGE
from registry.operations import models as operations
from registry.operations.placements import move_alias, move_stage
from registry.search import PROMPT_TAG

_WHY = "Moved in from MLflow"
# In it the numbers stand as ",1,2,".
_EXPERIMENTS_TAG = "_mlflow_experiment_ids"
_TAKEN = "a model of this name is here already and did not come from this server; its versions stay behind, too"


def listed(source: Source) -> Iterator[dict[str, Any]]:
    """Every registered model of the source, then every prompt: a search leaves prompts out unless it asks for them."""
    seen = set()
    for filter_text in ("", versions.PROMPTS_ONLY):
        fields = {"filter": filter_text} if filter_text else {}
        for row in source.pages("GET", "registered-models/search", "registered_models", max_results=500, **fields):
            if row["name"] not in seen:
                seen.add(row["name"])
                yield row


def is_prompt(row: dict[str, Any]) -> bool:
    """Whether a registered model of the source is a prompt."""
    return pairs(row.get("tags")).get(PROMPT_TAG, "").lower() == "true"


def carry_models(journey: Journey) -> None:
    """Bring every model with its versions, stages and aliases."""
    rows = list(listed(journey.source))
    journey.progress.begin("models", len(rows))
    for row in rows:
        model = _carry_model(journey, row)
        if model is not None:
            _carry_contents(journey, model, row)
        journey.progress.advance()


def _carry_contents(journey: Journey, model: RegisteredModel, row: dict[str, Any]) -> None:
    try:
        found = list(versions.listed(journey.source, row["name"], of_prompt=is_prompt(row)))
    except SourceRefused as error:
        # One model that the source cannot list does not hold the others back.
        journey.report.refuse("listings", f"versions of {row['name']}", sentence(error), again=is_temporary(error))
        return
    for version in found:
        versions.carry_version(journey, model, version)
    # The newest first: where a stage holds one version only, that is the one to stay.
    for version in reversed(found):
        _carry_stage(journey, model, version)
    for alias in row.get("aliases", ()):
        _carry_alias(journey, model, alias["alias"], {"name": row["name"], "version": alias["version"]})


def _carry_model(journey: Journey, row: dict[str, Any]) -> RegisteredModel | None:
    """The model here, new or carried before; None if it cannot be had."""
    name = row["name"]
    try:
        if line := journey.ledger.find(Kind.MODEL, name):
            model = queries.models_for(journey.actor).filter(pk=line.target_id or 0).first()
            if model is None:
                journey.report.refuse("models", name, "it was carried before and is not to be seen here any more")
            else:
                journey.report.here["models"] += 1
            return model
        model = _create(journey, row)
    except AlreadyExists as error:
        reason = f"{sentence(error)} Its versions stay behind, too." if "looks the same" in error.message else _TAKEN
        journey.report.refuse("models", name, reason)
        return None
    except HouseError as error:
        journey.report.refuse("models", name, f"{sentence(error)} Its versions stay behind, too.")
        return None
    journey.report.carried["models"] += 1
    return model


@transaction.atomic
def _create(journey: Journey, row: dict[str, Any]) -> RegisteredModel:
    name, created = row["name"], row.get("creation_timestamp")
    model = operations.create_model(
        journey.registry,
        name,
        description=row.get("description", ""),
        tags=fitting(journey, "model tags", name, _tags(journey, row), names.check_tag),
        created_at=clock.from_ms(int(created)) if created else None,
        actor=journey.actor,
    )
    journey.ledger.note(Kind.MODEL, name, model.pk, done=True)
    return model


def _tags(journey: Journey, row: dict[str, Any]) -> dict[str, str]:
    """The tags, where a prompt names its experiments by their numbers here: those of the source mean others."""
    tags = pairs(row.get("tags"))
    if numbers := tags.get(_EXPERIMENTS_TAG):
        lines = [journey.ledger.find(Kind.EXPERIMENT, number) for number in numbers.split(",") if number]
        here = [str(line.target_id) for line in lines if line]
        tags[_EXPERIMENTS_TAG] = f",{','.join(here)}," if here else ""
    return tags


def _carry_stage(journey: Journey, model: RegisteredModel, row: dict[str, Any]) -> None:
    """Put a version where it stands at the source, if every gate agrees and nobody else stands there."""
    name, number = row.get("current_stage") or NO_STAGE, int(row["version"])
    told = f"{model.name} version {number} at {name}"
    if name == NO_STAGE:
        return
    if journey.ledger.is_done(Kind.STAGE, versions.key(row)):
        journey.report.here["stages"] += 1
        return
    stage = queries.find_stage(journey.registry, name)
    if stage is None:
        journey.report.refuse("stages", told, "the registry has no such stage")
        return
    version = versions.found(journey, model, row)
    if version is None:
        journey.report.refuse("stages", told, "the version is not here")
        return
    standing = queries.stage_of(version)
    if standing is not None and standing != stage:
        journey.report.refuse("stages", told, f"the version stands at {standing} here")
        return
    if stage.is_exclusive and queries.standing(model).filter(stage=stage).exclude(version=version).exists():
        journey.report.refuse("stages", told, "the stage holds one version of a model, and another one stands there")
        return
    try:
        with transaction.atomic():
            move_stage(version, stage, reason=_WHY, actor=journey.actor)
            journey.ledger.note(Kind.STAGE, versions.key(row), version.pk, done=True)
    except HouseError as error:
        journey.report.refuse("stages", told, _reason(error))
    else:
        journey.report.carried["stages"] += 1


def _carry_alias(journey: Journey, model: RegisteredModel, alias: str, row: dict[str, Any]) -> None:
    """Let the alias name its version, if every gate agrees and it names nothing here."""
    told, name_there = f"{model.name}@{alias} for version {row['version']}", f"{row['name']}@{alias}"
    # An alias that was carried once may have moved since; it is not moved back.
    if journey.ledger.is_done(Kind.ALIAS, name_there):
        journey.report.here["aliases"] += 1
        return
    version = versions.found(journey, model, row)
    if version is None:
        journey.report.refuse("aliases", told, "the version is not here")
        return
    if queries.standing(model).filter(alias=alias).exclude(version=version).exists():
        journey.report.refuse("aliases", told, "the alias names another version here")
        return
    try:
        with transaction.atomic():
            move_alias(version, alias, reason=_WHY, actor=journey.actor)
            journey.ledger.note(Kind.ALIAS, name_there, version.pk, done=True)
    except HouseError as error:
        journey.report.refuse("aliases", told, _reason(error))
    else:
        journey.report.carried["aliases"] += 1


def _reason(error: HouseError) -> str:
    if isinstance(error, NotFound):
        return "the version is not here"
    return f"policy: {sentence(error)}" if isinstance(error, GateRefused) else sentence(error)
