"""How registries stand: one of them, and all that somebody sees with the engine behind every verdict."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.models import Registry, User
from accounts.queries import find_registry, registries_for
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.security import AllowNameForm
from lib.errors import AlreadyExists, Invalid, NotFound
from lib.paging import page_by_key
from scanning.health import changes_for, engine_now, queue_now, report_now, search_list, versions_with
from scanning.operations.names import allow_name, disallow_name
from scanning.posture import MOST_LISTED, Line, live_counts, posture_of, waivers_ending_soon
from scanning.queries import names_in

PAGE_SIZE = 50


@dataclass(frozen=True)
class Bar:
    """A line of the chart: its two lengths are of a hundred."""

    line: Line
    all: float
    live: float


@require_safe
@signed_in
def registry_security(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """What the versions of a registry come to, what is live and not clean, and what the registry allows."""
    return _registry_page(request, find_registry(registry, actor=actor), actor)


@require_POST
@signed_in
def allow(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """Allow one more name."""
    found = find_registry(registry, actor=actor)
    access.require(actor, Right.MANAGE, found)
    form = AllowNameForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            allowed = allow_name(found, said["module"], said["name"], reason=said["reason"], actor=actor)
        except (Invalid, AlreadyExists) as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"Models of {found} may hold {allowed} now.")
            return redirect("registry-security", found.name)
    return _registry_page(request, found, actor, form=form)


@require_POST
@signed_in
def disallow(request: HttpRequest, actor: User, registry: str, pk: int) -> HttpResponse:
    """Take a name off the list."""
    found = find_registry(registry, actor=actor)
    allowed = names_in(found).filter(pk=pk).first()
    if allowed is None:
        raise NotFound("This name is not on the list.")
    disallow_name(allowed, actor=actor)
    messages.success(request, f"{allowed} counts as a finding again.")
    return redirect("registry-security", found.name)


@require_safe
@signed_in
def security(request: HttpRequest, actor: User) -> HttpResponse:
    """The engine and its age, the queue, what the present release has changed, and every registry that one sees."""
    report = report_now(actor=actor)
    token = request.GET.get("page")
    changes = (
        page_by_key(changes_for(report.release, actor=actor), ["-pk"], size=PAGE_SIZE, token=token) if report else None
    )
    scans = list(changes.rows) if changes else []
    versions = versions_with([scan.tree_id for scan in scans], actor=actor)
    shown = {
        "engine": engine_now(),
        "queue": queue_now(),
        "report": report,
        "changed": [(scan, versions.get(scan.tree_id)) for scan in scans],
        "next_token": changes.next_token if changes else None,
        "registries": live_counts(registries_for(actor)[:PAGE_SIZE], actor=actor),
    }
    return render(request, "pages/security.html", shown)


@require_safe
@signed_in
def allow_list(request: HttpRequest, actor: User) -> HttpResponse:
    """The names that every model file may mention."""
    query = request.GET.get("q", "")[:255]
    page = search_list(query, size=PAGE_SIZE, token=request.GET.get("page"))
    return render(request, "pages/allow_list.html", {"query": query, "page": page, "engine": engine_now()})


def _registry_page(
    request: HttpRequest, found: Registry, actor: User, *, form: AllowNameForm | None = None
) -> HttpResponse:
    posture = posture_of(found, actor=actor)
    most = max([line.all for line in posture.lines] or [0]) or 1
    names = page_by_key(names_in(found), ["module", "name", "pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    ending = list(waivers_ending_soon(found, actor=actor)[:MOST_LISTED])
    versions = versions_with([waiver.tree_id for waiver in ending], actor=actor, registry=found)
    shown = {
        "registry": found,
        "posture": posture,
        "bars": [Bar(line, 100 * line.all / most, 100 * line.live / most) for line in posture.lines],
        "ending": [(waiver, versions[waiver.tree_id]) for waiver in ending],
        "names": names,
        "may_manage": access.can(actor, Right.MANAGE, found),
        "form": form or AllowNameForm(),
    }
    return render(request, "pages/registry_security.html", shown, status=422 if form else 200)
