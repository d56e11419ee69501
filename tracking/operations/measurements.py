"""What a run measured and was given: metrics, parameters, tags. Data, not decisions, so no events."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from lib.errors import Invalid, NotFound
from tracking import rules
from tracking.locks import lock_active_run
from tracking.models import LatestMetric, LoggedModel, LoggedModelMetric, MetricChunk, Param, Run, RunTag
from tracking.models.measurements import Point, pack
from tracking.operations.runs import NAME_TAG


@dataclass(frozen=True)
class Measurement:
    """A metric's value at a time (milliseconds since 1970) and step; with a model id it is a logged model's as well."""

    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""

    @property
    def point(self) -> Point:
        """The part that a run's history keeps."""
        return Point(self.timestamp, self.step, rules.storable(self.value))


@transaction.atomic
def log_batch(
    run: Run,
    *,
    metrics: Sequence[Measurement] = (),
    params: Sequence[tuple[str, str]] = (),
    tags: Sequence[tuple[str, str]] = (),
    actor: User,
) -> None:
    """Log all of it or nothing. Raises Invalid for a bad key, for a parameter that has another value already, and for
    a deleted run; NotFound for a model id that the actor cannot log to. Too long values of parameters and tags are cut.
    """
    access.require(actor, Right.LOG, run)
    rules.check_batch(metrics, params, tags)
    _check(metrics, params, tags)
    run = lock_active_run(run)
    if params:
        _store_params(run, {key: value[: rules.LONGEST_PARAM] for key, value in params})
    if metrics:
        _store_metrics(run, metrics)
        _store_model_metrics(run, [metric for metric in metrics if metric.model_id], actor)
    if tags:
        _store_tags(run, {key: value[: rules.LONGEST_RUN_TAG] for key, value in tags})


@transaction.atomic
def delete_tag(run: Run, key: str, *, actor: User) -> None:
    """Take a tag away. Raises NotFound if there is none."""
    access.require(actor, Right.LOG, run)
    run = lock_active_run(run)
    if not run.tags.filter(key=key).delete()[0]:
        raise NotFound(f"No tag with name: {key} in run with id {run.run_id}")


def _check(metrics: Sequence[Measurement], params: Sequence[tuple[str, str]], tags: Sequence[tuple[str, str]]) -> None:
    for index, metric in enumerate(metrics):
        rules.check_key(metric.key, f"metrics[{index}].name")
        if metric.timestamp < 0:
            raise Invalid(
                f"metrics[{index}].timestamp",
                f"Invalid value {metric.timestamp} for parameter 'metrics[{index}].timestamp' supplied: "
                "it is a time in milliseconds and not negative.",
            )
    for index, (key, _) in enumerate(params):
        rules.check_key(key, f"params[{index}].key")
    for index, (key, _) in enumerate(tags):
        rules.check_key(key, f"tags[{index}].key")
    keys = [key for key, _ in params]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise Invalid("params", f"Duplicate parameter keys have been submitted: {twice}.")


def _store_params(run: Run, params: dict[str, str]) -> None:
    known = dict(run.params.filter(key__in=params).values_list("key", "value"))
    for key, old in known.items():
        if params[key] != old:
            raise Invalid(
                "params",
                f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' "
                f"for run ID='{run.run_id}'. Attempted logging new value '{params[key]}'.",
            )
    Param.objects.bulk_create(Param(run=run, key=key, value=params[key]) for key in params.keys() - known.keys())


def _store_metrics(run: Run, metrics: Sequence[Measurement]) -> None:
    """Append the points, one chunk a key, and move the latest values. The run's row is locked: nobody comes between."""
    arrived: dict[str, dict[Point, None]] = defaultdict(dict)
    for metric in metrics:
        arrived[metric.key][metric.point] = None
    latest = {row.key: row for row in run.metrics.filter(key__in=arrived)}
    chunks, moved = [], []
    for key, points in arrived.items():
        row = latest.get(key)
        # Clients send the latest point again for every model that they log, and whole calls after a lost answer. What
        # repeats older points is dropped when the history is read.
        fresh = [point for point in points if row is None or not _is_at(row, point)]
        if not fresh:
            continue
        chunks.append(MetricChunk(run=run, key=key, points=pack(fresh)))
        newest = max(fresh, key=_rank)
        if row is None or _rank(newest) > _rank(Point(row.timestamp, row.step, row.number)):
            moved.append(_latest(run, key, newest))
    MetricChunk.objects.bulk_create(chunks)
    LatestMetric.objects.bulk_create(
        moved,
        update_conflicts=True,
        unique_fields=["run", "key"],
        update_fields=["value", "is_nan", "timestamp", "step"],
    )


def _store_model_metrics(run: Run, metrics: Sequence[Measurement], actor: User) -> None:
    if not metrics:
        return
    ids = {metric.model_id for metric in metrics}
    models = {
        model.model_id: model
        for model in access.visible(
            actor, LoggedModel.objects.filter(model_id__in=ids, deleted_at=None), Right.LOG
        ).filter(experiment__registry_id=run.experiment.registry_id)
    }
    if missing := sorted(ids - models.keys()):
        raise NotFound(f"Logged model with ID '{missing[0]}' not found.")
    LoggedModelMetric.objects.bulk_create(
        (
            LoggedModelMetric(
                logged_model=models[metric.model_id],
                run=run,
                key=metric.key,
                value=0.0 if metric.value != metric.value else metric.point.value,
                is_nan=metric.value != metric.value,
                timestamp=metric.timestamp,
                step=metric.step,
                dataset_name=metric.dataset_name,
                dataset_digest=metric.dataset_digest,
            )
            for metric in metrics
        ),
        ignore_conflicts=True,
    )


def _store_tags(run: Run, tags: dict[str, str]) -> None:
    if name := tags.get(NAME_TAG):
        rules.check_length(name, rules.LONGEST_RUN_NAME, NAME_TAG)
        run.name = name
        run.save(update_fields=["name"])
    RunTag.objects.bulk_create(
        [RunTag(run=run, key=key, value=value) for key, value in tags.items()],
        update_conflicts=True,
        unique_fields=["run", "key"],
        update_fields=["value"],
    )


def _latest(run: Run, key: str, point: Point) -> LatestMetric:
    is_nan = point.value != point.value
    return LatestMetric(
        run=run,
        key=key,
        value=0.0 if is_nan else point.value,
        is_nan=is_nan,
        timestamp=point.timestamp,
        step=point.step,
    )


def _is_at(row: LatestMetric, point: Point) -> bool:
    is_nan = point.value != point.value
    same = row.is_nan if is_nan else not row.is_nan and row.value == point.value
    return same and row.timestamp == point.timestamp and row.step == point.step


def _rank(point: Point) -> tuple[int, int, bool, float]:
    """Later is bigger: by step, then time, then value; not-a-number is less than any number."""
    is_number = point.value == point.value
    return point.step, point.timestamp, is_number, point.value if is_number else 0.0
