"""The scan of a version's files."""

from http import HTTPStatus

from lib.errors import NotFound
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.scans import ScanShape
from registry.queries import find_version
from scanning.models import Scan
from scanning.operations.requests import request_scan
from scanning.queries import latest_scan


class VersionScan(View):
    @endpoint("get_scan", answers=ScanShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Scan:
        """The newest scan of a version's files, with its findings."""
        version = find_version(registry, name, number, actor=call.actor)
        scan = latest_scan(version.tree)
        if scan is None:
            raise NotFound(f"The files of {version} were never scanned.")
        return scan

    @endpoint("request_scan", answers=ScanShape, status=HTTPStatus.ACCEPTED)
    def post(self, call: Call, registry: str, name: str, number: int) -> Scan:
        """Have the files scanned, unless the present engine has done so already."""
        return request_scan(find_version(registry, name, number, actor=call.actor), actor=call.actor)
