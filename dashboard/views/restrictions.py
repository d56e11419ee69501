"""Cutting a model or an experiment off from the roles of its registry, and opening it again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from dashboard.addresses import address
from dashboard.door import signed_in
from registry.operations.models import restrict_model as change_model
from registry.queries import find_model
from tracking.operations.experiments import restrict_experiment as change_experiment
from tracking.queries import find_experiment

_SAID = {
    True: "Only roles on {} itself count now.",
    False: "The roles on its registry count for {} again.",
}


@require_POST
@signed_in
def restrict_model(request: HttpRequest, actor: User, registry: str, name: str) -> HttpResponse:
    """Restrict a model, or open it, as the button said."""
    restricted = request.POST.get("restricted") == "yes"
    found = change_model(find_model(registry, name, actor=actor), restricted, actor=actor)
    messages.success(request, _SAID[restricted].format(found))
    return redirect(address(found, "model-access"))


@require_POST
@signed_in
def restrict_experiment(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """The same of an experiment."""
    restricted = request.POST.get("restricted") == "yes"
    found = change_experiment(find_experiment(pk, actor=actor), restricted, actor=actor)
    messages.success(request, _SAID[restricted].format(found))
    return redirect(address(found, "experiment-access"))
