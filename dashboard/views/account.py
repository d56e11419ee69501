"""Your account: password, second factor, sessions, single sign-on."""

from textwrap import wrap
from typing import Any

from allauth.account.views import PasswordChangeView
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.credentials.second_factors import (
    needs_second_factor,
    new_key,
    recovery_codes_left,
    seal,
    second_factor_of,
    unseal,
)
from accounts.credentials.sessions import sessions_of
from accounts.models import User
from accounts.operations.sign_ins import (
    add_second_factor,
    end_other_sessions,
    end_session,
    make_recovery_codes,
    remove_second_factor,
)
from accounts.operations.single_sign_on import unlink_identity
from accounts.queries import tokens_of
from dashboard.devices import device
from dashboard.door import signed_in
from dashboard.forms.second_factor import FirstCodeForm
from dashboard.sign_in.addresses import inside
from dashboard.sign_in.codes import address_of_key, as_image
from dashboard.sign_in.confirmed import confirmed
from dashboard.sign_in.middleware import trace
from dashboard.sign_in.notices import tell
from dashboard.sign_in.provider import name_of_provider, provider_id
from dashboard.views.session import Patient
from lib.errors import Conflict, Forbidden, HouseError, NotFound
from lib.paging import page_by_key

_KEY = "key_of_new_second_factor"


@require_safe
@signed_in
def account(request: HttpRequest, actor: User) -> HttpResponse:
    """Everything about signing in, each with a way to change it."""
    linked = SocialAccount.objects.filter(user=actor, provider=provider_id()).first()
    shown = {
        "actor": actor,
        "with_password": settings.PASSWORD_SIGN_IN and actor.has_usable_password(),
        "factor": second_factor_of(actor),
        "codes_left": recovery_codes_left(actor),
        "is_needed": needs_second_factor(actor),
        "session_count": sessions_of(actor).count(),
        "token_count": tokens_of(actor).filter(revoked_at=None).count(),
        "provider": name_of_provider(),
        "linked": linked,
        "name_there": linked.extra_data.get("username", "") if linked else "",
    }
    return render(request, "account/account.html", shown)


class ChangePassword(Patient, PasswordChangeView):  # type: ignore[misc] # has no types
    """The old password, the new one; every other session ends."""

    template_name = "account/change_password.html"
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Nothing is here for those who have no password."""
        user = request.user
        if isinstance(user, User) and not (settings.PASSWORD_SIGN_IN and user.has_usable_password()):
            raise NotFound("This account has no password.")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response


change_password = ChangePassword.as_view()


@require_safe
@signed_in
def second_factor(request: HttpRequest, actor: User) -> HttpResponse:
    """Whether there is one, and what can be done about it."""
    shown = {
        "factor": second_factor_of(actor),
        "codes_left": recovery_codes_left(actor),
        "is_needed": needs_second_factor(actor),
    }
    return render(request, "mfa/second_factor.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def set_up_second_factor(request: HttpRequest, actor: User) -> HttpResponse:
    """The key as a picture and as text, and the first code; then the recovery codes, this one time."""
    if second_factor_of(actor):
        return redirect("second-factor")
    key = unseal(request.session.get(_KEY, "")) or new_key()
    request.session[_KEY] = seal(key)
    form = FirstCodeForm(request.POST or None, initial={"next": request.GET.get("next", "")})
    if form.is_valid():
        try:
            codes = add_second_factor(actor, key, form.cleaned_data["code"], actor=actor)
        except HouseError as refusal:
            form.refuse(refusal)
        else:
            del request.session[_KEY]
            tell(actor, "A second factor was set up for your account.")
            return _codes_page(request, codes, after=form.cleaned_data["next"], is_new=True)
    address = address_of_key(key, actor.username)
    shown = {
        "form": form,
        "key": key,
        "key_in_groups": " ".join(wrap(key, 4)),
        "image": as_image(address),
        "is_needed": needs_second_factor(actor),
    }
    response = render(request, "mfa/set_up.html", shown)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@confirmed
def new_recovery_codes(request: HttpRequest, actor: User) -> HttpResponse:
    """Ten new ones; the answer is the only page that ever shows them."""
    codes = make_recovery_codes(actor, actor=actor)
    tell(actor, "New recovery codes were made for your account.")
    return _codes_page(request, codes)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed
def turn_off_second_factor(request: HttpRequest, actor: User) -> HttpResponse:
    """Ask whether that is meant, and do it."""
    if needs_second_factor(actor):
        raise Forbidden("Your account needs a second factor, so it cannot be turned off.")
    if second_factor_of(actor) is None:
        return redirect("second-factor")
    if request.method != "POST":
        return render(request, "mfa/turn_off.html")
    remove_second_factor(actor, actor=actor)
    tell(actor, "The second factor of your account was turned off.")
    messages.success(request, "The second factor is off. Your password alone signs you in now.")
    return redirect("second-factor")


@require_safe
@signed_in
def sessions(request: HttpRequest, actor: User) -> HttpResponse:
    """Where the person is signed in."""
    trace(request, actor)
    page = page_by_key(sessions_of(actor), ["-last_seen_at", "-pk"], size=50, token=request.GET.get("page"))
    here = request.session.session_key
    rows = [(session, device(session.user_agent), session.session_key == here) for session in page.rows]
    return render(request, "usersessions/sessions.html", {"page": page, "rows": rows})


@require_POST
@signed_in
def end_one_session(request: HttpRequest, actor: User, pk: int) -> HttpResponse:
    """Sign one browser out."""
    session: UserSession | None = sessions_of(actor).filter(pk=pk).first()
    if session is None:
        raise NotFound("The session was not found.")
    if session.session_key == request.session.session_key:
        raise Conflict("This is the browser that you use now. Use “Sign out” in the menu.")
    end_session(session, actor=actor)
    messages.success(request, f"{device(session.user_agent)} is signed out.")
    return redirect("sessions")


@require_POST
@signed_in
def end_all_other_sessions(request: HttpRequest, actor: User) -> HttpResponse:
    """Sign every other browser out."""
    count = end_other_sessions(actor, keep=request.session.session_key or "", actor=actor)
    said = "1 other browser was signed out." if count == 1 else f"{count} other browsers were signed out."
    messages.success(request, said if count else "You are signed in nowhere else.")
    return redirect("sessions")


@require_POST
@confirmed
def unlink(request: HttpRequest, actor: User) -> HttpResponse:
    """End the link to single sign-on."""
    unlink_identity(actor, actor=actor)
    tell(actor, "The link of your account to single sign-on was ended.")
    messages.success(request, "Your account is no longer linked to single sign-on.")
    return redirect("account")


def _codes_page(request: HttpRequest, codes: list[str], *, after: str = "", is_new: bool = False) -> HttpResponse:
    after = inside(request, after, otherwise=reverse("second-factor"))
    response = render(request, "mfa/recovery_codes.html", {"codes": codes, "next": after, "is_new": is_new})
    response.headers["Cache-Control"] = "no-store"
    return response
