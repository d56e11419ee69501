"""Invitations: the list for administrators, and the public page where a link becomes an account."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import access, mail
from accounts.models import Invitation, User
from accounts.operations.invitations import accept_invitation, invite_person, withdraw_invitation
from accounts.queries import find_invitation, invitations_for, open_invitation, system_user
from accounts.rights import Right
from dashboard.door import signed_in
from dashboard.forms.invitations import AcceptForm, InvitationForm
from lib.errors import HouseError, NotFound
from lib.paging import page_by_key


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def invitations(request: HttpRequest, actor: User) -> HttpResponse:
    """The list and the form. The answer to a POST is the only page that ever shows the link."""
    rows = invitations_for(actor).prefetch_related("teams")
    form = InvitationForm(actor, request.POST or None)
    made: Invitation | None = None
    link, was_sent = "", False
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made, secret = invite_person(said["email"], teams=said["teams"], actor=actor)
            link = request.build_absolute_uri(reverse("invitation", args=[secret]))
            was_sent = mail.send_invitation(made, link)
            form = InvitationForm(actor)
        except HouseError as refusal:
            form.refuse(refusal)
    shown = {
        "form": form if access.can(actor, Right.ADMINISTER, None) else None,
        "page": page_by_key(rows, ["-pk"], size=50, token=request.GET.get("page")),
        "made": made,
        "link": link,
        "was_sent": was_sent,
    }
    response = render(request, "pages/invitations.html", shown, status=422 if form.errors else 200)
    if link:
        response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
def withdraw(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """End a link that nobody has used."""
    found = find_invitation(pk, actor=actor)
    withdraw_invitation(found, actor=actor)
    messages.success(request, f"The invitation to {found} was withdrawn. Its link does not work any more.")
    return redirect("invitations")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """The form that makes the account; the same page for every link that does not work, whyever."""
    form = AcceptForm(request.POST or None)
    try:
        found = open_invitation(secret)
        if request.method == "POST" and form.is_valid() and (person := _accepted(secret, form)):
            messages.success(request, f"Welcome, {person.name}. Your account is ready: sign in.")
            return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'username': person.username})}")
    except NotFound:
        return _unseen(render(request, "errors/invitation.html", status=404))
    shown = {"form": form, "invitation": found}
    return _unseen(render(request, "pages/invitation.html", shown, status=422 if form.errors else 200))


def _accepted(secret: str, form: AcceptForm) -> User | None:
    """The account, or None if what was typed is refused."""
    said = form.cleaned_data
    try:
        return accept_invitation(
            secret,
            username=said["username"],
            display_name=said["display_name"],
            password=said["password"],
            actor=system_user(),
        )
    except NotFound:
        raise
    except HouseError as refusal:
        form.refuse(refusal)
    return None


def _unseen(response: HttpResponse) -> HttpResponse:
    """The address is a secret, so no page that is opened from here is told of it.

    Under `no-referrer` browsers would hide the origin of the form as well, which the check against forgery asks for.
    """
    response.headers["Referrer-Policy"] = "strict-origin"
    return response
