"""The list of models, and one model with its versions."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import access
from accounts.models import User
from accounts.queries import registries_for
from accounts.rights import Right
from dashboard import activity
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.moves import RollbackForm
from dashboard.measurements import chosen_metrics
from dashboard.snippets import load_snippet, register_snippet
from lib.errors import Invalid, NotFound
from lib.paging import page_by_key
from registry.models import ModelVersion, Placement, RegisteredModel, Stage
from registry.operations.rollbacks import roll_back
from registry.protections import guard_of
from registry.queries import (
    find_model,
    find_stage,
    models_for,
    placements_of,
    standing,
    standing_in,
    versions_of,
    with_newest_number,
    with_tags,
)
from scanning.queries import standings_of
from tracking.queries import runs_for

PAGE_SIZE = 50
ORDERS = {"updated": ["-updated_at", "-pk"], "name": ["name", "pk"]}


@require_safe
@signed_in
def models(request: HttpRequest, actor: User) -> HttpResponse:
    """The models that the actor sees: searched, ordered and paged by what the address says."""
    order = request.GET.get("sort", "updated")
    page = page_by_key(
        with_newest_number(_searched(request, models_for(actor))),
        ORDERS.get(order, ORDERS["updated"]),
        size=PAGE_SIZE,
        token=request.GET.get("page"),
    )
    places = standing_in(page.rows)
    rows = [(model, *_split(places.get(model.pk, []))) for model in page.rows]
    shown = {
        "rows": rows,
        "next_token": page.next_token,
        "order": order if order in ORDERS else "updated",
        "query": request.GET.get("q", ""),
        "registry": request.GET.get("registry", ""),
        "registries": registries_for(actor).order_by("name"),
        "snippet": register_snippet(),
    }
    return render(request, "pages/models.html", shown)


@require_safe
@signed_in
def model(request: HttpRequest, actor: User, registry: str, name: str) -> HttpResponse:
    """One model: who stands where, its versions, what it is and how to load it."""
    found = find_model(registry, name, actor=actor)
    page = page_by_key(with_tags(versions_of(found)), ["-number"], size=PAGE_SIZE, token=request.GET.get("page"))
    standings = standings_of(page.rows)
    metrics = chosen_metrics(page.rows, request.GET.getlist("metric"))
    runs = runs_for(actor).in_bulk({version.source_run_id for version in page.rows if version.source_run_id})
    places = sorted(standing(found), key=_rank)
    live = next((place for place in places if place.stage and place.stage.is_exclusive), None)
    guard = guard_of(found, actor=actor)
    shown = {
        "model": found,
        "tags": found.tags.order_by("key"),
        "places": [(place, guard.at(place.stage, place.alias)) for place in places],
        "may_move": access.can(actor, Right.PROMOTE, found),
        "rows": [
            (
                version,
                *_stages_and_aliases(version),
                standings[version.pk],
                metrics.of(version),
                runs.get(version.source_run_id or 0),
            )
            for version in page.rows
        ],
        "metrics": metrics,
        "next_token": page.next_token,
        "snippet": load_snippet(found, f"/{live.stage}" if live else _best_place(places, found)),
        "snippet_of": str(live.stage) if live else "",
    }
    return render(request, "pages/model.html", shown)


@require_safe
@signed_in
def model_activity(request: HttpRequest, actor: User, registry: str, name: str) -> HttpResponse:
    """What happened to a model lately, and every placement that it ever had."""
    found = find_model(registry, name, actor=actor)
    page = page_by_key(placements_of(found), ["-opened_at", "-pk"], size=PAGE_SIZE, token=request.GET.get("page"))
    shown = {"model": found, "lines": activity.of_models([found], 40), "page": page}
    return render(request, "pages/model_activity.html", shown)


@require_POST
@signed_in
def rollback(request: HttpRequest, actor: User, registry: str, name: str) -> HttpResponse:
    """Put back the version that stood at a stage, or under an alias, before."""
    found = find_model(registry, name, actor=actor)
    form = RollbackForm(request.POST)
    if not form.is_valid():
        raise Invalid("reason", "Say why the version before is to come back, in at most 10,000 characters.")
    said = form.cleaned_data
    stage = find_stage(found.registry, said["stage"]) if said["stage"] else None
    if said["stage"] and stage is None:
        raise NotFound("There is no such stage on the ladder of this registry.")
    placement = roll_back(found, stage=stage, alias=said["alias"], reason=said["reason"], actor=actor)
    messages.success(request, f"Version {placement.version.number} is back at {stage or '@' + said['alias']}.")
    return redirect(address(found))


def _searched(request: HttpRequest, rows: QuerySet[RegisteredModel]) -> QuerySet[RegisteredModel]:
    if words := request.GET.get("q", "").strip():
        rows = rows.filter(name__icontains=words)
    if registry := request.GET.get("registry", ""):
        rows = rows.filter(registry__name=registry)
    return rows


def _split(places: list[Placement]) -> tuple[list[Placement], list[Placement]]:
    """Placements at stages that hold one version, which is what is live, and aliases."""
    live = [place for place in places if place.stage and place.stage.is_exclusive]
    return live, [place for place in places if place.alias]


def _stages_and_aliases(version: ModelVersion) -> tuple[list[Stage], list[str]]:
    """Where a version of `with_tags` stands."""
    places: list[Placement] = version.open_placements  # type: ignore[attr-defined] # is there by the query
    return [place.stage for place in places if place.stage], [place.alias for place in places if place.alias]


def _rank(place: Placement) -> tuple[bool, int, str]:
    """Stages before aliases, the highest stage first, an archive last."""
    stage = place.stage
    return stage is None, (-stage.position if stage.is_live else 0) if stage else 0, place.alias


def _best_place(places: list[Placement], model: RegisteredModel) -> str:
    """What to load when nothing is live: an alias, else the newest version."""
    alias = next((place.alias for place in places if place.alias), "")
    return f"@{alias}" if alias else f"/{model.last_number or 1}"
