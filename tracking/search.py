"""Search as people write it, parsed: a query in, a page of rows out. Each protocol parses a grammar of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from zlib import crc32

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from accounts.models import Registry, User
from lib.comparisons import Comparison, Order, on_moment, on_number, on_text
from lib.errors import Invalid
from lib.paging import Page, page_by_key
from tracking import queries
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
from tracking.rules import DEFAULT_EXPERIMENT_ID

M = TypeVar("M", bound=Model)
Condition = Callable[[str, Comparison], Q]

MOST_EXPERIMENTS = 50_000
MOST_RUNS = 50_000
MOST_LOGGED_MODELS = 50_000


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


# How an attribute is called, the column that it is, and how it is compared.
_EXPERIMENT_ATTRIBUTES: dict[str, tuple[str, Condition]] = {
    "name": ("name", on_text),
    "experiment_id": ("pk", on_number),
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
}
_LOGGED_MODEL_ATTRIBUTES: dict[str, tuple[str, Condition]] = {
    "name": ("name", on_text),
    "model_id": ("model_id", on_text),
    "model_type": ("model_type", on_text),
    "status": ("status", on_text),
    "source_run_id": ("source_run__run_id", on_text),
    "creation_timestamp": ("created_at", on_moment),
    "last_updated_timestamp": ("updated_at", on_moment),
}
_NULLABLE = {"start_time", "end_time", "source_run__run_id"}


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
        _require_entity(order, "attribute")
        rows, more = _by_attribute(rows, order, _EXPERIMENT_ATTRIBUTES)
        keys += more
    return page_by_key(rows, _complete(keys, "-created_at", "pk"), size=size, token=token)


def search_runs(query: Query, *, registry: Registry, actor: User, size: int, token: str | None = None) -> Page[Run]:
    """Runs of the query's experiments that the actor sees, the latest start first unless the query says otherwise."""
    rows = _alive(Run.objects.filter(experiment__in=_experiments(query, registry, actor)), query.view)
    for comparison in query.comparisons:
        rows = rows.filter(_on_run(comparison))
    keys: list[str] = []
    for order in query.orders:
        match order.entity:
            case "attribute":
                rows, more = _by_attribute(rows, order, _RUN_ATTRIBUTES)
            case "tag":
                rows, more = _by_text(rows, order, RunTag.objects.filter(run=OuterRef("pk"), key=order.key))
            case "param":
                rows, more = _by_text(rows, order, Param.objects.filter(run=OuterRef("pk"), key=order.key))
            case "metric":
                rows, more = _by_metric(rows, order, LatestMetric.objects.filter(run=OuterRef("pk"), key=order.key))
            case entity:
                raise Invalid("order_by", f"Runs are not ordered by {entity}.")
        keys += more
    return page_by_key(
        rows.select_related("experiment"), _complete(keys, "-start_time", "run_id"), size=size, token=token
    )


def search_logged_models(
    query: Query, *, registry: Registry, actor: User, size: int, token: str | None = None
) -> Page[LoggedModel]:
    """Logged models of the query's experiments that the actor sees, newest first unless the query says otherwise."""
    rows = LoggedModel.objects.filter(experiment__in=_experiments(query, registry, actor), deleted_at=None)
    measured = _measured_on(query.datasets)
    for comparison in query.comparisons:
        rows = rows.filter(_on_logged_model(comparison, measured))
    if query.datasets and not any(comparison.entity == "metric" for comparison in query.comparisons):
        rows = rows.filter(Exists(measured))
    keys: list[str] = []
    for order in query.orders:
        _require_entity(order, "attribute", "metric")
        if order.entity == "attribute":
            rows, more = _by_attribute(rows, order, _LOGGED_MODEL_ATTRIBUTES)
        else:
            rows, more = _by_metric(rows, order, measured.filter(key=order.key).order_by("-timestamp", "-step", "pk"))
        keys += more
    rows = rows.select_related("experiment", "source_run")
    return page_by_key(rows, _complete(keys, "-created_at", "model_id"), size=size, token=token)


# ---- which rows


def _experiments(query: Query, registry: Registry, actor: User) -> list[int]:
    """The wanted experiments that the actor sees, asked once, so that rights are not weighed again for every row."""
    wanted = Q(pk__in=query.experiment_ids)
    if DEFAULT_EXPERIMENT_ID in query.experiment_ids:
        wanted |= Q(is_default=True)
    return list(queries.experiments_for(actor, registry).filter(wanted).values_list("pk", flat=True))


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
    inputs = RunInput.objects.alias(context=Cast(KeyTextTransform("mlflow.data.context", "tags"), TextField()))
    return Exists(inputs.filter(on_text(columns[comparison.key], comparison), run=OuterRef("pk")))


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


def _on_attribute(comparison: Comparison, attributes: dict[str, tuple[str, Condition]]) -> Q:
    column, condition = _attribute(comparison.key, attributes, "filter")
    return condition(column, comparison)


def _on_part(comparison: Comparison, part: type[Model], owner: str) -> Q | Exists:
    """A condition on the tag or parameter of this key. `!=` finds only what has the key, as in MLflow."""
    rows = part._base_manager.filter(**{owner: OuterRef("pk")}, key=comparison.key)
    if comparison.operator == "IS NULL":
        return Q(~Exists(rows))
    if comparison.operator == "IS NOT NULL":
        return Exists(rows)
    return Exists(rows.filter(on_text("value", comparison)))


# ---- in which order


def _by_attribute(
    rows: QuerySet[M], order: Order, attributes: dict[str, tuple[str, Condition]]
) -> tuple[QuerySet[M], list[str]]:
    column, condition = _attribute(order.key, attributes, "order_by")
    if column not in _NULLABLE:
        return rows, [_turned(column, order)]
    return _ranked(rows, order, F(column), Value("") if condition is on_text else Value(0))


def _by_text(rows: QuerySet[M], order: Order, parts: QuerySet[Any]) -> tuple[QuerySet[M], list[str]]:
    return _ranked(rows, order, Subquery(parts.values("value")[:1]), Value(""))


def _by_metric(rows: QuerySet[M], order: Order, metrics: QuerySet[Any]) -> tuple[QuerySet[M], list[str]]:
    """Numbers, then what is not a number, then what has no such metric; whichever way the numbers run."""
    number = metrics.annotate(number=Case(When(is_nan=False, then=F("value")))).values("number")[:1]
    is_nan = Exists(metrics.filter(is_nan=True))
    return _ranked(rows, order, Subquery(number), Value(0.0), When(is_nan, then=1))


def _ranked(
    rows: QuerySet[M], order: Order, value: Any, filler: Value, *between: When
) -> tuple[QuerySet[M], list[str]]:
    """Order by `value` with what lacks it last: a page that starts after a row can only be asked for without nulls."""
    name = f"by_{crc32(f'{order.entity}.{order.key}'.encode()):08x}"
    # `raw` has to be an annotation of its own, or the condition below could not name it.
    rows = rows.alias(**{f"{name}_raw": value}).annotate(
        **{
            f"{name}_rank": Case(
                When(**{f"{name}_raw__isnull": False}, then=0), *between, default=2, output_field=IntegerField()
            ),
            name: Coalesce(F(f"{name}_raw"), filler, output_field=filler.output_field),
        }
    )
    return rows, [f"{name}_rank", _turned(name, order)]


def _turned(column: str, order: Order) -> str:
    return f"-{column}" if order.descending else column


def _attribute(key: str, attributes: dict[str, tuple[str, Condition]], field: str) -> tuple[str, Condition]:
    if key not in attributes:
        raise Invalid(field, f"Invalid attribute key '{key}' specified. Valid keys are {', '.join(attributes)}.")
    return attributes[key]


def _require_entity(order: Order, *entities: str) -> None:
    if order.entity not in entities:
        raise Invalid("order_by", f"Order by {' or '.join(entities)}, not by {order.entity}.")


def _complete(keys: list[str], *defaults: str) -> list[str]:
    """The keys, and after them the default ones, which make the order of any two rows certain."""
    names = [key.removeprefix("-") for key in keys]
    if len(set(names)) < len(names):
        raise Invalid("order_by", "`order_by` contains duplicate fields.")
    return keys + [key for key in defaults if key.removeprefix("-") not in names]
