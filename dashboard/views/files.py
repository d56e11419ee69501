"""The files of a version: their list, and their bytes as downloads that no browser will run."""

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
from scanning.queries import file_for_download, latest_scan

PAGE_SIZE = 200


@require_safe
@signed_in
def version_files(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Paths, sizes and digests, each with what the scan found in it."""
    found = find_version(registry, name, number, actor=actor)
    scan = latest_scan(found.tree)
    files = found.tree.files.select_related("blob") if found.tree else TreeFile.objects.none()
    page = page_by_key(files, ["path"], size=PAGE_SIZE, token=request.GET.get("page"))
    findings = _by_path(scan)
    shown = {
        "version": found,
        "model": found.model,
        "scan": scan,
        "held": open_placements([found]).get(found.pk, []),
        "rows": [(file, findings.get(file.path, [])) for file in page.rows],
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


def _by_path(scan: Scan | None) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in scan.findings.all() if scan else []:
        found.setdefault(finding.path, []).append(finding)
    return found
