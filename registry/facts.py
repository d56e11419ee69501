"""What a full answer says about a model or a version, tags and places included, read in one statement."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.db.models import BigIntegerField, CharField, Exists, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast

from accounts.models import User
from accounts.statements import RowsInRegistry, VisibleRows
from lib.errors import NotFound
from lib.json_lists import JsonList
from lib.moments import Milliseconds
from lib.statements import Blank, Statement
from registry.models import ModelTag, ModelVersion, Placement, RegisteredModel, VersionTag
from registry.queries import models_for, origin_seen, versions_for

_OPEN = Placement.objects.filter(closed_at=None)
_AT_STAGE = _OPEN.filter(stage__isnull=False)


class VersionFacts(Protocol):
    """One version. Times are milliseconds since 1970.

    `tags_json` is a list of objects with key and value, `aliases_json` a list of names; None for an empty one. Where it
    comes from (`source`, `run_link`, run and logged model) is for those with `is_origin_seen`; for others there is
    `source` alone, and only if it says where the files are kept.
    """

    pk: int
    model_id: int
    number: int
    description: str
    source: str
    run_link: str
    tree_id: int | None
    copied_from_id: int | None
    is_origin_seen: bool
    created_ms: int
    updated_ms: int
    model__name: str
    uploader__username: str
    source_run__run_id: str | None
    logged_model__model_id: str | None
    stage_name: str | None
    tags_json: str | None
    aliases_json: str | None


class ModelFacts(Protocol):
    """One model. Times are milliseconds since 1970; `aliases_json` is a list of objects with alias and version."""

    pk: int
    name: str
    description: str
    created_ms: int
    updated_ms: int
    owner__username: str
    tags_json: str | None
    aliases_json: str | None


def version_facts(versions: QuerySet[ModelVersion], actor: User) -> QuerySet[Any, Any]:
    """The facts of these versions, with as much of their lineage as the actor sees."""
    here = _OPEN.filter(version=OuterRef("pk"))
    facts = versions.select_related(None).annotate(
        created_ms=Milliseconds("created_at"),
        updated_ms=Milliseconds("updated_at"),
        is_origin_seen=origin_seen(actor),
        stage_name=Subquery(_AT_STAGE.filter(version=OuterRef("pk")).values("stage__name")[:1]),
        tags_json=JsonList(VersionTag.objects.filter(version=OuterRef("pk")).order_by("pk"), key="key", value="value"),
        aliases_json=JsonList(here.exclude(alias="").order_by("alias"), "alias"),
    )
    return facts.values_list(*VersionFacts.__annotations__, named=True)


def model_facts(models: QuerySet[RegisteredModel]) -> QuerySet[Any, Any]:
    """The facts of these models."""
    aliases = _OPEN.filter(model=OuterRef("pk")).exclude(alias="").order_by("alias")
    facts = models.select_related(None).annotate(
        created_ms=Milliseconds("created_at"),
        updated_ms=Milliseconds("updated_at"),
        tags_json=JsonList(ModelTag.objects.filter(model=OuterRef("pk")).order_by("pk"), key="key", value="value"),
        aliases_json=JsonList(
            aliases.annotate(number=Cast("version__number", CharField())), alias="alias", version="number"
        ),
    )
    return facts.values_list(*ModelFacts.__annotations__, named=True)


def find_version_facts(registry: str | None, name: str, number: int, *, actor: User) -> VersionFacts:
    """This version in the named registry or the default one, if the actor may see it. Raises NotFound."""
    found: VersionFacts | None = _version.first(registry, actor, name=name, number=number)
    if found is None:
        raise NotFound(f"Model Version (name={name}, version={number}) not found")
    return found


def find_alias_facts(registry: str | None, name: str, alias: str, *, actor: User) -> VersionFacts | None:
    """The version that the alias names, if the actor may see it."""
    found: VersionFacts | None = _version_under_alias.first(registry, actor, name=name, alias=alias)
    return found


def find_model_facts(registry: str | None, name: str, *, actor: User) -> ModelFacts:
    """This model, if the actor may see it. Raises NotFound."""
    found: ModelFacts | None = _model.first(registry, actor, name=name)
    if found is None:
        raise NotFound(f"Registered Model with name={name} not found")
    return found


def facts_of_version(version: ModelVersion, *, actor: User) -> VersionFacts:
    """The facts of a version that was found or made for the actor before."""
    return _version_itself.all(actor, pk=version.pk)[0]


def facts_of_model(model: RegisteredModel) -> ModelFacts:
    """The facts of a model that was found or made for the actor before."""
    return _model_itself.all(pk=model.pk)[0]


def facts_of_versions(pks: Sequence[int], *, actor: User) -> list[VersionFacts]:
    """The facts of versions that were found for the actor before, in the order of these keys."""
    found = {facts.pk: facts for facts in _versions_among.all(actor, pks=list(pks))}
    return [found[pk] for pk in pks if pk in found]


def facts_of_models(pks: Sequence[int]) -> list[ModelFacts]:
    """The facts of models that were found for the actor before, in the order of these keys."""
    found = {facts.pk: facts for facts in _models_among.all(pks=list(pks))}
    return [found[pk] for pk in pks if pk in found]


def newest_of(model_id: int, *, actor: User) -> list[VersionFacts]:
    """The newest version at each stage of one model, the one at no stage first."""
    return _newest.all(actor, pk=model_id)


def newest_of_each(model_ids: Sequence[int], *, actor: User) -> dict[int, list[VersionFacts]]:
    """The same for many models, by their keys."""
    found: dict[int, list[VersionFacts]] = {pk: [] for pk in model_ids}
    for facts in _newest_among.all(actor, pks=list(model_ids)):
        found[facts.model_id].append(facts)
    return found


def _newest_per_stage(models: QuerySet[RegisteredModel], actor: User) -> QuerySet[Any, Any]:
    placed = _AT_STAGE.filter(model=OuterRef("pk"), stage=OuterRef("registry__stages")).order_by("-version_id")
    unplaced = ModelVersion.objects.filter(
        ~Exists(_AT_STAGE.filter(version=OuterRef("pk"))), model=OuterRef("pk"), deleted_at=None
    ).order_by("-number")
    wanted = models.values_list(Subquery(unplaced.values("pk")[:1])).union(
        models.values_list(Subquery(placed.values("version_id")[:1])), all=True
    )
    position = _AT_STAGE.filter(version=OuterRef("pk")).values("stage__position")[:1]
    rows = ModelVersion.objects.filter(pk__in=wanted).order_by("model_id", Subquery(position).asc(nulls_first=True))
    return version_facts(rows, actor)


_NAME, _NUMBER, _ALIAS = Blank("name", CharField()), Blank("number", IntegerField()), Blank("alias", CharField())
_version = RowsInRegistry(
    "model__registry",
    lambda actor, registry: version_facts(
        versions_for(actor).filter(registry, model__name=_NAME, number=_NUMBER), actor
    ),
)
_version_under_alias = RowsInRegistry(
    "model__registry",
    # Found from its one placement: a model may have 200,000 versions to look through.
    lambda actor, registry: version_facts(
        versions_for(actor).filter(
            pk=Subquery(
                _OPEN.filter(registry, model__name=_NAME, model__deleted_at=None, alias=_ALIAS).values("version")[:1]
            )
        ),
        actor,
    ),
)
_model = RowsInRegistry("registry", lambda actor, registry: model_facts(models_for(actor).filter(registry, name=_NAME)))
# Of one thing, and of a page of things: with a list of one PostgreSQL would plan anew each time.
_PK, _PKS = Blank("pk", BigIntegerField()), Blank("pks", BigIntegerField())
_version_itself: VisibleRows[VersionFacts] = VisibleRows(
    lambda actor: version_facts(ModelVersion.objects.filter(pk=_PK), actor)
)
_versions_among: VisibleRows[VersionFacts] = VisibleRows(
    lambda actor: version_facts(ModelVersion.objects.filter(pk__among=_PKS), actor)
)
_model_itself: Statement[ModelFacts] = Statement(lambda: model_facts(RegisteredModel.objects.filter(pk=_PK)))
_models_among: Statement[ModelFacts] = Statement(lambda: model_facts(RegisteredModel.objects.filter(pk__among=_PKS)))
_newest: VisibleRows[VersionFacts] = VisibleRows(
    lambda actor: _newest_per_stage(RegisteredModel.objects.filter(pk=_PK), actor)
)
_newest_among: VisibleRows[VersionFacts] = VisibleRows(
    lambda actor: _newest_per_stage(RegisteredModel.objects.filter(pk__among=_PKS), actor)
)
