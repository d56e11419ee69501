"""One version: what it is, what the scan says, where it stands, where it may go; and the forms that move it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.rights import Right
from approvals.operations.reviews import request_review
from approvals.queries import open_review
from dashboard import activity
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.moves import AliasForm, AskForm, StageForm
from dashboard.model_files import described
from dashboard.places import places_of
from dashboard.snippets import version_snippet
from lib.errors import GateRefused, HouseError, NotFound
from registry.models import ModelVersion, Placement
from registry.operations.placements import move_alias, move_stage
from registry.queries import find_stage, find_version, lineage_of, open_placements
from scanning.models import Scan, Verdict
from scanning.queries import latest_scan, standing_of

FEW_FINDINGS = 20


@require_safe
@signed_in
def version(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """The page of a version."""
    return _page(request, find_version(registry, name, number, actor=actor), actor)


@require_safe
@signed_in
def scan(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """The part of the page that changes while a scan runs; 204 while there is nothing new to show."""
    found = find_version(registry, name, number, actor=actor)
    latest = latest_scan(found.tree)
    if latest is not None and latest.verdict == request.GET.get("was"):
        return HttpResponse(status=204)
    held = open_placements([found]).get(found.pk, [])
    return render(request, "components/standing.html", _standing(found, latest, held, actor))


@require_safe
@signed_in
def version_activity(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """What happened to a version, newest first."""
    found = find_version(registry, name, number, actor=actor)
    latest = latest_scan(found.tree)
    shown = {**_head(found, latest), "lines": activity.of_version(found, latest, 100)}
    return render(request, "pages/version_activity.html", shown)


@require_POST
@signed_in
def ask(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Ask for a review."""
    found = find_version(registry, name, number, actor=actor)
    form = AskForm(places_of(found, open_placements([found]).get(found.pk, []), actor=actor), request.POST)
    if form.is_valid():
        data = form.cleaned_data
        stage = find_stage(found.model.registry, data["stage"]) if data.get("stage") else None
        try:
            review = request_review(found, stage=stage, alias=data.get("alias", ""), reason=data["reason"], actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The review is open. Reviewers see it on their home page.")
            return redirect(address(review))
    return _page(request, found, actor, ask_form=form)


@require_POST
@signed_in
def to_stage(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Move the version to a stage, if no policy asks for more."""
    found = find_version(registry, name, number, actor=actor)
    form = StageForm(request.POST)
    stage = find_stage(found.model.registry, form.cleaned_data["stage"]) if form.is_valid() else None
    if stage is None:
        raise NotFound("There is no such stage on the ladder of this registry.")
    move_stage(found, stage, actor=actor)
    messages.success(request, f"Version {found.number} is at {stage} now.")
    return redirect(address(found))


@require_POST
@signed_in
def to_alias(request: HttpRequest, actor: User, registry: str, name: str, number: int) -> HttpResponse:
    """Point an alias at the version, if no policy asks for more."""
    found = find_version(registry, name, number, actor=actor)
    form = AliasForm(request.POST)
    if form.is_valid():
        alias = form.cleaned_data["alias"].removeprefix("@")
        try:
            move_alias(found, alias, actor=actor)
        except GateRefused as refusal:
            form.add_error("alias", list(refusal.reasons))
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"@{alias} names version {found.number} now.")
            return redirect(address(found))
    return _page(request, found, actor, alias_form=form)


def _page(
    request: HttpRequest,
    found: ModelVersion,
    actor: User,
    *,
    ask_form: AskForm | None = None,
    alias_form: AliasForm | None = None,
) -> HttpResponse:
    latest = latest_scan(found.tree)
    run = found.source_run
    head = _head(found, latest)
    standing = _standing(found, latest, head["held"], actor)
    review = standing["review"]
    may_ask = access.can(actor, Right.REQUEST, found) and review is None and latest and latest.verdict != Verdict.UNSAFE
    form = ask_form or AskForm(standing["choices"])
    shown = {
        **head,
        **standing,
        "tags": found.tags.order_by("key"),
        "params": run.params.order_by("key")[:500] if run else [],
        "metrics": run.metrics.order_by("key")[:500] if run else [],
        "lineage": lineage_of(found, actor=actor),
        "described": described(latest),
        "snippet": version_snippet(found),
        "ask_form": form if may_ask and len(form.fields) > 1 else None,
        "alias_form": alias_form or AliasForm(),
    }
    wrong = (ask_form or alias_form) is not None
    return render(request, "pages/version.html", shown, status=422 if wrong else 200)


def _head(found: ModelVersion, latest: Scan | None) -> dict[str, Any]:
    """What every page of a version shows at its top."""
    return {
        "version": found,
        "model": found.model,
        "scan": latest,
        "held": open_placements([found]).get(found.pk, []),
    }


def _standing(found: ModelVersion, latest: Scan | None, held: list[Placement], actor: User) -> dict[str, Any]:
    """The verdict, and where the version may go with it."""
    return {
        "version": found,
        "scan": latest,
        "findings": list(latest.findings.all())[:FEW_FINDINGS] if latest else [],
        "standing": standing_of(found),
        "choices": places_of(found, held, actor=actor),
        "review": open_review(found),
        "may_move": access.can(actor, Right.PROMOTE, found),
    }
