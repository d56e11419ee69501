"""The bill of materials of a version: how complete it is, what is in it, to be taken along or brought."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import TreeFile
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.bills import SupplyForm
from lib.downloads import of_bytes, send
from lib.errors import HouseError, NotFound
from lib.paging import page_by_key
from registry.models import ModelVersion
from registry.queries import find_version, open_placements
from scanning.queries import latest_scan
from supply.bills.cyclonedx import MEDIA_TYPE
from supply.bills.queries import bill_of, file_name, judged, supplied_bill
from supply.bills.supplied import LARGEST
from supply.licences.queries import decisive, stated_licences
from supply.models import Dependency, Vulnerability
from supply.operations.bills import remove_bill, supply_bill

PAGE_SIZE = 100


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def bill(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """The page of the bill; a POST brings one along."""
    found = find_version(registry, name, number, actor=actor)
    form = SupplyForm(request.POST, request.FILES) if request.method == "POST" else SupplyForm()
    if form.is_valid():
        try:
            supply_bill(found, form.cleaned_data["document"].read(LARGEST + 1), actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The bill of materials is kept.")
            return redirect(address(found, "version-bill"))
    return render(request, "pages/version_bill.html", _shown(request, found, actor, form), status=_status(form))


@require_safe
@signed_in
def download(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponseBase:
    """Our bill as a file."""
    found = find_version(registry, name, number, actor=actor)
    document = of_bytes(file_name(found), bill_of(found, actor=actor), content_type=MEDIA_TYPE)
    return send(request, document)


@require_safe
@signed_in
def supplied(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponseBase:
    """The supplied bill as it came."""
    found = find_version(registry, name, number, actor=actor)
    kept = supplied_bill(found)
    if kept is None:
        raise NotFound(f"Nobody has supplied a bill of materials of {found}.")
    document = kept.document.encode()
    return send(request, of_bytes(file_name(found, "supplied"), document, content_type=MEDIA_TYPE.partition(";")[0]))


@require_POST
@signed_in
def remove(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Take the supplied bill away."""
    found = find_version(registry, name, number, actor=actor)
    remove_bill(found, actor=actor)
    messages.success(request, "The supplied bill of materials is gone.")
    return redirect(address(found, "version-bill"))


def _status(form: SupplyForm) -> int:
    return 422 if form.errors else 200


def _shown(request: HttpRequest, found: ModelVersion, actor: User, form: SupplyForm) -> dict[str, Any]:
    shows = request.GET.get("show") if request.GET.get("show") in ("files", "packages") else ""
    package_count = Dependency.objects.filter(tree=found.tree_id).count() if found.tree_id else 0
    shows = shows or ("packages" if package_count else "files")
    stated = stated_licences(found)
    return {
        "version": found,
        "model": found.model,
        "scan": latest_scan(found.tree),
        "held": open_placements([found]).get(found.pk, []),
        "judged": judged(found),
        "licence": decisive(stated),
        "stated": stated,
        "shows": shows,
        "package_count": package_count,
        **(_packages(request, found) if shows == "packages" else _files(request, found)),
        "form": form if access.can(actor, Right.EDIT, found) else None,
    }


def _files(request: HttpRequest, found: ModelVersion) -> dict[str, Any]:
    files = found.tree.files.select_related("blob") if found.tree else TreeFile.objects.none()
    page = page_by_key(files, ["path"], size=PAGE_SIZE, token=request.GET.get("page"))
    return {"rows": page.rows, "next_token": page.next_token}


def _packages(request: HttpRequest, found: ModelVersion) -> dict[str, Any]:
    """Requirements with the number of vulnerabilities that are known of each, in one query for the page."""
    rows = Dependency.objects.filter(tree=found.tree_id).select_related("package")
    page = page_by_key(rows, ["name", "pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    known: dict[int, int] = {}
    packages = [row.package_id for row in page.rows if row.package_id]
    for package in Vulnerability.objects.filter(package__in=packages, closed_at=None).values_list("package", flat=True):
        known[package] = known.get(package, 0) + 1
    return {"rows": [(row, known.get(row.package_id or 0, 0)) for row in page.rows], "next_token": page.next_token}
