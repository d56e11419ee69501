"""The registries that somebody sees, and the page of one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import access
from accounts.models import User
from accounts.queries import find_registry, registries_for
from accounts.rights import Right
from dashboard.door import signed_in
from lib.paging import page_by_key
from registry.models import Placement
from registry.queries import models_for, stages_of, standing_in, with_newest_number
from tracking.queries import experiments_for

PAGE_SIZE = 50
FEW = 8


@require_safe
@signed_in
def registries(request: HttpRequest, actor: User) -> HttpResponse:
    """The registries that the actor sees, by name."""
    page = page_by_key(registries_for(actor), ["name"], size=PAGE_SIZE, token=request.GET.get("page"))
    return render(request, "pages/registries.html", {"page": page})


@require_safe
@signed_in
def registry(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """One registry: what it is for, its ladder, how much is in it and what changed last."""
    found = find_registry(registry, actor=actor)
    models = models_for(actor).filter(registry=found)
    experiments = experiments_for(actor, found).filter(deleted_at=None)
    recent = list(with_newest_number(models).order_by("-updated_at", "-pk")[:FEW])
    places = standing_in(recent)
    shown = {
        "registry": found,
        "stages": stages_of(found),
        "model_count": models.count(),
        "experiment_count": experiments.count(),
        "recent": [(model, _live(places.get(model.pk, []))) for model in recent],
        "experiments": experiments.order_by("-updated_at", "-pk")[:FEW],
        "may_audit": access.can(actor, Right.AUDIT, found),
    }
    return render(request, "pages/registry.html", shown)


def _live(places: list[Placement]) -> list[Placement]:
    """Those at stages that hold one version of a model."""
    return [place for place in places if place.stage and place.stage.is_exclusive]
