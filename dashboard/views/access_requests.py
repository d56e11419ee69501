"""What others ask for and what oneself asked for, and one request to decide on."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import access
from accounts.models import AccessRequest, User
from accounts.operations.access_requests import answer_request, withdraw_request
from accounts.reach.effective_roles import reaches
from accounts.reach.requests import find_request, requests_decided, requests_of, requests_to_decide
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.access import AnswerForm, last_day
from lib.errors import Forbidden, HouseError, NotFound
from lib.paging import page_by_key

PAGE_SIZE = 50


@require_safe
@signed_in
def access_requests(request: HttpRequest, actor: User) -> HttpResponse:
    """Requests that wait for the actor, the actor's own, or those that are closed."""
    lists = {
        "waiting": (requests_to_decide, ["pk"]),
        "mine": (requests_of, ["-pk"]),
        "decided": (requests_decided, ["-pk"]),
    }
    show = request.GET.get("show", "waiting")
    show = show if show in lists else "waiting"
    rows, keys = lists[show]
    page = page_by_key(rows(actor), keys, size=PAGE_SIZE, token=request.GET.get("page"))
    return render(request, "pages/access_requests.html", {"show": show, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def access_request(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """One request; a POST is the answer of somebody who manages the thing."""
    found = find_request(pk, actor=actor)
    is_mine = found.asked_by_id == actor.pk
    may_answer = (
        found.state == AccessRequest.State.OPEN and not is_mine and access.can(actor, Right.MANAGE, found.thing)
    )
    said = request.POST if request.method == "POST" else None
    form = AnswerForm(said, initial={"role": found.role, "ends_at": last_day(found.ends_at)})
    if request.method == "POST" and form.is_valid():
        grants = form.cleaned_data["verdict"] == "grant"
        try:
            answer_request(
                found,
                grants=grants,
                role=form.chosen_role(),
                ends_at=form.end() if "ends_at" in form.changed_data else found.ends_at,
                answer=form.cleaned_data["answer"],
                actor=actor,
            )
        except (Forbidden, NotFound):
            raise
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            done = f"{found.asked_by.name} has the role now." if grants else "The request was refused."
            messages.success(request, done)
            return redirect("access-requests")
    thing: Any = found.thing
    (reach,) = reaches([found.asked_by], thing)
    shown = {"asked": found, "thing": thing, "reach": reach, "form": form}
    shown |= {"is_mine": is_mine, "may_answer": may_answer}
    return render(request, "pages/access_request.html", shown, status=422 if form.errors else 200)


@require_POST
@signed_in
def withdraw_access_request(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """Take one's own request back."""
    withdraw_request(find_request(pk, actor=actor), actor=actor)
    messages.success(request, "The request was taken back.")
    return redirect("access-requests")
