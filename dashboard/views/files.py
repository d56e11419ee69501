"""The files of a version: their list, and their bytes as downloads that no browser will run."""

from dataclasses import dataclass
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import TreeFile
from blobs.queries import read
from dashboard.door import signed_in
from lib.downloads import Download, send
from lib.paging import page_by_key
from registry.queries import find_version, open_placements
from scanning.models import Finding, Scan
from scanning.queries import file_for_download, latest_scan, remark_of, standing_of
from scanning.standing import Standing, weight

PAGE_SIZE = 200


@require_safe
@signed_in
def version_files(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Paths, sizes and digests, each with what the scan found in it."""
    found = find_version(registry, name, number, actor=actor)
    scan = latest_scan(found.tree)
    files = found.tree.files.select_related("blob") if found.tree else TreeFile.objects.none()
    page = page_by_key(files, ["path"], size=PAGE_SIZE, token=request.GET.get("page"))
    standing, formats = standing_of(found), _formats(scan)
    findings = _by_path(scan, standing)
    shown = {
        "version": found,
        "model": found.model,
        "scan": scan,
        "standing": standing,
        "held": open_placements([found]).get(found.pk, []),
        "rows": [(file, findings.get(file.path), formats.get(file.path, "")) for file in page.rows],
        "next_token": page.next_token,
        "may_download": access.can(actor, Right.DOWNLOAD, found),
    }
    return render(request, "pages/version_files.html", shown)


@require_safe
@signed_in
def download(
    request: HttpRequest, actor: User, registry: str, name: str, number: int, *, path: str
) -> HttpResponseBase:
    """The bytes of one file, always as a download and never as something that a browser shows."""
    found = find_version(registry, name, number, actor=actor)
    file = file_for_download(found, path, actor=actor)
    return send(request, Download(file.path, file.blob.sha256, file.blob.size, partial(read, file.blob)))


@dataclass(frozen=True)
class FileState:
    """What the scan has to say of one file: the heaviest finding that nobody answers for, or the heaviest of all."""

    finding: Finding
    count: int
    is_accepted: bool

    @property
    def others(self) -> int:
        """How many findings there are besides."""
        return self.count - 1


def _by_path(scan: Scan | None, standing: Standing) -> dict[str, FileState]:
    found: dict[str, list[tuple[bool, int, Finding]]] = {}
    for finding in scan.findings.all() if scan else []:
        accepted = standing.answers_for(remark_of(finding))
        found.setdefault(finding.path, []).append((not accepted, weight(finding.severity), finding))
    states = {}
    for path, rows in found.items():
        is_open, _, heaviest = max(rows, key=lambda row: row[:2])
        states[path] = FileState(heaviest, len(rows), not is_open)
    return states


def _formats(scan: Scan | None) -> dict[str, str]:
    """By path what the engine read each file as; it comes from a report, so nothing about its shape is certain."""
    facts = scan.facts if scan and isinstance(scan.facts, dict) else {}
    formats = facts.get("formats")
    return {str(path): str(name)[:60] for path, name in formats.items()} if isinstance(formats, dict) else {}
