"""The first page after sign-in: what waits for me, what is wrong, what is new."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.reach.requests import requests_to_decide
from approvals.queries import OPEN_STATES, reviews_for, waiting_for
from dashboard import activity
from dashboard.door import signed_in
from dashboard.snippets import register_snippet, sign_in_snippet
from registry.queries import models_for, standing_in, with_newest_number
from scanning.queries import needing_attention, standings_of

FEW = 6


@require_safe
@signed_in
def home(request: HttpRequest, actor: User) -> HttpResponse:
    """Everything here is a short list; each has a page that shows all of it."""
    recent = list(with_newest_number(models_for(actor)).order_by("-updated_at", "-pk")[:FEW])
    attention = list(needing_attention(actor)[: 4 * FEW])
    standings = standings_of(attention)
    attention = [version for version in attention if not standings[version.pk].is_accepted][:FEW]
    places = standing_in(recent)
    shown = {
        "waiting": waiting_for(actor)[:FEW],
        "requests": requests_to_decide(actor)[:FEW],
        "asked": reviews_for(actor).filter(requested_by=actor, state__in=OPEN_STATES)[:FEW],
        "attention": [(version, standings[version.pk]) for version in attention],
        "recent": [(model, places.get(model.pk, [])) for model in recent],
        "lines": activity.of_models(recent, 12),
        "sign_in": sign_in_snippet(request),
        "register": register_snippet(),
    }
    return render(request, "pages/home.html", shown)
