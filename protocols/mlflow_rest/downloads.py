"""Sending a blob to an MLflow client."""

from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from blobs.models import Blob
from blobs.queries import read
from lib.downloads import Download, content_type_of, send


def download(request: HttpRequest, blob: Blob, path: str) -> HttpResponseBase:
    """The bytes of `blob` under the last part of `path`."""
    return send(request, Download(path, blob.sha256, blob.size, partial(read, blob), content_type_of(path)))
