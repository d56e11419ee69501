"""The artifact proxy, through which files come and go, and the list of a run's artifacts."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from blobs.queries import list_level
from lib import paths
from lib.errors import Invalid, NotFound
from protocols.mlflow_rest import artifact_paths
from protocols.mlflow_rest.artifact_paths import Place
from protocols.mlflow_rest.downloads import download
from protocols.mlflow_rest.routes import Call, Route, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.views.model_versions import version_named
from protocols.mlflow_rest.views.runs import find_run
from protocols.mlflow_rest.wire import body_length, read_pieces
from tracking.operations import artifacts as operations
from tracking.queries import find_logged_model
from tracking.queries import find_run as find_run_by_id

_SMALL = 10 * 1024 * 1024


def put(call: Call, path: str) -> HttpResponseBase:
    """PUT a file: rights first, then the bytes as they arrive"""
    place = _resolve(call, path)
    if not place.path:
        raise Invalid("path", "Invalid path: name the file, not the folder that it goes to.")
    length = body_length(call.request)
    operations.put_file(place.mutable_owner, place.path, read_pieces(call.request), length=length, actor=call.actor)
    if length is None:
        # Servers that do not read a chunked body to its end would take the rest of it for the next request. An answer
        # whose length they do not know makes them close the connection.
        return StreamingHttpResponse([b"{}"], content_type="application/json")
    return HttpResponse(b"{}", content_type="application/json")


def get(call: Call, path: str) -> HttpResponseBase:
    """GET a file, or a range of it"""
    place = _resolve(call, path)
    return _send(call, place)


def delete(call: Call, path: str) -> dict[str, Any]:
    """DELETE a file or a folder with all that is below it; fine if there is none"""
    place = _resolve(call, path)
    operations.remove(place.mutable_owner, place.path, actor=call.actor)
    return {}


def list_folder(call: Call) -> dict[str, Any]:
    """GET the entries of a folder, by their own names"""
    folder = paths.clean_folder(call.parameters.text("path"))
    if not folder:
        raise NotFound("Name a folder: whose artifacts there are, its experiment and run say.")
    place = _resolve(call, folder)
    return compact(files=shapes.files(list_level(place.files, place.path)))


def list_of_run(call: Call) -> dict[str, Any]:
    """GET artifacts/list: the entries of a folder of a run, by their paths from its top"""
    run = find_run(call)
    folder = paths.clean_folder(call.parameters.text("path"))
    entries = list_level(run.folder.files.all(), folder)
    return compact(root_uri=shapes.run_location(run), files=shapes.files(entries, folder))


def file_of_run(call: Call) -> HttpResponseBase:
    """GET /get-artifact?run_id=&path="""
    return _send(call, Place(find_run(call), _required_path(call, "path")))


def file_of_version(call: Call) -> HttpResponseBase:
    """GET /model-versions/get-artifact?name=&version=&path="""
    return _send(call, Place(version_named(call), _required_path(call, "path")))


def file_of_logged_model(call: Call, model_id: str) -> HttpResponseBase:
    """GET logged-models/<model_id>/artifacts/files?artifact_file_path="""
    logged_model = find_logged_model(model_id, registry=call.registry, actor=call.actor)
    return _send(call, Place(logged_model, _required_path(call, "artifact_file_path")))


def put_small(call: Call) -> dict[str, Any]:
    """POST upload-artifact?run_uuid=&path=: a file of a few megabytes, as MLflow's pages send one"""
    query = call.request.GET
    for name in ("run_uuid", "path"):
        if not query.get(name):
            raise Invalid(name, f"Request must specify {name}.")
    run = find_run_by_id(query["run_uuid"], registry=call.registry, actor=call.actor)
    length = body_length(call.request)
    if not length:
        raise Invalid("data", "Request must specify data.")
    if length > _SMALL:
        raise Invalid("data", "Artifact size is too large. Max size is 10MB.")
    operations.put_file(run, query["path"], read_pieces(call.request), length=length, actor=call.actor)
    return {}


def _send(call: Call, place: Place) -> HttpResponseBase:
    artifact_paths.require_download(place, actor=call.actor)
    file = artifact_paths.file_at(place)
    return download(call.request, file.blob, file.path)


def _required_path(call: Call, name: str) -> str:
    return paths.clean(call.parameters.required_text(name))


def _resolve(call: Call, path: str) -> Place:
    return artifact_paths.resolve(path, registry=call.named_registry, actor=call.actor)


_PATH = r"(?P<path>[\s\S]*)"

routes = [
    Route("GET", "mlflow-artifacts/artifacts", list_folder),
    Route("PUT", f"mlflow-artifacts/artifacts/{_PATH}", put),
    Route("GET", f"mlflow-artifacts/artifacts/{_PATH}", get),
    Route("DELETE", f"mlflow-artifacts/artifacts/{_PATH}", delete),
    *mlflow_routes(
        ("GET", "artifacts/list", list_of_run),
        ("POST", "upload-artifact", put_small),
        ("GET", "logged-models/<model_id>/artifacts/files", file_of_logged_model),
    ),
]
