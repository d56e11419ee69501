"""Why somebody may or may not do something."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.queries import find_registry
from accounts.reach.explanations import Explanation, explanation_for
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.access import ExplainForm
from lib.errors import HouseError, Invalid
from registry.explanations import explain_move
from registry.queries import find_model, find_stage, find_version
from tracking.queries import find_experiment


@require_safe
@signed_in
def explain(request: HttpRequest, actor: User) -> HttpResponse:
    """A form, and the answer when it says enough."""
    is_asked = "right" in request.GET
    form = ExplainForm(request.GET) if is_asked else ExplainForm(initial=request.GET.dict())
    found: Explanation | None = None
    if is_asked and form.is_valid():
        try:
            found = _answer(form.cleaned_data, actor)
        except HouseError as refusal:
            form.add_error("stage" if isinstance(refusal, Invalid) else None, refusal.message)
    return render(request, "pages/explain.html", {"form": form, "found": found}, status=422 if form.errors else 200)


def _answer(said: dict[str, Any], actor: User) -> Explanation:
    """The same as the native API gives. Raises NotFound, Forbidden, Invalid."""
    name, right = said["account"].strip(), Right(said["right"])
    thing: Any
    if said["version"]:
        thing = find_version(said["registry"], said["model"], said["version"], actor=actor)
        if said["stage"] or said["alias"]:
            stage = find_stage(thing.model.registry, said["stage"]) if said["stage"] else None
            if said["stage"] and stage is None:
                raise Invalid("stage", f"There is no stage {said['stage']} on the ladder of this registry.")
            return explain_move(name, thing, stage=stage, alias=said["alias"], actor=actor)
    elif said["model"]:
        thing = find_model(said["registry"], said["model"], actor=actor)
    elif said["experiment"] is not None:
        thing = find_experiment(said["experiment"], registry=find_registry(said["registry"], actor=actor), actor=actor)
    else:
        thing = find_registry(said["registry"], actor=actor)
    return explanation_for(name, right, thing, actor=actor)
