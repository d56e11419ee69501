"""What runs measured and were given: metrics, parameters, tags."""

from typing import Any

import orjson

from lib import paging
from lib.errors import Invalid
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.views.experiments import page_size
from protocols.mlflow_rest.views.runs import find_run, named_run
from protocols.mlflow_rest.wire import Parameters
from tracking import queries
from tracking.models.measurements import Point
from tracking.operations import measurements as operations
from tracking.operations.measurements import Measurement
from tracking.operations.model_notes import note_model

MOST_RUNS = 100
MOST_POINTS_OF_MANY_RUNS = 25_000
MOST_SAMPLES = 2_500
_FIRST_TOO_BIG = 2**63
_PLACE_IN_HISTORY = ("timestamp", "step", "value", "is_nan")


def log_metric(call: Call) -> dict[str, Any]:
    """POST runs/log-metric"""
    operations.log_batch(find_run(call), metrics=[_measurement(call.parameters)], actor=call.actor)
    return {}


def log_parameter(call: Call) -> dict[str, Any]:
    """POST runs/log-parameter"""
    parameters = call.parameters
    pair = (parameters.required_text("key"), parameters.text("value"))
    operations.log_batch(find_run(call), params=[pair], actor=call.actor)
    return {}


def log_batch(call: Call) -> dict[str, Any]:
    """POST runs/log-batch"""
    parameters = call.parameters
    operations.log_batch(
        find_run(call),
        metrics=_measurements(parameters),
        params=parameters.pairs("params"),
        tags=parameters.pairs("tags"),
        actor=call.actor,
    )
    return {}


def set_tag(call: Call) -> dict[str, Any]:
    """POST runs/set-tag"""
    parameters = call.parameters
    pair = (parameters.required_text("key"), parameters.text("value"))
    operations.log_batch(find_run(call), tags=[pair], actor=call.actor)
    return {}


def log_model(call: Call) -> dict[str, Any]:
    """POST runs/log-model: what clients before MLflow 3 say of a model that they logged, kept in a tag of the run"""
    run, text = find_run(call), call.parameters.required_text("model_json")
    try:
        model = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid("model_json", "Malformed model info: 'model_json' is not valid JSON.") from error
    if not isinstance(model, dict) or not isinstance(model.get("flavors", {}), dict):
        raise Invalid("model_json", "Malformed model info: 'model_json' is no JSON object with 'flavors' in it.")
    if missing := sorted({"artifact_path", "flavors", "utc_time_created", "run_id"} - model.keys()):
        raise Invalid("model_json", f"Model json is missing mandatory fields: {', '.join(missing)}")
    flavors = {name: _without_config(flavor) for name, flavor in model["flavors"].items()}
    kept = {key: model.get(key) for key in ("run_id", "artifact_path", "utc_time_created", "model_uuid")}
    note_model(run, kept | {"flavors": flavors}, actor=call.actor)
    return {}


def _without_config(flavor: Any) -> Any:
    """A flavour as it stands in the tag: its configuration may be long and is in the MLmodel file."""
    return {key: value for key, value in flavor.items() if key != "config"} if isinstance(flavor, dict) else flavor


def delete_tag(call: Call) -> dict[str, Any]:
    """POST runs/delete-tag"""
    key = call.parameters.required_text("key")
    operations.delete_tag(find_run(call), key, actor=call.actor)
    return {}


def get_history(call: Call) -> dict[str, Any]:
    """GET metrics/get-history: by time, step and value; all of it without `max_results`"""
    parameters = call.parameters
    key = parameters.required_text("metric_key")
    size = parameters.optional_integer("max_results")
    if size is not None and size <= 0:
        raise Invalid("max_results", f"Invalid value {size} for parameter 'max_results' supplied: it is at least 1.")
    points = queries.metric_history_in(call.registry_name, named_run(parameters), key, actor=call.actor)
    if token := parameters.text("page_token"):
        after = _place(token)
        points = [point for point in points if point.place > after]
    page = points[:size]
    return compact(
        metrics=shapes.points(key, page),
        next_page_token=paging.encode(_PLACE_IN_HISTORY, page[-1].place) if len(page) < len(points) else None,
    )


def get_history_bulk(call: Call) -> dict[str, Any]:
    """GET metrics/get-history-bulk: what the pages of MLflow draw, run after run, each by time, step and value"""
    parameters = call.parameters
    run_ids = parameters.texts("run_id")
    if not 1 <= len(run_ids) <= MOST_RUNS:
        raise Invalid(
            "run_id", f"GetMetricHistoryBulk takes 1 to {MOST_RUNS} run_ids. Received {len(run_ids)} run_ids."
        )
    key = parameters.optional_text("metric_key")
    if key is None:
        raise Invalid("metric_key", "GetMetricHistoryBulk request must specify a metric_key.")
    size = min(parameters.integer("max_results", MOST_POINTS_OF_MANY_RUNS), MOST_POINTS_OF_MANY_RUNS)
    if size < 0:
        raise Invalid("max_results", f"Invalid value {size} for parameter 'max_results' supplied: it is not negative.")
    found = _histories(call, run_ids, key)
    metrics = [shapes.metric(key, point, run_id=run_id) for run_id in sorted(found) for point in found[run_id]]
    return {"metrics": metrics[:size]}


def get_history_bulk_interval(call: Call) -> dict[str, Any]:
    """GET metrics/get-history-bulk-interval: points of each run, evenly chosen between two steps, with the last one"""
    parameters = call.parameters
    run_ids = parameters.texts("run_ids")
    if not run_ids:
        raise Invalid("run_ids", "Missing value for required parameter 'run_ids'.")
    if len(run_ids) > MOST_RUNS:
        raise Invalid("run_ids", f"At most {MOST_RUNS} run_ids can be named. Received {len(run_ids)} run_ids.")
    key = parameters.required_text("metric_key")
    first, last = parameters.optional_integer("start_step"), parameters.optional_integer("end_step")
    if (first is None) != (last is None):
        raise Invalid("start_step", "If either start_step or end_step is specified, both must be specified.")
    if first is not None and last is not None and first > last:
        raise Invalid("end_step", f"end_step is less than start_step: start_step={first}, end_step={last}.")
    size = page_size(parameters, MOST_SAMPLES, MOST_SAMPLES)
    found = _histories(call, run_ids, key)
    metrics = []
    for run_id in run_ids:
        points = [
            point for point in found.get(run_id, []) if first is None or last is None or first <= point.step <= last
        ]
        chosen = _samples(sorted(points, key=_place_by_step), size)
        metrics += [shapes.metric(key, point, run_id=run_id) for point in chosen]
    return compact(metrics=metrics)


def _histories(call: Call, run_ids: list[str], key: str) -> dict[str, list[Point]]:
    """What is known of this metric by the id of the run; nothing of runs that are not there, as MLflow has it."""
    return queries.metric_histories(run_ids, key, registry=call.registry, actor=call.actor)


def _samples(points: list[Point], size: int) -> list[Point]:
    """The first point of each of `size` parts that are as equal as can be; instead of the last one, the very last."""
    if len(points) <= size:
        return points
    short, longer = divmod(len(points), size)
    starts = [part * short + min(part, longer) for part in range(size)]
    return [*(points[start] for start in starts[:-1]), points[-1]]


def _measurements(parameters: Parameters) -> list[Measurement]:
    rows = parameters.plain_rows("metrics", key=str, value=float, timestamp=int, step=int)
    if rows:
        keys, _, timestamps, steps = (set(column) for column in zip(*rows, strict=True))
        numbers = (*timestamps, *steps)
        if all(keys) and "\0" not in "".join(keys) and -_FIRST_TOO_BIG <= min(numbers) <= max(numbers) < _FIRST_TOO_BIG:
            return [Measurement(*row) for row in rows]
    return [_measurement(item) for item in parameters.objects("metrics")]


def _measurement(item: Parameters) -> Measurement:
    return Measurement(
        key=item.required_text("key"),
        value=item.number("value"),
        timestamp=item.integer("timestamp"),
        step=item.integer("step", 0),
        model_id=item.text("model_id"),
        dataset_name=item.text("dataset_name"),
        dataset_digest=item.text("dataset_digest"),
    )


def _place_by_step(point: Point) -> tuple[int, int, float, bool]:
    timestamp, step, value, is_nan = point.place
    return step, timestamp, value, is_nan


def _place(token: str) -> tuple[int, int, float, bool]:
    match paging.decode(token, _PLACE_IN_HISTORY):
        case [int(timestamp), int(step), (int() | float()) as value, bool(is_nan)]:
            return timestamp, step, float(value), is_nan
    raise Invalid("page_token", "The page token is not one that this server made.")


routes = mlflow_routes(
    ("POST", "runs/log-metric", log_metric),
    ("POST", "runs/log-parameter", log_parameter),
    ("POST", "runs/log-batch", log_batch),
    ("POST", "runs/set-tag", set_tag),
    ("POST", "runs/delete-tag", delete_tag),
    ("POST", "runs/log-model", log_model),
    ("GET", "metrics/get-history", get_history),
    ("GET", "metrics/get-history-bulk", get_history_bulk),
    ("GET", "metrics/get-history-bulk-interval", get_history_bulk_interval),
)
