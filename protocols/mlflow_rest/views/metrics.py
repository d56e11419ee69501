"""What runs measured and were given: metrics, parameters, tags."""

import math
from typing import Any

from lib import paging
from lib.errors import Invalid
from protocols.mlflow_rest.routes import Call, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.views.experiments import page_size
from protocols.mlflow_rest.views.runs import find_run
from protocols.mlflow_rest.wire import Parameters
from tracking import queries
from tracking.models.measurements import Point
from tracking.operations import measurements as operations
from tracking.operations.measurements import Measurement

MOST_POINTS = 1_000_000
_PLACE_IN_HISTORY = ("timestamp", "step", "is_nan", "value")


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
        metrics=[_measurement(item) for item in parameters.objects("metrics")],
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


def delete_tag(call: Call) -> dict[str, Any]:
    """POST runs/delete-tag"""
    key = call.parameters.required_text("key")
    operations.delete_tag(find_run(call), key, actor=call.actor)
    return {}


def get_history(call: Call) -> dict[str, Any]:
    """GET metrics/get-history: by time, step and value; all of it without `max_results`"""
    parameters = call.parameters
    key = parameters.required_text("metric_key")
    size = page_size(parameters, MOST_POINTS, MOST_POINTS)
    points = queries.metric_history(find_run(call), key)
    if token := parameters.text("page_token"):
        after = _place(token)
        points = [point for point in points if _place_of(point) > after]
    is_last = len(points) <= size
    return compact(
        metrics=[shapes.metric(key, point) for point in points[:size]],
        next_page_token=None if is_last else paging.encode(_PLACE_IN_HISTORY, _place_of(points[size - 1])),
    )


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


def _place_of(point: Point) -> tuple[int, int, bool, float]:
    is_nan = math.isnan(point.value)
    return point.timestamp, point.step, is_nan, 0.0 if is_nan else point.value


def _place(token: str) -> tuple[int, int, bool, float]:
    match paging.decode(token, _PLACE_IN_HISTORY):
        case [int(timestamp), int(step), bool(is_nan), (int() | float()) as value]:
            return timestamp, step, is_nan, float(value)
    raise Invalid("page_token", "The page token is not one that this server made.")


routes = mlflow_routes(
    ("POST", "runs/log-metric", log_metric),
    ("POST", "runs/log-parameter", log_parameter),
    ("POST", "runs/log-batch", log_batch),
    ("POST", "runs/set-tag", set_tag),
    ("POST", "runs/delete-tag", delete_tag),
    ("GET", "metrics/get-history", get_history),
)
