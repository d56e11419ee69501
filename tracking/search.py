"""Search as people write it, parsed: a query in, a page of rows out. Each protocol parses a grammar of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Concat

from accounts.models import Registry, User
from accounts.statements import RowsInRegistry, VisiblePages
from lib.comparisons import Comparison, Order, kept_if_short, on_moment, on_number, on_text, with_places
from lib.errors import Invalid
from lib.paging import Page, page_by_key
from lib.statements import Blank
from tracking import queries
from tracking.facts import runs_with_facts
from tracking.models import (
    Experiment,
    ExperimentTag,
    LatestMetric,
    LoggedModel,
    LoggedModelMetric,
    LoggedModelParam,
    LoggedModelTag,
    Param,
    Run,
    RunInput,
    RunTag,
)
from tracking.ordering import Condition, attribute, by_attribute, by_metric, by_text, complete, require_entity
from tracking.rules import DEFAULT_EXPERIMENT_ID

M = TypeVar("M", bound=Model)

MOST_EXPERIMENTS = 50_000
MOST_RUNS = 50_000
MOST_LOGGED_MODELS = 50_000
MOST_DATASETS = 1_000


class View(StrEnum):
    """Whether a search looks at what is alive, what is deleted, or both."""

    ACTIVE_ONLY = "ACTIVE_ONLY"
    DELETED_ONLY = "DELETED_ONLY"
    ALL = "ALL"


@dataclass(frozen=True)
class Query:
    """What somebody looks for, and in which order."""

    comparisons: Sequence[Comparison] = ()
    orders: Sequence[Order] = ()
    view: View = View.ACTIVE_ONLY
    experiment_ids: Sequence[int] = ()
    # Pairs of name and digest; logged models count that were measured on one of them. No digest means any.
    datasets: Sequence[tuple[str, str]] = ()
    # What stands before an experiment's id in the addresses of the artifacts that are kept here.
    artifact_root: str = ""


@dataclass(frozen=True)
class DatasetOrder(Order):
    """Sort by a metric as it was measured on this data set only."""

    dataset_name: str = ""
    dataset_digest: str = ""


@dataclass(frozen=True)
class UsedDataset:
    """A data set of an experiment, and what runs say that they used it for."""

    experiment_id: int
    name: str
    digest: str
    context: str | None


def _on_id(column: str, comparison: Comparison) -> Q:
    """A condition on an id, which users write as a text in quotes. One that is no number is nobody's."""
    on_text(column, comparison)
    texts = comparison.value if isinstance(comparison.value, tuple) else (str(comparison.value),)
    if comparison.operator.endswith("LIKE"):
        raise Invalid("filter", f"{comparison.key} takes =, != and IN.")
    found = Q(**{f"{column}__in": [int(text) for text in texts if text.isascii() and text.isdecimal()]})
    return ~found if comparison.operator in ("!=", "NOT IN") else found


# How an attribute is called, the column that it is, and how it is compared.
_EXPERIMENT_ATTRIBUTES: dict[str, tuple[str, Condition]] = {
    "name": ("name", on_text),
    "experiment_id": ("pk", _on_id),
    "creation_time": ("created_at", on_moment),
    "last_update_time": ("updated_at", on_moment),
}
_RUN_ATTRIBUTES: dict[str, tuple[str, Condition]] = {
    "run_id": ("run_id", on_text),
    "run_name": ("name", on_text),
    "user_id": ("user_id", on_text),
    "status": ("status", on_text),
    "start_time": ("start_time", on_number),
    "end_time": ("end_time", on_number),
    "artifact_uri": ("location", on_text),
}
_LOGGED_MODEL_ATTRIBUTES: dict[str, tuple[str, Condition]] = {
    "name": ("name", on_text),
    "model_id": ("model_id", on_text),
    "model_type": ("model_type", on_text),
    "status": ("status", on_text),
    "status_message": ("status_message", on_text),
    "lifecycle_stage": ("lifecycle", on_text),
    "experiment_id": ("experiment_id", _on_id),
    "artifact_location": ("location", on_text),
    "source_run_id": ("source", on_text),
    "creation_timestamp": ("created_at", on_moment),
    "last_updated_timestamp": ("updated_at", on_moment),
}


# The attributes of runs that are plain columns of text.
_TEXTS_OF_RUNS = {"run_id", "run_name", "user_id", "status"}
_PKS = Q(pk__among=Blank("pks", BigIntegerField()))
_wanted: RowsInRegistry[Any] = RowsInRegistry(
    "registry",
    lambda actor, registry: queries.experiments_for(actor).filter(registry, _PKS).values_list("pk", named=True),
)
_with_default: RowsInRegistry[Any] = RowsInRegistry(
    "registry",
    lambda actor, registry: (
        queries.experiments_for(actor).filter(registry, _PKS | Q(is_default=True)).values_list("pk", named=True)
    ),
)


def search_experiments(
    query: Query, *, registry: Registry, actor: User, size: int, token: str | None = None
) -> Page[Experiment]:
    """Experiments of the registry that the actor sees, the newest first unless the query says otherwise."""
    rows = _alive(queries.experiments_for(actor, registry), query.view)
    for comparison in query.comparisons:
        match comparison.entity:
            case "attribute":
                rows = rows.filter(_on_attribute(comparison, _EXPERIMENT_ATTRIBUTES))
            case "tag":
                rows = rows.filter(_on_part(comparison, ExperimentTag, "experiment"))
            case entity:
                raise Invalid("filter", f"Experiments are not searched by {entity}.")
    keys: list[str] = []
    for order in query.orders:
        require_entity(order, "attribute")
        rows, more = by_attribute(rows, order, _EXPERIMENT_ATTRIBUTES)
        keys += more
    return page_by_key(rows, complete(keys, "-created_at", "pk"), size=size, token=token)


def search_runs(query: Query, *, registry: Registry, actor: User, size: int, token: str | None = None) -> Page[Run]:
    """Runs of the query's experiments that the actor sees, the latest start first unless the query says otherwise.

    They come with their facts and links.
    """
    placed, values = with_places(query.comparisons, _TEXTS_OF_RUNS)
    search = replace(query, comparisons=placed, orders=tuple(query.orders), experiment_ids=(), datasets=())
    experiments = _experiments(query, registry, actor)
    pages = kept_if_short(_pages_of_runs, [*placed, *query.orders])
    page = pages(search, size).page(actor, token, experiments=experiments, **values)
    return Page(runs_with_facts(page.rows), page.next_token)


@lru_cache(maxsize=512)
def _pages_of_runs(query: Query, size: int) -> VisiblePages:
    """The statements of a search in experiments that the actor was found to see."""
    rows = _alive(Run.objects.filter(experiment__id__among=Blank("experiments", BigIntegerField())), query.view)
    if _names(query, "artifact_uri"):
        rows = rows.annotate(location=_location(query, F("run_id")))
    for comparison in query.comparisons:
        rows = rows.filter(_on_run(comparison))
    keys: list[str] = []
    for order in query.orders:
        match order.entity:
            case "attribute":
                rows, more = by_attribute(rows, order, _RUN_ATTRIBUTES)
            case "tag":
                rows, more = by_text(rows, order, RunTag.objects.filter(run=OuterRef("pk"), key=order.key))
            case "param":
                rows, more = by_text(rows, order, Param.objects.filter(run=OuterRef("pk"), key=order.key))
            case "metric":
                rows, more = by_metric(rows, order, LatestMetric.objects.filter(run=OuterRef("pk"), key=order.key))
            case entity:
                raise Invalid("order_by", f"Runs are not ordered by {entity}.")
        keys += more
    # What may be seen was asked when the experiments were looked up.
    return VisiblePages(lambda _: rows, complete(keys, "-start_time", "run_id"), size)


def search_logged_models(
    query: Query, *, registry: Registry, actor: User, size: int, token: str | None = None
) -> Page[LoggedModel]:
    """Logged models of the query's experiments that the actor sees, newest first unless the query says otherwise."""
    rows = LoggedModel.objects.filter(experiment__in=_experiments(query, registry, actor), deleted_at=None)
    rows = rows.annotate(source=Coalesce("source_run__run_id", Value("")), lifecycle=_text(Value("active")))
    if _names(query, "artifact_location"):
        rows = rows.annotate(location=_location(query, Value("models/"), F("model_id")))
    measured = _measured_on(query.datasets)
    for comparison in query.comparisons:
        rows = rows.filter(_on_logged_model(comparison, measured))
    if query.datasets and not any(comparison.entity == "metric" for comparison in query.comparisons):
        rows = rows.filter(Exists(measured))
    keys: list[str] = []
    for order in query.orders:
        require_entity(order, "attribute", "metric")
        if order.entity == "attribute":
            rows, more = by_attribute(rows, order, _LOGGED_MODEL_ATTRIBUTES)
        else:
            rows, more = by_metric(rows, order, _latest_of_model(order))
        keys += more
    rows = rows.select_related("experiment", "source_run")
    return page_by_key(rows, complete(keys, "-created_at", "model_id"), size=size, token=token)


def search_datasets(experiment_ids: Sequence[int], *, registry: Registry, actor: User) -> list[UsedDataset]:
    """What the runs of these experiments used, as far as the actor sees them; each use once, at most 1,000."""
    experiments = _experiments(Query(experiment_ids=experiment_ids), registry, actor)
    columns = ("dataset__experiment_id", "dataset__name", "dataset__digest", "context")
    uses = RunInput.objects.filter(dataset__experiment__in=experiments).annotate(context=_context())
    return [UsedDataset(*use) for use in uses.values_list(*columns).distinct().order_by(*columns)[:MOST_DATASETS]]


# ---- which rows


def _experiments(query: Query, registry: Registry, actor: User) -> list[int]:
    """The wanted experiments that the actor sees, asked once, so that rights are not weighed again for every row."""
    wanted = _with_default if DEFAULT_EXPERIMENT_ID in query.experiment_ids else _wanted
    return [row.pk for row in wanted.all(registry.name, actor, pks=list(query.experiment_ids))]


def _alive(rows: QuerySet[M], view: View) -> QuerySet[M]:
    return rows if view is View.ALL else rows.filter(deleted_at__isnull=view is View.ACTIVE_ONLY)


def _on_run(comparison: Comparison) -> Q | Exists:
    match comparison.entity:
        case "attribute":
            return _on_attribute(comparison, _RUN_ATTRIBUTES)
        case "tag":
            return _on_part(comparison, RunTag, "run")
        case "param":
            return _on_part(comparison, Param, "run")
        case "metric":
            metrics = LatestMetric.objects.filter(run=OuterRef("pk"), key=comparison.key, is_nan=False)
            return Exists(metrics.filter(on_number("value", comparison)))
        case "dataset":
            return _on_dataset(comparison)
        case entity:
            raise Invalid("filter", f"Runs are not searched by {entity}.")


def _on_dataset(comparison: Comparison) -> Exists:
    columns = {"name": "dataset__name", "digest": "dataset__digest", "context": "context"}
    if comparison.key not in columns:
        raise Invalid("filter", f"Invalid dataset key '{comparison.key}': use {', '.join(columns)}.")
    inputs = RunInput.objects.alias(context=_context())
    return Exists(inputs.filter(on_text(columns[comparison.key], comparison), run=OuterRef("pk")))


def _context() -> Cast:
    return Cast(KeyTextTransform("mlflow.data.context", "tags"), TextField())


def _on_logged_model(comparison: Comparison, measured: QuerySet[LoggedModelMetric]) -> Q | Exists:
    match comparison.entity:
        case "attribute":
            return _on_attribute(_with_full_status(comparison), _LOGGED_MODEL_ATTRIBUTES)
        case "tag":
            return _on_part(comparison, LoggedModelTag, "logged_model")
        case "param":
            return _on_part(comparison, LoggedModelParam, "logged_model")
        case "metric":
            return Exists(measured.filter(on_number("value", comparison), key=comparison.key, is_nan=False))
        case entity:
            raise Invalid("filter", f"Logged models are not searched by {entity}.")


def _with_full_status(comparison: Comparison) -> Comparison:
    """Clients say READY for what the wire calls LOGGED_MODEL_READY."""
    if comparison.key != "status" or not isinstance(comparison.value, str):
        return comparison
    full = {status.value.removeprefix("LOGGED_MODEL_"): status.value for status in LoggedModel.Status}
    full["FAILED"] = LoggedModel.Status.UPLOAD_FAILED.value
    value = full.get(comparison.value, comparison.value)
    return Comparison(comparison.entity, comparison.key, comparison.operator, value)


def _measured_on(datasets: Sequence[tuple[str, str]]) -> QuerySet[LoggedModelMetric]:
    """The metrics of the logged model that the outer query looks at; with data sets, only those measured on one."""
    chosen = Q()
    for name, digest in datasets:
        chosen |= Q(dataset_name=name, dataset_digest=digest) if digest else Q(dataset_name=name)
    return LoggedModelMetric.objects.filter(chosen, logged_model=OuterRef("pk"))


def _latest_of_model(order: Order) -> QuerySet[LoggedModelMetric]:
    """The points of a metric of the logged model that the outer query looks at, the latest first."""
    metrics = LoggedModelMetric.objects.filter(logged_model=OuterRef("pk"), key=order.key)
    if isinstance(order, DatasetOrder):
        wanted = {"dataset_name": order.dataset_name, "dataset_digest": order.dataset_digest}
        metrics = metrics.filter(**{name: value for name, value in wanted.items() if value})
    return metrics.order_by("-timestamp", "-step", "pk")


def _names(query: Query, attribute: str) -> bool:
    wishes: list[Comparison | Order] = [*query.comparisons, *query.orders]
    return any((wish.entity, wish.key) == ("attribute", attribute) for wish in wishes)


def _location(query: Query, *name: Value | F) -> Concat:
    """The address of the artifacts of a run or logged model, as clients see it."""
    kept_here = Concat(_text(Value(f"{query.artifact_root}/")), _text(F("experiment_id")))
    elsewhere = _text(F("experiment__artifact_location"))
    root = Case(When(experiment__artifact_location="", then=kept_here), default=elsewhere, output_field=TextField())
    return Concat(root, *(_text(part) for part in (Value("/"), *name, Value("/artifacts"))))


def _text(value: Any) -> Cast:
    return Cast(value, TextField())


def _on_attribute(comparison: Comparison, attributes: dict[str, tuple[str, Condition]]) -> Q:
    column, condition = attribute(comparison.key, attributes, "filter")
    return condition(column, comparison)


def _on_part(comparison: Comparison, part: type[Model], owner: str) -> Q | Exists:
    """A condition on the tag or parameter of this key. `!=` finds only what has the key, as in MLflow."""
    rows = part._base_manager.filter(**{owner: OuterRef("pk")}, key=comparison.key)
    if comparison.operator == "IS NULL":
        return Q(~Exists(rows))
    if comparison.operator == "IS NOT NULL":
        return Exists(rows)
    return Exists(rows.filter(on_text("value", comparison)))
