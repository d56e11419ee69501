"""The teams that somebody is in, and one team with its members. Administrators see and change them all."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access
from accounts.models import Team, User
from accounts.operations.teams import (
    add_member,
    appoint_lead,
    create_team,
    delete_team,
    dismiss_lead,
    map_sso_group,
    remove_member,
    rename_team,
    unmap_sso_group,
)
from accounts.queries import find_member, find_somebody, find_team, may_fill, members_of, roles_of_team, teams_for
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.teams import MemberForm, SsoGroupForm, TeamNameForm
from lib.errors import HouseError, NotFound
from lib.paging import page_by_key

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def teams(request: HttpRequest, actor: User) -> HttpResponse:
    """The list; a POST makes a team."""
    form = TeamNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_team(form.cleaned_data["name"], actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"Team {made} was made. Nobody is in it yet.")
            return redirect("team", made.name)
    rows = teams_for(actor).prefetch_related("leads")
    shown = {
        "page": page_by_key(rows, ["name"], size=PAGE_SIZE, token=request.GET.get("page")),
        "sees_all": access.can(actor, Right.AUDIT, None),
        "form": form if access.can(actor, Right.ADMINISTER, None) else None,
    }
    return render(request, "pages/teams.html", shown, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """Who is in a team and what it may do; a POST puts somebody in."""
    found = find_team(name, actor=actor)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            member = find_somebody(form.cleaned_data["member"].strip(), team=found, actor=actor)
            add_member(found, member, actor=actor)
        except NotFound as refusal:
            form.add_error("member", refusal.message)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"{member.name} is in the team.")
            return redirect("team", found.name)
    return _shown(request, found, actor, form=form, status=422 if form.errors else 200)


@require_POST
@signed_in
def remove(request: HttpRequest, actor: User, name: str, member: str) -> HttpResponse:
    """Take somebody out."""
    found = find_team(name, actor=actor)
    somebody = find_member(found, member)
    remove_member(found, somebody, actor=actor)
    messages.success(request, f"{somebody.name} is not in team {found} any more.")
    return redirect("teams") if somebody.pk == actor.pk else redirect("team", found.name)


@require_POST
@signed_in
def lead(request: HttpRequest, actor: User, name: str, member: str) -> HttpResponse:
    """Let a member lead the team, or with `leads=no` be a plain member again."""
    found = find_team(name, actor=actor)
    somebody = find_member(found, member)
    leads = request.POST.get("leads") != "no"
    (appoint_lead if leads else dismiss_lead)(found, somebody, actor=actor)
    messages.success(request, f"{somebody.name} {'leads' if leads else 'does not lead'} the team now.")
    return redirect("team", found.name)


@require_POST
@signed_in
def rename(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """Give the team another name."""
    found = find_team(name, actor=actor)
    form = TeamNameForm(request.POST)
    if form.is_valid():
        try:
            renamed = rename_team(found, form.cleaned_data["name"], actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"The team is called {renamed} now.")
            return redirect("team", renamed.name)
    return _shown(request, found, actor, rename_form=form, status=422)


@require_POST
@signed_in
def delete(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """End the team."""
    found = find_team(name, actor=actor)
    delete_team(found, actor=actor)
    messages.success(request, f"Team {name} and its roles are gone.")
    return redirect("teams")


@require_POST
@signed_in
def sso_group(request: HttpRequest, actor: User, name: str) -> HttpResponse:
    """Let a group at the provider fill the team, or with `fills=no` no more."""
    found = find_team(name, actor=actor)
    form = SsoGroupForm(request.POST)
    if form.is_valid():
        group, fills = form.cleaned_data["group"], request.POST.get("fills") != "no"
        try:
            (map_sso_group if fills else unmap_sso_group)(found, group, actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"The group {group} {'fills' if fills else 'does not fill'} the team now.")
            return redirect("team", found.name)
    return _shown(request, found, actor, sso_form=form, status=422)


def _shown(
    request: HttpRequest,
    found: Team,
    actor: User,
    *,
    form: MemberForm | None = None,
    rename_form: TeamNameForm | None = None,
    sso_form: SsoGroupForm | None = None,
    status: int = 200,
) -> HttpResponse:
    is_administrator = access.can(actor, Right.ADMINISTER, None)
    shown = {
        "team": found,
        "page": page_by_key(members_of(found), ["username"], size=PAGE_SIZE, token=request.GET.get("page")),
        "roles": roles_of_team(found, actor=actor),
        "sso_groups": list(found.sso_groups.order_by("name")) if access.can(actor, Right.AUDIT, None) else [],
        "is_administrator": is_administrator,
        "may_fill": may_fill(found, actor=actor),
        "form": form or MemberForm(),
        "rename_form": rename_form or TeamNameForm(initial={"name": found.name}),
        "sso_form": sso_form or SsoGroupForm(),
    }
    return render(request, "pages/team.html", shown, status=status)
