"""What a version requires and what is vulnerable in it; vulnerable versions of a registry; the advisories."""

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.queries import find_registry
from accounts.rights import Right
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.vulnerabilities import VulnerableForm, WaiverForm
from lib.errors import HouseError
from lib.paging import page_by_key
from registry.models import ModelVersion
from registry.queries import find_version, open_placements
from scanning.queries import latest_scan
from supply.audit.advisories import advisories_about, affected_by, find_advisory, imports
from supply.audit.overview import summed_up, vulnerable_versions
from supply.audit.vulnerabilities import (
    Audit,
    OpenVulnerability,
    current_import,
    dependencies_of,
    is_stale,
    vulnerabilities_of,
)
from supply.models import Dependency, Severity
from supply.operations.vulnerability_waivers import waive_vulnerability

PAGE_SIZE = 100
MOST_VULNERABILITIES = 200
FEW = 5


@require_safe
@signed_in
def dependencies(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """What the files of a version require, and what is known to be vulnerable in it."""
    return _page(request, find_version(registry, name, number, actor=actor), actor)


@require_POST
@signed_in
def waive(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Accept the chosen vulnerabilities until a day."""
    found = find_version(registry, name, number, actor=actor)
    access.require(actor, Right.REVIEW, found)
    audit = vulnerabilities_of(found)
    form = WaiverForm(request.POST).allow(_keys(audit))
    if form.is_valid():
        said = form.cleaned_data
        try:
            waive_vulnerability(found, said["keys"], reason=said["reason"], ends_at=form.ends_at(), actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            count = len(said["keys"])
            messages.success(request, f"{count} vulnerabilit{'y is' if count == 1 else 'ies are'} accepted for now.")
            return redirect(address(found, "version-dependencies"))
    return _page(request, found, actor, form=form)


@require_safe
@signed_in
def vulnerable(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """The versions of a registry that require something vulnerable."""
    found = find_registry(registry, actor=actor)
    form = VulnerableForm(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    severity = Severity(said["severity"]) if said.get("severity") else None
    package = said.get("package", "")
    rows = vulnerable_versions(
        found, severity=severity, package=package, live_only=said.get("show") != "all", actor=actor
    )
    page = page_by_key(rows, ["-pk"], size=PAGE_SIZE // 2, token=request.GET.get("page"))
    database = current_import()
    shown = {
        "registry": found,
        "form": form,
        "rows": summed_up(page.rows, severity=severity, package=package),
        "next_token": page.next_token,
        "is_filtered": bool(severity or package),
        "shows_all": said.get("show") == "all",
        "database": database,
        "is_stale": database is not None and is_stale(database),
    }
    return render(request, "pages/vulnerable_versions.html", shown)


@require_safe
@signed_in
def advisories(request: HttpRequest, actor: User) -> HttpResponse:
    """How old the advisories are, what was brought in last, and a search in them."""
    query = request.GET.get("q", "").strip()
    database = current_import()
    page = page_by_key(
        advisories_about(query), ["-modified", "-pk"], size=PAGE_SIZE // 2, token=request.GET.get("page")
    )
    shown = {
        "query": query,
        "database": database,
        "is_stale": database is not None and is_stale(database),
        "imports": imports()[:FEW],
        "page": page,
    }
    return render(request, "pages/advisories.html", shown)


@require_safe
@signed_in
def advisory(request: HttpRequest, actor: User, identifier: str) -> HttpResponse:
    """One advisory: what it says, about which releases of which packages."""
    found = find_advisory(identifier, actor=actor)
    document = found.document if isinstance(found.document, dict) else {}
    references = document.get("references")
    links = [one.get("url") for one in references if isinstance(one, dict)] if isinstance(references, list) else []
    shown = {
        "advisory": found,
        "affected": [(row, _spans(row.ranges)) for row in affected_by(found)[:MOST_VULNERABILITIES]],
        "details": str(document.get("details") or "")[:20_000],
        "links": [link for link in links if isinstance(link, str) and link.startswith(("https://", "http://"))][:20],
    }
    return render(request, "pages/advisory.html", shown)


def _page(request: HttpRequest, found: ModelVersion, actor: User, *, form: WaiverForm | None = None) -> HttpResponse:
    audit = vulnerabilities_of(found)
    page = page_by_key(dependencies_of(found), ["path", "name", "pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    may_waive = any(one.can_be_waived and not one.is_waived for one in audit.vulnerabilities)
    if form is None and may_waive and access.can(actor, Right.REVIEW, found):
        form = WaiverForm().allow(_keys(audit))
    shown = {
        "version": found,
        "model": found.model,
        "scan": latest_scan(found.tree),
        "held": open_placements([found]).get(found.pk, []),
        "audit": audit,
        "vulnerabilities": audit.vulnerabilities[:MOST_VULNERABILITIES],
        "unlisted": max(0, len(audit.vulnerabilities) - MOST_VULNERABILITIES),
        "rows": _rows(page.rows, audit),
        "next_token": page.next_token,
        "form": form,
        "chosen": form.chosen() if form else [],
    }
    return render(request, "pages/version_dependencies.html", shown, status=422 if form and form.errors else 200)


def _rows(rows: Any, audit: Audit) -> list[tuple[Dependency, list[OpenVulnerability]]]:
    by_package: dict[tuple[str, str], list[OpenVulnerability]] = defaultdict(list)
    for one in audit.unwaived:
        by_package[one.package, one.version].append(one)
    return [(row, by_package.get((row.name, row.package.version), []) if row.package else []) for row in rows]


def _keys(audit: Audit) -> list[str]:
    """What can be ticked: one key for each issue."""
    return [one.keys[0] for one in audit.vulnerabilities if one.can_be_waived and not one.is_waived]


def _spans(ranges: Any) -> list[str]:
    """Ranges in words: from 1.0, before 1.5."""
    words = {"introduced": "from {}", "fixed": "before {}", "last_affected": "up to {}", "limit": "below {}"}
    told = []
    for one in ranges:
        steps = [(kind, at) for event in one.get("events", ()) for kind, at in event.items()]
        parts = [words[kind].format(at) for kind, at in steps if (kind, at) != ("introduced", "0")]
        told.append(", ".join(parts) or "all releases")
    return told
