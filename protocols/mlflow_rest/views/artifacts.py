"""The artifact proxy, through which files come and go, and the list of a run's artifacts."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from blobs.queries import below, find_file, list_level
from lib import paths
from lib.errors import Invalid, NotFound
from protocols.mlflow_rest import artifact_paths, errors
from protocols.mlflow_rest.artifact_paths import Place
from protocols.mlflow_rest.downloads import download
from protocols.mlflow_rest.routes import Call, Route, mlflow_routes
from protocols.mlflow_rest.shapes import tracking as shapes
from protocols.mlflow_rest.shapes.wire import compact
from protocols.mlflow_rest.views.runs import find_run
from protocols.mlflow_rest.wire import body_length, read_pieces
from tracking.operations import artifacts as operations


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
    artifact_paths.require_download(place, actor=call.actor)
    try:
        file = find_file(place.files, place.path)
    except NotFound:
        if below(place.files, place.path).exists():
            raise Invalid("path", "Invalid path: it names a folder, not a file.") from None
        raise
    return download(call.request, file.blob, file.path)


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


def in_parts(call: Call, **_: str) -> HttpResponseBase:
    """Uploads in parts and presigned links: clients fall back to whole files through the proxy"""
    return errors.not_implemented("uploads in parts and presigned links")


def _resolve(call: Call, path: str) -> Place:
    return artifact_paths.resolve(path, registry=call.named_registry, actor=call.actor)


_PATH = r"(?P<path>[\s\S]*)"

routes = [
    Route("GET", "mlflow-artifacts/artifacts", list_folder),
    Route("PUT", f"mlflow-artifacts/artifacts/{_PATH}", put),
    Route("GET", f"mlflow-artifacts/artifacts/{_PATH}", get),
    Route("DELETE", f"mlflow-artifacts/artifacts/{_PATH}", delete),
    Route("POST", rf"mlflow-artifacts/mpu/{_PATH}", in_parts),
    Route("GET", rf"mlflow-artifacts/presigned/{_PATH}", in_parts),
    *mlflow_routes(
        ("GET", "artifacts/list", list_of_run),
        ("POST", "artifacts/presigned-upload-url", in_parts),
        ("POST", "artifacts/presigned-download-url", in_parts),
    ),
]
