"""Reading experiments, runs and logged models as an actor may see them. User-written search is in search.py."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from operator import lt
from typing import Any, TypeVar

from django.db.models import CharField, QuerySet, prefetch_related_objects

from accounts import access
from accounts.models import Registry, User
from accounts.rights import Right
from accounts.statements import RowsInRegistry, VisibleRows
from lib.errors import NotFound
from lib.statements import Blank
from tracking.models import Experiment, LoggedModel, MetricChunk, Run
from tracking.models.measurements import Point, unpack
from tracking.rules import DEFAULT_EXPERIMENT_ID

RowT = TypeVar("RowT", Experiment, Run, LoggedModel)

# What a full answer about a row needs, in a fixed number of queries for however many rows.
_PARTS: dict[type, tuple[str, ...]] = {
    Experiment: ("tags",),
    Run: (
        "tags",
        "params",
        "metrics",
        "inputs__dataset",
        "model_inputs__logged_model",
        "model_outputs__logged_model",
    ),
    LoggedModel: ("tags", "params", "metrics__run"),
}


def experiments_for(actor: User, registry: Registry | None = None, right: Right = Right.SEE) -> QuerySet[Experiment]:
    """The experiments on which the actor has this right, deleted ones too; of one registry or of all."""
    rows = Experiment.objects.all() if registry is None else Experiment.objects.filter(registry=registry)
    return access.visible(actor, rows, right)


def runs_for(actor: User, registry: Registry | None = None) -> QuerySet[Run]:
    """The runs that the actor sees, deleted ones too, with their experiments."""
    rows = Run.objects.select_related("experiment")
    return access.visible(actor, rows if registry is None else rows.filter(experiment__registry=registry))


def logged_models_for(actor: User, registry: Registry | None = None) -> QuerySet[LoggedModel]:
    """The logged models that the actor sees and that are not deleted, with their experiments and source runs."""
    rows = LoggedModel.objects.select_related("experiment", "source_run").filter(deleted_at=None)
    return access.visible(actor, rows if registry is None else rows.filter(experiment__registry=registry))


def find_experiment(pk: int, *, registry: Registry | None = None, actor: User) -> Experiment:
    """The experiment with this id. In every registry the id 0 means its default one. Raises NotFound."""
    rows = experiments_for(actor, registry)
    is_default = pk == DEFAULT_EXPERIMENT_ID and registry is not None
    experiment = (rows.filter(is_default=True) if is_default else rows.filter(pk=pk)).first()
    if experiment is None:
        raise NotFound(f"No Experiment with id={pk} exists")
    return experiment


def find_experiment_by_name(name: str, *, registry: Registry, actor: User) -> Experiment:
    """The experiment of this name. Raises NotFound."""
    experiment = experiments_for(actor, registry).filter(name=name).first()
    if experiment is None:
        raise NotFound(f"Could not find experiment with name '{name}'")
    return experiment


def find_run(run_id: str, *, registry: Registry | None = None, actor: User) -> Run:
    """The run with this id, deleted or not. Raises NotFound."""
    if registry is None:
        run = _run_anywhere.first(actor, run_id=run_id)
    else:
        run = runs_for(actor, registry).filter(run_id=run_id).first()
    if run is None:
        raise NotFound(f"Run with id={run_id} not found")
    return run


def find_run_in(registry: str | None, run_id: str, *, actor: User) -> Run:
    """The same in the registry of this name, or in the default one. Raises NotFound."""
    run = _run.first(registry, actor, run_id=run_id)
    if run is None:
        raise NotFound(f"Run with id={run_id} not found")
    return run


def find_logged_model(
    model_id: str, *, registry: Registry | None = None, include_deleted: bool = False, actor: User
) -> LoggedModel:
    """The logged model with this id (`m-` and 32 hexadecimal digits). Raises NotFound."""
    rows = logged_models_for(actor, registry)
    if include_deleted:
        rows = access.visible(actor, LoggedModel.objects.select_related("experiment", "source_run"))
        rows = rows if registry is None else rows.filter(experiment__registry=registry)
    logged_model = rows.filter(model_id=model_id).first()
    if logged_model is None:
        raise NotFound(f"Logged model with ID '{model_id}' not found.")
    return logged_model


def find_logged_models(
    model_ids: Iterable[str], *, registry: Registry | None = None, actor: User
) -> dict[str, LoggedModel]:
    """All of these by id. Raises NotFound if one is missing."""
    wanted = set(model_ids)
    found = {row.model_id: row for row in logged_models_for(actor, registry).filter(model_id__in=wanted)}
    if missing := sorted(wanted - found.keys()):
        raise NotFound(f"Logged model with ID '{missing[0]}' not found.")
    return found


def with_parts(rows: Sequence[RowT]) -> Sequence[RowT]:
    """The same rows with tags, parameters, latest metrics, inputs and outputs read, in as few queries as can be."""
    # One query lists the keys of its rows, and databases bound how many that may be.
    for start in range(0, len(rows), 5_000):
        batch = rows[start : start + 5_000]
        prefetch_related_objects(list(batch), *_PARTS[type(batch[0])])
    return rows


def metric_history(run: Run, key: str) -> list[Point]:
    """Every point of a metric once, by time, step and value."""
    chunks = MetricChunk.objects.filter(run=run, key=key).order_by("pk").values_list("points", flat=True)
    return _sorted(chunks)


def metric_histories(
    run_ids: Iterable[str], key: str, *, registry: Registry | None = None, actor: User
) -> dict[str, list[Point]]:
    """The same for each of these runs that the actor sees and that has the metric, by its id: two queries for all."""
    runs = dict(runs_for(actor, registry).filter(run_id__in=set(run_ids)).values_list("pk", "run_id"))
    chunks: dict[str, list[bytes | memoryview]] = defaultdict(list)
    rows = MetricChunk.objects.filter(run__in=runs, key=key).order_by("pk").values_list("run_id", "points")
    for run, points in rows:
        chunks[runs[run]].append(points)
    return {run_id: _sorted(packed) for run_id, packed in chunks.items()}


def metric_history_in(registry: str | None, run_id: str, key: str, *, actor: User) -> list[Point]:
    """The same of one run in the registry of this name, or in the default one: one query. Empty for a run not seen."""
    return _sorted(chunk.points for chunk in _chunks.all(registry, actor, run_id=run_id, key=key))


def _sorted(chunks: Iterable[bytes | memoryview]) -> list[Point]:
    points = [point for chunk in chunks for point in unpack(chunk)]
    # What one client logs step by step lies there in order, each point once.
    if all(map(lt, points, islice(points, 1, None))):
        return points
    by_place = {point.place: point for point in points}
    return [by_place[place] for place in sorted(by_place)]


_chunks: RowsInRegistry[Any] = RowsInRegistry(
    "experiment__registry",
    lambda actor, registry: (
        MetricChunk.objects.filter(
            run__in=runs_for(actor).filter(registry, run_id=Blank("run_id", CharField())).values("pk"),
            key=Blank("key", CharField()),
        )
        .order_by("pk")
        .values_list("points", named=True)
    ),
)
_run_anywhere = VisibleRows(lambda actor: runs_for(actor).filter(run_id=Blank("run_id", CharField())))
_run = RowsInRegistry(
    "experiment__registry",
    lambda actor, registry: runs_for(actor).filter(registry, run_id=Blank("run_id", CharField())),
)
