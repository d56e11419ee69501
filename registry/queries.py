"""Reading models, versions and placements as an actor may see them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from accounts.statements import RowsInRegistry
from events.models import Event
from lib.errors import NotFound
from lib.statements import Blank
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.models.stages import ARCHIVED, NO_STAGE
from registry.names import fold
from tracking.models import Dataset, LoggedModel, Run
from tracking.queries import runs_for

# What a full answer about a version names, fetched along with it.
_WITH_VERSION = ("model__registry", "source_run", "logged_model", "tree", "uploader")


def models_for(actor: User, right: Right = Right.SEE) -> QuerySet[RegisteredModel]:
    """The models on which the actor has this right, in every registry."""
    rows = RegisteredModel.objects.filter(deleted_at=None).select_related("registry", "owner")
    return access.visible(actor, rows, right)


def find_model(registry: Registry | str | None, name: str, *, actor: User) -> RegisteredModel:
    """The model of this name in this registry (None: the default one), if the actor may see it. Raises NotFound."""
    model = _model.first(_name_of(registry), actor, name=name)
    if model is None:
        raise NotFound(f"Registered Model with name={name} not found")
    return model


def versions_for(actor: User, right: Right = Right.SEE) -> QuerySet[ModelVersion]:
    """The versions on which the actor has this right."""
    rows = ModelVersion.objects.filter(deleted_at=None, model__deleted_at=None)
    return access.visible(actor, rows.select_related(*_WITH_VERSION), right)


def versions_of(model: RegisteredModel) -> QuerySet[ModelVersion]:
    """The versions of a model that was found for an actor before."""
    return ModelVersion.objects.filter(model=model, deleted_at=None).select_related(*_WITH_VERSION)


def find_version(registry: Registry | str | None, name: str, number: int, *, actor: User) -> ModelVersion:
    """This version in this registry (None: the default one), if the actor may see it. Raises NotFound."""
    version = _version.first(_name_of(registry), actor, name=name, number=number)
    if version is None:
        raise NotFound(f"Model Version (name={name}, version={number}) not found")
    return version


def registrations_of(logged_models: Iterable[LoggedModel], *, actor: User) -> dict[int, list[ModelVersion]]:
    """The versions that the actor sees of those made from logged models, oldest first, by the logged model's key."""
    found: dict[int, list[ModelVersion]] = {}
    rows = versions_for(actor).filter(logged_model__in=[row.pk for row in logged_models]).order_by("pk")
    for version in rows:
        if version.logged_model_id is not None:
            found.setdefault(version.logged_model_id, []).append(version)
    return found


def version_for_download(registry: str, name: str, number: int, *, actor: User) -> ModelVersion:
    """This version, if the actor may read its files: Forbidden if it may only be seen, NotFound otherwise."""
    version = find_version(registry, name, number, actor=actor)
    access.require(actor, Right.DOWNLOAD, version)
    return version


def open_placements(versions: Iterable[ModelVersion]) -> dict[int, list[Placement]]:
    """What each of these versions stands at now, by the version's key: one query for all."""
    found: dict[int, list[Placement]] = {}
    rows = Placement.objects.filter(version__in=[version.pk for version in versions], closed_at=None)
    for placement in rows.select_related("stage").order_by("alias"):
        found.setdefault(placement.version_id, []).append(placement)
    return found


def live(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """Those of the versions that people load: they stand at a stage that is in use, or an alias names them."""
    places = Placement.objects.filter(version=OuterRef("pk"), closed_at=None)
    return versions.filter(Exists(places.exclude(stage__name__in=(NO_STAGE, ARCHIVED))))


def standing_in(models: Iterable[RegisteredModel]) -> dict[int, list[Placement]]:
    """Who stands where in each of these models now, by the model's key: one query for all."""
    found: dict[int, list[Placement]] = {}
    rows = Placement.objects.filter(model__in=[model.pk for model in models], closed_at=None)
    for placement in rows.select_related("version", "stage").order_by("alias", "-version__number"):
        found.setdefault(placement.model_id, []).append(placement)
    return found


def newest_versions(models: Iterable[RegisteredModel], size: int) -> QuerySet[ModelVersion]:
    """The newest `size` versions of models that were found for an actor before."""
    rows = ModelVersion.objects.filter(model__in=[model.pk for model in models], deleted_at=None)
    return rows.select_related("model__registry").order_by("-pk")[:size]


def with_newest_number(models: QuerySet[RegisteredModel]) -> QuerySet[RegisteredModel]:
    """The same models, each with the number of its newest version as `newest_number`."""
    versions = ModelVersion.objects.filter(model=OuterRef("pk"), deleted_at=None).order_by("-number")
    return models.annotate(newest_number=Subquery(versions.values("number")[:1]))


def placements_of(model: RegisteredModel) -> QuerySet[Placement]:
    """The history of a model's stages and aliases, newest first."""
    rows = Placement.objects.filter(model=model).select_related("version", "stage", "opened_by", "closed_by")
    return rows.order_by("-opened_at", "-pk")


def standing(model: RegisteredModel) -> QuerySet[Placement]:
    """Who stands where in a model now, by stage and alias."""
    rows = Placement.objects.filter(model=model, closed_at=None).select_related("version", "stage", "opened_by")
    return rows.order_by("stage__position", "alias")


def standing_at(model: RegisteredModel, moment: datetime) -> QuerySet[Placement]:
    """Who stood where at that moment."""
    rows = Placement.objects.filter(Q(closed_at=None) | Q(closed_at__gt=moment), model=model, opened_at__lte=moment)
    return rows.select_related("version", "stage", "opened_by").order_by("stage__position", "alias")


def stood_before(model: RegisteredModel, *, stage: Stage | None = None, alias: str = "") -> Placement | None:
    """The last placement here of another version, from before the present one came for the first time.

    Where nothing stands now it is the last one that there was. Versions that are deleted do not count.
    """
    rows = Placement.objects.filter(model=model, stage=stage, alias=alias).select_related("version__model__registry")
    present = rows.filter(closed_at=None).order_by("-pk").first()
    earlier = rows.filter(version__deleted_at=None).exclude(closed_at=None)
    if present:
        first = rows.filter(version=present.version_id).order_by("pk").values("pk")[:1]
        earlier = earlier.filter(pk__lt=Subquery(first)).exclude(version=present.version_id)
    return earlier.order_by("-pk").first()


def stage_of(version: ModelVersion) -> Stage | None:
    """The stage that the version stands at; None for one that is not placed."""
    placement = Placement.objects.filter(version=version, alias="", closed_at=None).select_related("stage").first()
    return placement.stage if placement else None


def current_stage(version: ModelVersion) -> str:
    """The name of the stage that the version stands at."""
    stage = stage_of(version)
    return stage.name if stage else NO_STAGE


def version_at(model: RegisteredModel, *, alias: str = "", stage: str = "") -> ModelVersion:
    """The version that the alias names, or the newest one standing at the stage. Raises NotFound."""
    place = Q(placements__alias=alias) if alias else Q(placements__stage__name=stage)
    version = versions_of(model).filter(place, placements__closed_at=None).order_by("-number").first()
    if version is None:
        raise NotFound(f"{model.name} has no version {'under @' + alias if alias else 'at ' + stage}.")
    return version


def find_stage(registry: Registry, name: str) -> Stage | None:
    """The stage of this name on the registry's ladder, in any case; None for an unknown one."""
    return next((stage for stage in stages_of(registry) if fold(stage.name) == fold(name)), None)


def stages_of(registry: Registry) -> QuerySet[Stage]:
    """The ladder, lowest step first."""
    return Stage.objects.filter(registry=registry).order_by("position")


def with_tags(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    """The same versions, with tags and open placements fetched in two further queries for all of them."""
    open_ones = Placement.objects.filter(closed_at=None).select_related("stage").order_by("alias")
    return versions.prefetch_related("tags", Prefetch("placements", queryset=open_ones, to_attr="open_placements"))


@dataclass(frozen=True)
class Difference:
    """One parameter, metric or file in two versions; None where it is absent."""

    name: str
    before: str | float | None
    after: str | float | None

    @property
    def is_change(self) -> bool:
        """Whether the two differ."""
        # By their spelling, as not-a-number differs from itself.
        return repr(self.before) != repr(self.after)


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side; `before` is None when there is nothing to compare with."""

    before: ModelVersion | None
    after: ModelVersion
    metrics: list[Difference]
    params: list[Difference]
    files: list[Difference]


def compare(before: ModelVersion | None, after: ModelVersion) -> Comparison:
    """Metrics and parameters of the source runs, and files by digest, of two versions found before."""
    return Comparison(
        before=before,
        after=after,
        metrics=_differences(_metrics(before), _metrics(after)),
        params=_differences(_params(before), _params(after)),
        files=_differences(_files(before), _files(after)),
    )


def _differences(before: Mapping[str, str | float], after: Mapping[str, str | float]) -> list[Difference]:
    return [Difference(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]


def _metrics(version: ModelVersion | None) -> dict[str, float]:
    run = version.source_run if version else None
    return {metric.key: metric.number for metric in run.metrics.all()} if run else {}


def _params(version: ModelVersion | None) -> dict[str, str]:
    run = version.source_run if version else None
    return dict(run.params.values_list("key", "value")) if run else {}


def _files(version: ModelVersion | None) -> dict[str, str]:
    tree = version.tree if version else None
    return dict(tree.files.values_list("path", "blob__sha256")) if tree else {}


@dataclass(frozen=True)
class Lineage:
    """Where a version comes from; None also for what the actor may not see.

    `source` and `run_link` say it in the words of the client; they are empty where any of it is hidden.
    """

    run: Run | None
    logged_model: LoggedModel | None
    copied_from: ModelVersion | None
    datasets: list[Dataset]
    source: str
    run_link: str


def origin_seen(actor: User) -> Q:
    """The condition on versions that the actor sees all that they were made from: run, logged model, version copied."""
    run = access.visible(actor, Run.objects.filter(pk=OuterRef("source_run")))
    logged_model = access.visible(actor, LoggedModel.objects.filter(pk=OuterRef("logged_model")))
    copied = access.visible(actor, ModelVersion.objects.filter(pk=OuterRef("copied_from")))
    return (
        (Q(source_run=None) | Q(Exists(run)))
        & (Q(logged_model=None) | Q(Exists(logged_model)))
        & (Q(copied_from=None) | Q(Exists(copied)))
    )


def without_hidden_runs(lines: Sequence[Event], *, actor: User) -> Sequence[Event]:
    """The same lines of the log, to be shown: of the runs that they name only those that the actor sees."""
    named = {run_id for line in lines if (run_id := line.details.get("run"))}
    seen = set(runs_for(actor).filter(run_id__in=named).values_list("run_id", flat=True)) if named else set()
    for line in lines:
        if line.details.get("run") not in seen:
            line.details = {name: value for name, value in line.details.items() if name != "run"}
    return lines


def lineage_of(version: ModelVersion, *, actor: User) -> Lineage:
    """The origin of a version that was found for the actor before, as far as the actor sees it."""
    run = runs_for(actor).filter(pk__in=[version.source_run_id]).first()
    logged_model = access.visible(actor, LoggedModel.objects.filter(pk__in=[version.logged_model_id])).first()
    copies = ModelVersion.objects.select_related("model__registry").filter(pk__in=[version.copied_from_id])
    copied_from = access.visible(actor, copies).first()
    is_hidden = (
        (version.source_run_id and not run)
        or (version.logged_model_id and not logged_model)
        or (version.copied_from_id and not copied_from)
    )
    # The address of files that are kept elsewhere is what the version is, not where it comes from.
    tells = not is_hidden or not (version.tree_id or version.copied_from_id)
    return Lineage(
        run=run,
        logged_model=logged_model if logged_model and logged_model.deleted_at is None else None,
        copied_from=copied_from if copied_from and copied_from.deleted_at is None else None,
        datasets=list(version.datasets.order_by("name", "digest")) if run else [],
        source=version.source if tells else "",
        run_link=version.run_link if tells else "",
    )


def activity_of(model: RegisteredModel, *, actor: User) -> QuerySet[Event]:
    """What happened to a model and to its versions, newest first; who got which role only for those who audit it."""
    versions = ModelVersion.objects.filter(model=model).values("pk")
    about_model = Q(subject_type=RegisteredModel.__name__, subject_id=model.pk)
    about_versions = Q(subject_type=ModelVersion.__name__, subject_id__in=versions)
    lines = Event.objects.filter(about_model | about_versions).order_by("-id")
    return lines if access.can(actor, Right.AUDIT, model) else lines.exclude(kind__startswith="role.")


def _name_of(registry: Registry | str | None) -> str | None:
    return registry.name if isinstance(registry, Registry) else registry


_model = RowsInRegistry(
    "registry",
    lambda actor, registry: models_for(actor).filter(registry, name=Blank("name", CharField())),
)
_version = RowsInRegistry(
    "model__registry",
    lambda actor, registry: versions_for(actor).filter(
        registry, model__name=Blank("name", CharField()), number=Blank("number", IntegerField())
    ),
)
