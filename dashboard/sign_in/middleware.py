"""What happens on every request of a signed-in browser."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.credentials.second_factors import has_second_factor, needs_second_factor
from accounts.models import User
from events import context

EVERY = 300  # seconds between two notes of where and when a session was used
TRACED_AT = "traced_at"
_WAY_TO_A_SECOND_FACTOR = {"set-up-second-factor", "confirm", "sign-out", "admin:logout", "health"}


class SessionTrace:
    """Keeps for each session where, when and in which browser it was last used, for the list that its owner sees."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note it now and then."""
        if request.session.session_key and isinstance(request.user, User):
            now = int(time.time())
            if now - request.session.get(TRACED_AT, now) >= EVERY:
                trace(request, request.user)
        return self.get_response(request)


def trace(request: HttpRequest, user: User) -> None:
    """Write down where the session is used from, now and from now on."""
    request.session[TRACED_AT] = int(time.time())
    seen = {
        "user": user,
        "ip": context.current().address or "::",
        "user_agent": request.headers.get("User-Agent", "")[:200],
        "last_seen_at": timezone.now(),
    }
    UserSession.objects.update_or_create(session_key=request.session.session_key, defaults=seen)


class SecondFactorFirst:
    """Who needs a second factor and has none is led to set it up, and reaches nothing else with the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do before the address is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """None for those who may pass."""
        is_api = request.path.startswith("/api/")
        # Only at an API does the header say who it is; everywhere else the session does, whatever is sent along.
        if settings.REQUIRE_SECOND_FACTOR == "off" or (is_api and "Authorization" in request.headers):
            return None
        match, user = request.resolver_match, request.user
        if match is None or match.view_name in _WAY_TO_A_SECOND_FACTOR or not isinstance(user, User):
            return None
        if not needs_second_factor(user) or has_second_factor(user):
            return None
        if is_api:
            reason = "Your account needs a second factor. Set it up on the pages first."
            problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": reason}
            return JsonResponse(problem, status=HTTPStatus.FORBIDDEN, content_type="application/problem+json")
        back = request.get_full_path() if request.method == "GET" else reverse("home")
        return redirect(f"{reverse('set-up-second-factor')}?{urlencode({'next': back})}")
