"""The files of a version: the list, and the bytes of one."""

from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes

from blobs.models import TreeFile
from blobs.queries import read
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.versions import FileShape
from registry.queries import find_version
from scanning.queries import file_for_download


class Files(View):
    @endpoint("list_files", lists=FileShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[TreeFile]:
        """The files of a version, by path."""
        version = find_version(registry, name, number, actor=call.actor)
        return call.page(TreeFile.objects.filter(tree=version.tree_id).select_related("blob"), "path")


class OneFile(View):
    @endpoint("download_file", answers=OpenApiTypes.BINARY)
    def get(self, call: Call, registry: str, name: str, number: int, path: str) -> HttpResponseBase:
        """Download a file; unsafe ones only for those who manage the model."""
        version = find_version(registry, name, number, actor=call.actor)
        blob = file_for_download(version, path, actor=call.actor).blob
        etag = f'"{blob.sha256}"'
        response: HttpResponseBase | None = get_conditional_response(call.request, etag=etag)
        if response is None:
            filename = path.rpartition("/")[2]
            response = FileResponse(read(blob), as_attachment=True, filename=filename)
            response.headers["Content-Type"] = "application/octet-stream"
            response.headers["Content-Length"] = str(blob.size)
            # Should a browser show it after all, nothing in it runs.
            response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
            response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["ETag"] = etag
        response.headers["Cache-Control"] = "private, no-cache"
        return response
