"""allauth asks these what to do. They call operations, keep people within the site, and close what is not offered."""

import functools
import logging
import threading
from typing import Any

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.operations import sign_ins, single_sign_on
from accounts.queries import system_user
from dashboard.sign_in.confirmed import must_confirm, to_confirm
from dashboard.sign_in.middleware import trace
from dashboard.sign_in.notices import tell
from dashboard.sign_in.pending import forget_pending, note_pending
from lib.errors import HouseError

log = logging.getLogger(__name__)
_WAYS = {"password": "password", "mfa": "code", "socialaccount": "single sign-on"}


class PagesAdapter(DefaultAccountAdapter):  # type: ignore[misc] # has no types
    """Passwords and sessions."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: an administrator makes or invites people, or single sign-on brings them."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only this site, whatever other hosts may be asked for."""
        if not self.request:
            return False
        return url_has_allowed_host_and_scheme(url, {self.request.get_host()}, require_https=self.request.is_secure())

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the audit log has it; a socket without addresses has the unspecified one."""
        return request.META.get("REMOTE_ADDR") or "::"

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Before the second factor, if there is one."""
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if response is None:
            note_pending(request, user)
        return response

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Write the sign-in down."""
        forget_pending(request)
        request.session.set_expiry(None)
        records = get_authentication_records(request, user)
        ways = dict.fromkeys(_WAYS[one["method"]] for one in records if one["method"] in _WAYS)
        sign_ins.note_sign_in(user, way=", ".join(ways), actor=user)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        trace(request, user)
        return response

    def logout(self, request: HttpRequest) -> None:
        """Write the sign-out down."""
        if isinstance(request.user, User):
            sign_ins.note_sign_out(request.user, actor=request.user)
            UserSession.objects.filter(session_key=request.session.session_key).delete()
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """By the operation."""
        sign_ins.change_password(user, password, actor=user)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Back to the sign-in page."""
        messages.error(request, "Your account here is not active. Ask an administrator.")
        return redirect("sign-in")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """The page that the form was reached from."""
        return reverse("account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send it while the page is answered, which takes as long then as for an address that nobody has."""
        if not settings.MAIL_IS_SENT:
            return
        message = self.render_mail(template_prefix, email, {"request": self.request, **context})
        threading.Thread(target=_post, args=[message], name="mail").start()


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # has no types
    """Single sign-on."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """People are created in `pre_social_login`, or not at all."""
        return False

    def get_requests_session(self) -> requests.Session:
        """One that waits a few seconds and goes nowhere but where it was sent."""
        session = requests.Session()
        session.request = functools.partial(session.request, timeout=5, allow_redirects=False)  # type: ignore[method-assign]
        return session

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find or make the person whom the provider vouches for, or link the one who is signed in."""
        identity: single_sign_on.Identity = sociallogin.identity
        try:
            if sociallogin.state.get("process") == AuthProcess.CONNECT:
                if not isinstance(request.user, User):
                    raise ImmediateHttpResponse(redirect("sign-in"))
                if must_confirm(request, request.user):
                    messages.error(request, "That took too long. Link your account once more.")
                    raise ImmediateHttpResponse(to_confirm(reverse("account")))
                single_sign_on.link_identity(identity, request.user, actor=request.user)
                tell(request.user, f"Your account was linked to single sign-on, as {identity.username or 'somebody'}.")
                messages.success(request, "Your account is linked. From now on you can come in by single sign-on.")
                raise ImmediateHttpResponse(redirect("account"))
            person = single_sign_on.receive_person(identity, actor=system_user())
        except HouseError as refusal:
            single_sign_on.note_refusal(f"{refusal.message} ({identity.username})", actor=system_user())
            raise ImmediateHttpResponse(refused(request, refusal.message)) from refusal
        sociallogin.user = person
        sociallogin.account = SocialAccount.objects.get(provider=identity.provider, uid=identity.subject)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Say that it did not work; what exactly was wrong is for the operator's log."""
        if error == AuthError.CANCELLED:
            messages.info(request, "You did not sign in.")
            raise ImmediateHttpResponse(redirect("sign-in"))
        if "state" in (extra_context or {}):  # else it answers no question of this browser, and anybody can send that
            log.warning("Single sign-on was refused: %s", exception or error)
            single_sign_on.note_refusal("The answer of the provider was not accepted.", actor=system_user())
        raise ImmediateHttpResponse(
            refused(request, "The answer of the provider was not accepted. Start again from the sign-in page.")
        )


def refused(request: HttpRequest, reason: str, *, status: int = 403) -> HttpResponse:
    """The page on which a refused single sign-on ends."""
    return render(request, "socialaccount/refused.html", {"reason": reason}, status=status)


def _post(message: Any) -> None:
    try:
        message.send()
    except OSError as error:
        log.error("Mail could not be sent: %s", error)  # noqa: TRY400 # the trace would hold the message
