"""Why somebody may or may not do something."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import access
from accounts.models import User
from accounts.queries import find_registry
from accounts.reach.explanations import Explanation, explanation_for, named
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.access import RIGHT_WORDS, ExplainForm
from dashboard.forms.suggestions import places_for
from lib.errors import Forbidden, HouseError, Invalid
from registry.explanations import explain_move
from registry.queries import find_model, find_stage, find_version
from tracking.queries import find_experiment


@require_safe
@signed_in
def explain(request: HttpRequest, actor: User) -> HttpResponse:
    """A form, and the answer when it says enough: about one right, or a list of all of them where it names none."""
    is_asked = "right" in request.GET or "registry" in request.GET
    form = ExplainForm(request.GET if is_asked else None, initial=request.GET.dict(), places=places_for(actor))
    found: Explanation | None = None
    rights: list[tuple[Right, str, bool]] = []
    if is_asked and form.is_valid():
        try:
            found = _answer(form.cleaned_data, actor)
            rights = [] if form.cleaned_data["right"] or found.wish else _all_rights(found)
        except Forbidden:
            form.add_error("account", "Only maintainers and auditors see why others may.")
        except HouseError as refusal:
            form.add_error("stage" if isinstance(refusal, Invalid) else None, refusal.message)
    shown = {"form": form, "found": found, "rights": rights, "place": named(found.thing) if found else ""}
    return render(request, "pages/explain.html", shown, status=422 if form.errors else 200)


def _all_rights(found: Explanation) -> list[tuple[Right, str, bool]]:
    """Each right that one has on things, its words, and whether the account has it on the thing asked about."""
    rights = [(right, words) for right, words in RIGHT_WORDS.items() if right is not Right.ADMINISTER]
    return [(right, words, access.can(found.account, right, found.thing)) for right, words in rights]


def _answer(said: dict[str, Any], actor: User) -> Explanation:
    """The same as the native API gives; about seeing where no right is named. Raises NotFound, Forbidden, Invalid."""
    name, right = said["account"].strip(), Right(said["right"] or Right.SEE)
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
