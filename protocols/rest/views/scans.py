"""The scan of a version's files."""

from collections.abc import Iterable
from http import HTTPStatus

from lib.errors import NotFound
from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.scans import FindingsAsked, FindingShape, ScanShape
from registry.models import ModelVersion
from registry.queries import find_version
from scanning.models import Finding, Scan
from scanning.operations.requests import request_scan
from scanning.queries import findings_of, latest_scan, remark_of, standing_of
from scanning.standing import Standing


class VersionScan(View):
    @endpoint("get_scan", answers=ScanShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> With:
        """The newest scan of a version's files with its findings, and what it comes to in this registry."""
        version = find_version(registry, name, number, actor=call.actor)
        return _with_standing(_scan_of(version), version)

    @endpoint("request_scan", answers=ScanShape, status=HTTPStatus.ACCEPTED)
    def post(self, call: Call, registry: str, name: str, number: int) -> With:
        """Have the files scanned, unless the present engine has done so already."""
        version = find_version(registry, name, number, actor=call.actor)
        return _with_standing(request_scan(version, actor=call.actor), version)


class VersionFindings(View):
    @endpoint("list_findings", asks=FindingsAsked, lists=FindingShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Page[With]:
        """What the newest scan found, by file; what is accepted is marked."""
        version = find_version(registry, name, number, actor=call.actor)
        asked = call.asked
        rows = findings_of(_scan_of(version), severity=asked["severity"], rule=asked["rule"], path=asked["path_prefix"])
        page = call.page(rows, "path", "pk")
        return Page(_marked(page.rows, standing_of(version)), page.next_token)


def _scan_of(version: ModelVersion) -> Scan:
    scan = latest_scan(version.tree)
    if scan is None:
        raise NotFound(f"The files of {version} were never scanned.")
    return scan


def _with_standing(scan: Scan, version: ModelVersion) -> With:
    standing = standing_of(version)
    return With(scan, standing=standing, findings=_marked(scan.findings.all(), standing))


def _marked(findings: Iterable[Finding], standing: Standing) -> list[With]:
    """Each with whether somebody answers for it; a note needs nobody."""
    return [With(finding, accepted=standing.answers_for(remark_of(finding))) for finding in findings]
