"""Workspaces, as MLflow calls registries."""

from typing import Any

import orjson
from django.http import HttpResponse, HttpResponseBase

from accounts.models import Registry
from accounts.operations.registries import create_registry, describe_registry
from lib.errors import Invalid
from protocols.mlflow_rest import errors
from protocols.mlflow_rest.routes import Call, Route
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.wire import Parameters
from protocols.mlflow_rest.workspaces import DEFAULT, find_workspace, workspaces_for


def list_workspaces(call: Call) -> dict[str, Any]:
    """GET workspaces: every registry in which there is something for the actor, by name"""
    return compact(workspaces=[_shaped(registry) for registry in workspaces_for(call.actor).order_by("name")])


def get(call: Call, name: str) -> dict[str, Any]:
    """GET workspaces/<name>"""
    return _answer(find_workspace(name, actor=call.actor))


def create(call: Call) -> HttpResponseBase:
    """POST workspaces: a registry with its ladder and policies, for administrators"""
    name = call.parameters.required_text("name")
    if name == DEFAULT:
        raise Invalid("name", f"The '{DEFAULT}' workspace is reserved: it is the registry of those who name none.")
    _refuse_storage(call.parameters)
    registry = create_registry(name, description=call.parameters.text("description"), actor=call.actor)
    # This is the one answer for which clients want a 201.
    return HttpResponse(orjson.dumps(_answer(registry)), status=201, content_type="application/json")


def update(call: Call, name: str) -> dict[str, Any]:
    """PATCH workspaces/<name>: another description"""
    registry = find_workspace(name, actor=call.actor)
    _refuse_storage(call.parameters)
    description = call.parameters.given_text("description")
    return _answer(describe_registry(registry, description, actor=call.actor))


def delete(call: Call, name: str) -> HttpResponseBase:
    """DELETE workspaces/<name>: never, as a registry's history is kept"""
    find_workspace(name, actor=call.actor)
    return errors.not_implemented("the deletion of workspaces: what stood where in a registry is kept")


def _refuse_storage(parameters: Parameters) -> None:
    """An empty text asks for the server's own place, which is the only one that there is."""
    if parameters.text("default_artifact_root") or parameters.has("trace_archival_config"):
        raise Invalid(
            "default_artifact_root",
            "Gatehouse keeps the files of every workspace in its own store: leave out default_artifact_root and "
            "trace_archival_config.",
        )


def _answer(registry: Registry) -> dict[str, Any]:
    return {"workspace": _shaped(registry)}


def _shaped(registry: Registry) -> dict[str, Any]:
    return {"name": registry.name, "description": registry.description}


_ONE = "mlflow/workspaces/(?P<name>[^/]+)"
routes = [
    Route("GET", "mlflow/workspaces", list_workspaces, "3.0"),
    Route("POST", "mlflow/workspaces", create, "3.0"),
    Route("GET", _ONE, get, "3.0"),
    Route("PATCH", _ONE, update, "3.0"),
    Route("DELETE", _ONE, delete, "3.0"),
]
