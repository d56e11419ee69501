"""The files of a version: the list, and the bytes of one."""

from functools import partial

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes

from blobs.models import TreeFile
from blobs.queries import read
from lib.downloads import Download, send
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
        return send(call.request, Download(path, blob.sha256, blob.size, partial(read, blob)))
