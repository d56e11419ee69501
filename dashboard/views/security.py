"""What the scan found in a version, who answers for it, and the forms that change that."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import Tree
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.security import AcceptForm, QuarantineForm
from lib.errors import Conflict, Invalid, NotFound
from lib.paging import page_by_key
from registry.models import ModelVersion
from registry.queries import find_version, open_placements
from scanning.health import engine_now
from scanning.models import Finding
from scanning.operations.quarantines import BY_HAND, lift_quarantine, quarantine_tree
from scanning.operations.requests import request_scan
from scanning.operations.waivers import waive_findings, withdraw_waiver
from scanning.queries import (
    find_waiver,
    findings_of,
    newest_first,
    open_quarantines,
    remark_of,
    standing_of,
    waivers_for,
    why_not_accept,
)
from scanning.standing import NEEDS_REVIEW, UNSAFE, Standing, weight

PAGE_SIZE = 100
MOST_WAIVERS = 50
SEVERITIES = ("unsafe", "failed", "needs-review", "note")


@dataclass(frozen=True)
class Listed:
    """A finding as its list shows it."""

    finding: Finding
    is_accepted: bool
    may_be_chosen: bool


@require_safe
@signed_in
def version_security(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """The verdict with all that it rests on, the findings by file, and who accepts which of them."""
    return _page(request, find_version(registry, name, number, actor=actor), actor)


@require_POST
@signed_in
def accept(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Take the chosen findings upon oneself."""
    found = find_version(registry, name, number, actor=actor)
    form = AcceptForm(request.POST)
    keys = request.POST.getlist("keys")
    access.require(actor, Right.REVIEW, found)
    if form.is_valid():
        try:
            waiver = waive_findings(
                found, keys, reason=form.cleaned_data["reason"], ends_at=form.ends_at(), actor=actor
            )
        except Invalid as refusal:
            form.add_error({"ends_at": "ends_on", "reason": "reason"}.get(refusal.field), refusal.message)
        except Conflict as refusal:
            form.refuse(refusal)
        else:
            count = len(waiver.keys)
            messages.success(request, f"You answer for {count} finding{'s' * (count != 1)} now.")
            return redirect(address(found, "version-security"))
    return _page(request, found, actor, accept_form=form, chosen=keys)


@require_POST
@signed_in
def withdraw(request: HttpRequest, actor: User, registry: str, name: str, number: int, pk: int) -> HttpResponse:
    """Make what a waiver covered count again."""
    found = find_version(registry, name, number, actor=actor)
    waiver = find_waiver(pk, registry=found.model.registry, actor=actor)
    if waiver.tree_id != found.tree_id:
        raise NotFound(f"Waiver {pk} was not found.")
    withdraw_waiver(waiver, reason=request.POST.get("reason", "")[:1_000], actor=actor)
    messages.success(request, "What it covered counts again.")
    return redirect(address(found, "version-security"))


@require_POST
@signed_in
def scan_again(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Ask the present engine for its opinion, unless it has one."""
    found = find_version(registry, name, number, actor=actor)
    asked = request_scan(found, actor=actor)
    if asked.is_open:
        messages.success(request, "The files are being scanned.")
    else:
        messages.info(request, "The present engine has looked at these files; the same bytes get the same verdict.")
    return redirect(address(found, "version-security"))


@require_POST
@signed_in
def quarantine(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Keep the files from everybody but maintainers."""
    found = find_version(registry, name, number, actor=actor)
    access.require(actor, Right.ADMINISTER, None)
    form = QuarantineForm(request.POST)
    if form.is_valid():
        quarantine_tree(_files(found), BY_HAND, form.cleaned_data["reason"], actor=actor)
        messages.success(request, "The files are in quarantine.")
        return redirect(address(found, "version-security"))
    return _page(request, found, actor, quarantine_form=form)


@require_POST
@signed_in
def lift(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Let the files out of the quarantine that an administrator opened."""
    found = find_version(registry, name, number, actor=actor)
    lift_quarantine(_files(found), BY_HAND, reason=request.POST.get("reason", "")[:1_000], actor=actor)
    messages.success(request, "The files are out of quarantine.")
    return redirect(address(found, "version-security"))


def _page(
    request: HttpRequest,
    found: ModelVersion,
    actor: User,
    *,
    accept_form: AcceptForm | None = None,
    quarantine_form: QuarantineForm | None = None,
    chosen: Sequence[str] = (),
) -> HttpResponse:
    scan = newest_first().filter(tree=found.tree).first() if found.tree else None
    standing = standing_of(found)
    asked = {name: request.GET.get(name, "")[:1_024] for name in ("severity", "rule", "file")}
    rows = Finding.objects.none()
    if scan:
        severity = asked["severity"] if asked["severity"] in SEVERITIES else ""
        rows = findings_of(scan, severity=severity, rule=asked["rule"], path=asked["file"])
    page = page_by_key(rows, ["path", "pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    hindrance = why_not_accept(found, actor=actor) if standing.remaining else ""
    may_keep = access.can(actor, Right.ADMINISTER, None)
    most = "" if hindrance else UNSAFE if may_keep else NEEDS_REVIEW
    quarantines = list(open_quarantines(found.tree_id or 0))
    waivers = waivers_for(actor).filter(tree=found.tree_id, registry=found.model.registry_id)
    shown = {
        "version": found,
        "model": found.model,
        "scan": scan,
        "held": open_placements([found]).get(found.pk, []),
        "standing": standing,
        "engine": engine_now(),
        "groups": _by_file(page.rows, standing, most),
        "may_choose": any(weight(remark.severity) <= weight(most) for remark in standing.remaining),
        "next_token": page.next_token,
        "asked": asked,
        "is_filtered": any(asked.values()),
        "severities": SEVERITIES,
        "hindrance": hindrance,
        "accept_form": accept_form or AcceptForm(),
        "chosen": chosen,
        "waivers": waivers[:MOST_WAIVERS] if found.tree_id else [],
        "may_withdraw": access.can(actor, Right.REVIEW, found),
        "may_scan": scan is not None and not scan.is_open and access.can(actor, Right.EDIT, found),
        "may_keep": found.tree is not None and may_keep,
        "quarantines": quarantines,
        "is_kept_by_hand": any(row.cause == BY_HAND for row in quarantines),
        "quarantine_form": quarantine_form or QuarantineForm(),
    }
    wrong = (accept_form or quarantine_form) is not None
    return render(request, "pages/version_security.html", shown, status=422 if wrong else 200)


def _by_file(findings: Sequence[Finding], standing: Standing, most: str) -> list[tuple[str, list[Listed]]]:
    """The findings of a page, which come by file, under their files; those up to the weight of `most` can be ticked."""
    listed = []
    for finding in findings:
        accepted = standing.answers_for(remark_of(finding))
        may_be_chosen = 0 < weight(finding.severity) <= weight(most) and not accepted and bool(finding.key)
        listed.append(Listed(finding, accepted, may_be_chosen))
    return [(path, list(group)) for path, group in groupby(listed, key=lambda row: row.finding.path)]


def _files(found: ModelVersion) -> Tree:
    if found.tree is None:
        raise NotFound(f"{found} has no files here.")
    return found.tree
