"""Signing in and out, and forgotten passwords. The flows are allauth's; the pages and the answers are ours."""

from typing import Any

from allauth.account import views as allauth_views
from allauth.mfa.base.views import AuthenticateView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from dashboard.door import signed_in
from dashboard.forms.session import CodeForm, PasswordAgainForm, PatientForm
from dashboard.sign_in.addresses import inside
from dashboard.sign_in.confirmed import way_to_confirm
from dashboard.sign_in.pending import still_holds
from dashboard.sign_in.provider import name_of_provider
from lib.errors import Forbidden, NotFound


class Patient:
    """A form's view that says with status 429 that one must wait."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form again, with what was wrong."""
        response: HttpResponse = super().form_invalid(form)  # type: ignore[misc] # of the view beside it
        return patient(response, form)


def patient(response: HttpResponse, form: PatientForm) -> HttpResponse:
    """The response, with the status and header of a refusal for a while where there was one."""
    if refusal := form.too_often:
        response.status_code = 429
        response.headers["Retry-After"] = str(refusal.wait)
    return response


class SignIn(Patient, allauth_views.LoginView):  # type: ignore[misc] # has no types
    """`next` is followed only within this site, and the session key changes."""

    template_name = "account/sign_in.html"

    def get_initial(self) -> dict[str, Any]:
        """The name of an account that was made a moment ago."""
        return {**super().get_initial(), "username": self.request.GET.get("username", "")[:100]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What ways in there are."""
        shown: dict[str, Any] = super().get_context_data(**kwargs)
        ways = {"with_password": settings.PASSWORD_SIGN_IN, "provider": name_of_provider()}
        return {**shown, **ways, "next": self.get_next_url() or ""}


class SecondFactor(AuthenticateView):  # type: ignore[misc] # has no types
    """After the right password, where there is a second factor."""

    template_name = "mfa/authenticate.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Back to the start if the password was changed or the account deactivated since."""
        if not still_holds(request):
            messages.error(request, "Your account was changed meanwhile. Sign in again.")
            return redirect("sign-in")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def _build_forms(self) -> CodeForm:
        data = self.request.POST if self.request.method == "POST" else None
        self.auth_form, self.webauthn_form = CodeForm(data, user=self.stage.login.user), None
        return self.auth_form

    def form_invalid(self, form: CodeForm) -> HttpResponse:
        """The form again, with what was wrong."""
        return patient(super().form_invalid(form).render(), form)


class SignOut(allauth_views.LogoutView):  # type: ignore[misc] # has no types
    """Needs a POST, so that no other site signs anybody out."""

    http_method_names = ["post"]


class _ByMail:
    """Pages that make sense only where mail is sent and passwords sign in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Nothing is here where nobody signs in with a password."""
        if not settings.PASSWORD_SIGN_IN:
            raise NotFound("Nobody signs in with a password here.")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


class Forgotten(_ByMail, allauth_views.PasswordResetView):  # type: ignore[misc] # has no types
    """Ask for a link by mail."""

    template_name = "account/forgotten.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether there is a mail server."""
        return {**super().get_context_data(**kwargs), "mail_is_sent": settings.MAIL_IS_SENT}

    def form_valid(self, form: Any) -> HttpResponse:
        """Send it; without a mail server the link would stand in the log, where it must not."""
        if not settings.MAIL_IS_SENT:
            raise Forbidden("This server sends no mail.")
        response: HttpResponse = super().form_valid(form)
        return response


class LinkSent(_ByMail, allauth_views.PasswordResetDoneView):  # type: ignore[misc] # has no types
    """The same for every address."""

    template_name = "account/link_sent.html"


class NewPassword(_ByMail, allauth_views.PasswordResetFromKeyView):  # type: ignore[misc] # has no types
    """Whoever has the link chooses a new password."""

    template_name = "account/new_password.html"


class PasswordSet(_ByMail, allauth_views.PasswordResetFromKeyDoneView):  # type: ignore[misc] # has no types
    """It is done."""

    template_name = "account/password_set.html"


# allauth answers some requests before it looks at their method.
_page = require_http_methods(["GET", "HEAD", "POST"])
sign_in = _page(SignIn.as_view())
second_factor = _page(SecondFactor.as_view())
sign_out = SignOut.as_view()
forgotten = _page(Forgotten.as_view())
link_sent = _page(LinkSent.as_view())
new_password = _page(NewPassword.as_view())
password_set = _page(PasswordSet.as_view())


@_page
@never_cache
@signed_in
def confirm(request: HttpRequest, actor: User) -> HttpResponse:
    """Ask for password or code once more, and go on to where that was wanted."""
    said = request.POST.get("next") or request.GET.get("next") or ""
    after = inside(request, said, otherwise=reverse("account"))
    way = way_to_confirm(actor)
    if not way:
        return redirect(after)
    form_class: type[CodeForm | PasswordAgainForm] = CodeForm if way == "code" else PasswordAgainForm
    form = form_class(request.POST or None, user=actor)
    if form.is_valid():
        form.save()
        return redirect(after)
    return patient(render(request, "account/confirm.html", {"form": form, "way": way, "next": after}), form)


def admin_sign_in(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """The admin's own door leads to the one sign-in, so that nobody goes round the second factor."""
    after = inside(request, request.GET.get("next", ""), otherwise=reverse("admin:index"))
    if isinstance(request.user, User):
        if request.user.is_staff and request.method == "GET":
            return redirect(after)
        raise Forbidden("Your account may not open the administration.")
    return redirect(f"{reverse('sign-in')}?{urlencode({'next': after})}")


def admin_sign_out(request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
    """The same sign-out as everywhere."""
    response: HttpResponseBase = sign_out(request)
    return response


def admin_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """The same page for the password as everywhere."""
    return redirect("change-password")
