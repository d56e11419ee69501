"""Who has access to a registry, a model or an experiment; and everything that somebody has access to."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access
from accounts.models import Team, User
from accounts.operations.access_requests import ask_for_access
from accounts.queries import find_grantee, find_registry, grants_on
from accounts.reach.effective_roles import (
    Reach,
    accounts_reaching,
    chain_of,
    covers,
    givers,
    grant_tables,
    overseers,
    reaches,
    roles_held,
)
from accounts.reach.requests import open_request
from accounts.rights import RIGHTS_OF, Right, Role
from dashboard.addresses import address
from dashboard.door import signed_in
from dashboard.forms.access import AskAccessForm, GiveForm
from lib.errors import Forbidden, HouseError, NotFound
from lib.paging import page_by_key
from registry.queries import find_model
from tracking.queries import find_experiment

PAGE_SIZE = 50
FEW = 10
_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@signed_in
def registry_access(request: HttpRequest, actor: User, registry: str) -> HttpResponse:
    """Who reaches a registry."""
    return _access(request, actor, find_registry(registry, actor=actor), "registry")


@require_http_methods(_METHODS)
@signed_in
def model_access(request: HttpRequest, actor: User, registry: str, name: str) -> HttpResponse:
    """Who reaches a model."""
    return _access(request, actor, find_model(registry, name, actor=actor), "model")


@require_http_methods(_METHODS)
@signed_in
def experiment_access(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """Who reaches an experiment."""
    return _access(request, actor, find_experiment(pk, actor=actor), "experiment")


@require_safe
@signed_in
def my_access(request: HttpRequest, actor: User) -> HttpResponse:
    """Every role that reaches the actor, of one kind of thing at a time."""
    tables = {
        table._meta.get_field("content_object").related_model._meta.verbose_name: table for table in grant_tables()
    }
    show = request.GET.get("kind", "registry")
    show = show if show in tables else "registry"
    keys = ["content_object__name", "pk"]
    if show != "registry":
        keys.insert(0, "content_object__registry__name")
    rows = roles_held(actor, tables[show], actor=actor)
    page = page_by_key(rows, keys, size=PAGE_SIZE, token=request.GET.get("page"))
    return render(request, "pages/my_access.html", {"show": show, "kinds": list(tables), "page": page})


def _access(request: HttpRequest, actor: User, thing: Any, kind: str) -> HttpResponse:
    """The page of a thing; a POST gives a role, takes one away, or asks for one."""
    (mine,) = reaches([actor], thing)
    give, ask = GiveForm(initial=_chosen(request)), AskAccessForm(_roles_to_ask_for(mine))
    if request.method == "POST":
        match request.POST.get("do", ""):
            case "give":
                give = GiveForm(request.POST)
                done = _given(request, actor, thing, give, kind)
            case "take":
                done = _taken(request, actor, thing, kind)
            case "ask":
                ask = AskAccessForm(_roles_to_ask_for(mine), request.POST)
                done = _asked(request, actor, thing, ask, kind)
            case _:
                raise NotFound("There is nothing to do by this name.")
        if done:
            return done
    shown = {
        "thing": thing,
        "kind": kind,
        kind: thing,
        "give": give,
        "ask": ask,
        "mine": mine,
        **_people(request, actor, thing),
    }
    status = 422 if give.errors or ask.errors else 200
    return render(request, "pages/access.html", shown, status=status)


def _people(request: HttpRequest, actor: User, thing: Any) -> dict[str, Any]:
    """What the page shows: to those who may know everybody, to others what concerns themselves."""
    links = chain_of(thing)
    above = links[1] if len(links) > 1 else None
    shown: dict[str, Any] = {
        "above": above,
        "open_request": open_request(thing, actor=actor),
        "may_ask": actor.kind == User.Kind.PERSON and not access.rules(actor, Right.SEE),
    }
    search = request.GET.get("q", "")
    try:
        rows = accounts_reaching(thing, search=search, actor=actor)
    except Forbidden:
        return shown
    people = page_by_key(rows, ["username"], size=PAGE_SIZE, token=request.GET.get("page"))
    assigned = page_by_key(
        grants_on(thing, actor=actor), ["group__team__name", "pk"], size=FEW, token=request.GET.get("given")
    )
    by = givers(thing, [grant.group.team.name for grant in assigned.rows])
    inherited = _inherited(above.thing, actor) if above and not above.cut_at else []
    may_manage = access.can(actor, Right.MANAGE, thing)
    return shown | {
        "may_audit": True,
        "may_manage": may_manage,
        "may_restrict": may_manage and hasattr(thing, "restricted"),
        "query": search,
        "people": reaches(people.rows, thing),
        "next_token": people.next_token,
        "assigned": [(grant, by.get(grant.group.team.name)) for grant in assigned.rows],
        "next_given": assigned.next_token,
        "inherited": inherited[:FEW],
        "inherits_more": len(inherited) > FEW,
        "overseers": overseers()[:FEW],
    }


def _inherited(registry: Any, actor: User) -> list[Any]:
    """The first roles on what the thing inherits from, for those who may know them there."""
    try:
        return list(grants_on(registry, actor=actor).order_by("group__team__name")[: FEW + 1])
    except (Forbidden, NotFound):
        return []


def _given(request: HttpRequest, actor: User, thing: Any, form: GiveForm, kind: str) -> HttpResponse | None:
    """Give what the form says, and say so; None after a refusal, which the form tells."""
    access.require(actor, Right.MANAGE, thing)
    if not form.is_valid():
        return None
    try:
        team = find_grantee(**form.receiver(), on=thing, actor=actor)
        if form.chosen_role() is not Role.MAINTAINER and _asks_first(request, actor, thing, team):
            return _confirmation(request, thing, team, kind)
        access.grant(form.chosen_role(), on=thing, to=team, ends_at=form.end(), actor=actor)
    except HouseError as refusal:
        if isinstance(refusal, NotFound):
            form.add_error("name", refusal.message)
        else:
            form.refuse(refusal)
        return None
    role = form.chosen_role().replace("_", " ")
    messages.success(request, f"{_name(team)} has the role {role} on {thing} now.")
    return redirect(address(thing, f"{kind}-access"))


def _taken(request: HttpRequest, actor: User, thing: Any, kind: str) -> HttpResponse:
    """Take a role away, after asking again when it is the actor's own way to manage the thing."""
    access.require(actor, Right.MANAGE, thing)
    grant = grants_on(thing, actor=actor).filter(group__team__name=request.POST.get("team", "")).first()
    if grant is None:
        raise NotFound("That role was taken away before.")
    if _asks_first(request, actor, thing, grant.group.team):
        return _confirmation(request, thing, grant.group.team, kind)
    access.revoke(Role(grant.permission.codename), on=thing, to=grant.group.team, actor=actor)
    messages.success(request, f"{_name(grant.group.team)} has no role on {thing} itself any more.")
    return redirect(address(thing, f"{kind}-access") if access.can(actor, Right.SEE, thing) else "my-access")


def _asked(request: HttpRequest, actor: User, thing: Any, form: AskAccessForm, kind: str) -> HttpResponse | None:
    """Ask for what the form says; None after a refusal, which the form tells."""
    if not form.is_valid():
        return None
    try:
        ask_for_access(thing, form.chosen_role(), reason=form.cleaned_data["reason"], ends_at=form.end(), actor=actor)
    except Forbidden:
        raise
    except HouseError as refusal:
        form.refuse(refusal)
        return None
    messages.success(request, "The maintainers see your request now.")
    return redirect(address(thing, f"{kind}-access"))


def _asks_first(request: HttpRequest, actor: User, thing: Any, team: Team) -> bool:
    """Whether this would take the actor's own maintainer role, and nobody has said yes to that."""
    if request.POST.get("sure") == "yes" or not team.group.user_set.filter(pk=actor.pk).exists():
        return False
    had = grants_on(thing, actor=actor).filter(group=team.group).first()
    return had is not None and had.permission.codename == Role.MAINTAINER.value


def _confirmation(request: HttpRequest, thing: Any, team: Team, kind: str) -> HttpResponse:
    kept = [(name, value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "sure")]
    shown = {"thing": thing, "team": team, "kept": kept, "back": address(thing, f"{kind}-access")}
    return render(request, "pages/access_sure.html", shown)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """What the form begins with, where a row's “Change” led here."""
    names = ("kind", "name", "role", "ends_at")
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _roles_to_ask_for(reach: Reach) -> list[Role]:
    """Those that would add a right to what the actor has for good."""
    lasting = [held.role for held in reach.held if covers(held.role, held.ends_at, held.role, None)]
    had = {right for role in lasting for right in RIGHTS_OF[role]}
    return [role for role in Role if not RIGHTS_OF[role] <= had]


def _name(team: Team) -> str:
    return str(team).removeprefix("person:") if team.is_personal else f"Team {team}"
