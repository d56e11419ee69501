"""The protected stages and aliases of a registry, and the form that protects another one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.models import Registry, Team, User
from accounts.queries import find_grantee, find_registry, teams_for
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.protections import ProtectionForm
from lib.errors import HouseError, Invalid, NotFound
from lib.paging import page_by_key
from registry.operations.protections import protect_place, release_place
from registry.protections import protected_places
from registry.queries import find_stage, stages_of

PAGE_SIZE = 50
FEW = 10  # teams that the form names


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def protections(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """Who may move versions where; a POST protects a place, or names other people for it."""
    found = find_registry(registry, actor=actor)
    teams = list(teams_for(actor).order_by("name").values_list("name", flat=True)[:FEW])
    form = ProtectionForm(list(stages_of(found)), teams, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            place = _protect(found, form, actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{place} is protected.")
            return redirect("protections", found.name)
    rows = protected_places(found, actor=actor).prefetch_related("teams")
    shown = {
        "registry": found,
        "page": page_by_key(rows, ["pk"], size=PAGE_SIZE, token=request.GET.get("page")),
        "form": form if access.can(actor, Right.MANAGE, found) else None,
    }
    return render(request, "pages/protections.html", shown, status=422 if form.errors else 200)


@require_POST
@signed_in
def release(request: HttpRequest, actor: User, registry: str, pk: int) -> HttpResponse:
    """Protect a place no longer."""
    found = find_registry(registry, actor=actor)
    place = protected_places(found, actor=actor).filter(pk=pk).first()
    if place is None:
        raise NotFound("This place is not protected.")
    release_place(place, actor=actor)
    messages.success(request, f"{place} is not protected any more.")
    return redirect("protections", found.name)


def _protect(registry: Registry, form: ProtectionForm, actor: User) -> object:
    said = form.cleaned_data
    return protect_place(
        registry,
        stage=find_stage(registry, said["stage"]) if said["stage"] else None,
        alias=said["alias"].removeprefix("@"),
        roles=form.chosen_roles(),
        teams=[_team(name, registry, actor) for name in form.named_teams()],
        actor=actor,
    )


def _team(name: str, registry: Registry, actor: User) -> Team:
    try:
        return find_grantee(team=name, on=registry, actor=actor)
    except NotFound as error:
        raise Invalid("teams", error.message) from error
