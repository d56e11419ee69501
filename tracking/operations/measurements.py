"""What a run measured and was given: metrics, parameters, tags. Data, not decisions, so no events."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import BigIntegerField

from accounts import access
from accounts.models import User
from accounts.rights import Right
from accounts.statements import VisibleRows
from lib.errors import Invalid, NotFound
from lib.inserts import Insert
from lib.statements import Blank
from tracking import rules
from tracking.locks import check_active, lock_active_run
from tracking.models import LatestMetric, LoggedModel, LoggedModelMetric, MetricChunk, Param, Run, RunTag
from tracking.models.measurements import Point, pack
from tracking.operations.runs import NAME_TAG


class Measurement(NamedTuple):
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
    _require_active(run, actor)
    rules.check_batch(metrics, params, tags)
    _check(metrics, params, tags)
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
    access.require(actor, Right.EDIT, run)
    run = lock_active_run(run)
    if not run.tags.filter(key=key).delete()[0]:
        raise NotFound(f"No tag with name: {key} in run with id {run.run_id}")


def _require_active(run: Run, actor: User) -> None:
    """The actor may log to the run, and the run is not deleted now: both in one question.

    Nothing is locked: a batch that meets a deletion may still land, and does no harm there.
    """
    found = _loggable.first(actor, run=run.pk)
    if found is None:
        access.require(actor, Right.EDIT, run)
        raise NotFound(f"Run with id={run.run_id} not found")
    run.deleted_at = found.deleted_at
    check_active(run)


def _check(metrics: Sequence[Measurement], params: Sequence[tuple[str, str]], tags: Sequence[tuple[str, str]]) -> None:
    names = {metric.key: index for index, metric in reversed([*enumerate(metrics)])}
    for key, index in names.items():
        rules.check_key(key, f"metrics[{index}].name")
    for index, metric in enumerate(metrics):
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
    counts = Counter(key for key, _ in params)
    if twice := sorted(key for key, count in counts.items() if count > 1):
        raise Invalid("params", f"Duplicate parameter keys have been submitted: {twice}.")


# Rows go in by key, so that two batches for one run wait for each other instead of locking each other out.


def _store_params(run: Run, params: dict[str, str]) -> None:
    rows = [(run.pk, key, params[key]) for key in sorted(params)]
    if len(_NEW_PARAMS.rows(rows, returning=["key"])) == len(rows):
        return
    for key, old in run.params.filter(key__in=params).values_list("key", "value"):
        if params[key] != old:
            raise Invalid(
                "params",
                f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old}' "
                f"for run ID='{run.run_id}'. Attempted logging new value '{params[key]}'.",
            )


def _store_metrics(run: Run, metrics: Sequence[Measurement]) -> None:
    """Append the points, one chunk a key, and move the latest values. What repeats older points is dropped when the
    history is read: clients send whole calls again after a lost answer."""
    arrived: dict[str, dict[Point, None]] = defaultdict(dict)
    for metric in metrics:
        arrived[metric.key][metric.point] = None
    keys = sorted(arrived)
    _CHUNKS.rows((run.pk, key, pack(arrived[key])) for key in keys)
    _LATEST.rows((run.pk, key, *_latest(max(arrived[key], key=_rank))) for key in keys)


def _store_model_metrics(run: Run, metrics: Sequence[Measurement], actor: User) -> None:
    if not metrics:
        return
    ids = {metric.model_id for metric in metrics}
    models = {
        model.model_id: model
        for model in access.visible(
            actor, LoggedModel.objects.filter(model_id__in=ids, deleted_at=None), Right.EDIT
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
            for metric in sorted(metrics, key=lambda each: (each.model_id, each.key, each.timestamp, each.step))
        ),
        ignore_conflicts=True,
    )


def _store_tags(run: Run, tags: dict[str, str]) -> None:
    if name := tags.get(NAME_TAG):
        rules.check_length(name, rules.LONGEST_RUN_NAME, NAME_TAG)
        run.name = name
        run.save(update_fields=["name"])
    _TAGS.rows((run.pk, key, tags[key]) for key in sorted(tags))


def _latest(point: Point) -> tuple[float, bool, int, int]:
    is_nan = point.value != point.value
    return 0.0 if is_nan else point.value, is_nan, point.timestamp, point.step


def _rank(point: Point) -> tuple[int, int, bool, float]:
    """Later is bigger: by step, then time, then value; not-a-number is less than any number."""
    is_number = point.value == point.value
    return point.step, point.timestamp, is_number, point.value if is_number else 0.0


_NEW_PARAMS = Insert(Param, "run", "key", "value", once_per=["run_id", "key"])
_TAGS = Insert(RunTag, "run", "key", "value", once_per=["run_id", "key"], replacing=["value"])
_CHUNKS = Insert(MetricChunk, "run", "key", "points")
_LATEST = Insert(
    LatestMetric,
    *("run", "key", "value", "is_nan", "timestamp", "step"),
    once_per=["run_id", "key"],
    replacing=["value", "is_nan", "timestamp", "step"],
    # The order of `_rank`.
    only_if="(excluded.step, excluded.timestamp, NOT excluded.is_nan, excluded.value) > "
    "(old.step, old.timestamp, NOT old.is_nan, old.value)",
)
_loggable: VisibleRows[Any] = VisibleRows(
    lambda actor: access.visible(actor, Run.objects.filter(pk=Blank("run", BigIntegerField())), Right.EDIT).values_list(
        "deleted_at", named=True
    ),
    Right.EDIT,
)
