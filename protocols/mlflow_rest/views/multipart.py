"""Transfers between clients and the object store themselves: uploads in parts, and links for downloads.

An installation that keeps its files on its own disk has neither: clients then send and fetch files through the proxy.
"""

import re
from typing import Any

from django.http import HttpResponseBase

from blobs.queries import link, part_links
from lib import paths
from lib.downloads import content_type_of
from lib.errors import Invalid
from protocols.mlflow_rest import artifact_paths, errors
from protocols.mlflow_rest.artifact_paths import Place, require_download, resolve
from protocols.mlflow_rest.routes import Call, Route, mlflow_routes
from protocols.mlflow_rest.views.runs import find_run
from tracking.operations import artifacts as operations

# Clients take the plain way when a refusal begins with these words of MLflow's (mlflow/exceptions.py).
_NO_PARTS = "Multipart upload is not supported for the current artifact repository"
_NO_LINKS = "Presigned download is not supported for the current artifact repository"
_NO_DIRECT_UPLOAD = "Presigned upload is not supported for the current artifact repository"
_ETAG = re.compile(r"[\x21-\x7e]{1,200}")


def create(call: Call, path: str) -> dict[str, Any] | HttpResponseBase:
    """POST mpu/create/<folder>: a link for every part of a file"""
    place = _file_in(call, path)
    count = call.parameters.integer("num_parts", 1)
    upload = operations.begin_parts(place.mutable_owner, place.path, count=count, actor=call.actor)
    if upload is None:
        return errors.not_here(_NO_PARTS)
    links = [
        {"url": url, "part_number": number, "headers": {}} for number, url in enumerate(part_links(upload), start=1)
    ]
    return {"upload_id": upload.name, "credentials": links}


def complete(call: Call, path: str) -> dict[str, Any]:
    """POST mpu/complete/<folder>: the parts have arrived"""
    place = _file_in(call, path)
    parts = call.parameters.objects("parts")
    etags = {part.integer("part_number"): part.required_text("etag") for part in parts}
    if len(etags) != len(parts) or not all(map(_ETAG.fullmatch, etags.values())):
        raise Invalid("parts", "Invalid value for parameter 'parts': name each part once, with the ETag that it got.")
    name = call.parameters.required_text("upload_id")
    operations.complete_parts(place.mutable_owner, place.path, name, etags, actor=call.actor)
    return {}


def abort(call: Call, path: str) -> dict[str, Any]:
    """POST mpu/abort/<folder>: the client gives up"""
    place = _file_in(call, path)
    name = call.parameters.required_text("upload_id")
    operations.abort_parts(place.mutable_owner, place.path, name, actor=call.actor)
    return {}


def presigned(call: Call, path: str) -> dict[str, Any] | HttpResponseBase:
    """GET presigned/<path>: a link to a file"""
    place = resolve(path, registry=call.named_registry, actor=call.actor)
    return _link(call, place, "url")


def presigned_of_run(call: Call) -> dict[str, Any] | HttpResponseBase:
    """POST artifacts/presigned-download-url: a link to a file of a run"""
    place = Place(find_run(call), paths.clean(call.parameters.required_text("path")))
    return _link(call, place, "presigned_url")


def no_direct_upload(call: Call) -> HttpResponseBase:
    """POST artifacts/presigned-upload-url: bytes that nobody has hashed get no name"""
    return errors.not_here(_NO_DIRECT_UPLOAD)


def _file_in(call: Call, folder: str) -> Place:
    """The file that `path` in the body names, in this folder; older clients send the whole path on their machine."""
    name = re.split(r"[/\\]", call.parameters.required_text("path"))[-1]
    folder = folder.strip("/")
    place = resolve(f"{folder}/{name}" if folder else name, registry=call.named_registry, actor=call.actor)
    if not place.path:
        raise Invalid("path", "Invalid path: name the file, not the folder that it goes to.")
    return place


def _link(call: Call, place: Place, field: str) -> dict[str, Any] | HttpResponseBase:
    require_download(place, actor=call.actor)
    file = artifact_paths.file_at(place)
    url = link(file.blob, filename=file.path.rpartition("/")[2], content_type=content_type_of(file.path))
    if url is None:
        return errors.not_here(_NO_LINKS)
    return {field: url, "headers": {}, "file_size": file.blob.size}


_PATH = r"(?P<path>[\s\S]*)"

routes = [
    Route("POST", f"mlflow-artifacts/mpu/create/{_PATH}", create),
    Route("POST", f"mlflow-artifacts/mpu/complete/{_PATH}", complete),
    Route("POST", f"mlflow-artifacts/mpu/abort/{_PATH}", abort),
    Route("GET", f"mlflow-artifacts/presigned/{_PATH}", presigned),
    *mlflow_routes(
        ("POST", "artifacts/presigned-upload-url", no_direct_upload),
        ("POST", "artifacts/presigned-download-url", presigned_of_run),
    ),
]
