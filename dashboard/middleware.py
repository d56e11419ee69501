"""Turns the refusals of the house into pages. Only views of the dashboard are concerned; APIs have their own words."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from lib.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    GateRefused,
    HouseError,
    Invalid,
    NotFound,
    TooLarge,
    TooOften,
    Unauthenticated,
    Unavailable,
)

STATUS_OF: dict[type[HouseError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.BAD_REQUEST,
    AlreadyExists: HTTPStatus.CONFLICT,
    Conflict: HTTPStatus.CONFLICT,
    GateRefused: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_SAID_AS_A_MESSAGE = (Invalid, AlreadyExists, Conflict, GateRefused)


class HouseErrorPages:
    """404 for what may not be seen, 403 for what may not be done, and a message above the form for what was refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing to do unless the view raises."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for a refusal, or None for everything that is not one."""
        if not isinstance(exception, HouseError) or not _is_page(request):
            return None
        if isinstance(exception, Unauthenticated):
            return redirect_to_login(request.get_full_path())
        if request.method == "POST" and isinstance(exception, _SAID_AS_A_MESSAGE):
            for reason in exception.reasons if isinstance(exception, GateRefused) else [exception.message]:
                messages.error(request, reason)
            return HttpResponseRedirect(_page_before(request))
        status = STATUS_OF[type(exception)]
        if isinstance(exception, NotFound):
            return render(request, "404.html", status=status)
        if isinstance(exception, Forbidden):
            return render(request, "403.html", {"reason": exception.message, "why": _why(request)}, status=status)
        return render(request, "errors/refused.html", {"reason": exception.message, "status": status}, status=status)


def _is_page(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.func.__module__.startswith("dashboard.")


def _why(request: HttpRequest) -> str:
    """Where the page is that explains access to what the address names; empty where it names none."""
    names = request.resolver_match.kwargs if request.resolver_match else {}
    if "registry" not in names:
        return ""
    asked = {"registry": names["registry"], "model": names.get("name", ""), "version": names.get("number", "")}
    return f"{reverse('explain')}?{urlencode({name: value for name, value in asked.items() if value})}"


def _page_before(request: HttpRequest) -> str:
    """Where the form was, if the browser says so and it is one of our own pages; else the home page."""
    before = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure()):
        return before
    return "/"
