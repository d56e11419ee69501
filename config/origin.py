"""What every request carries: an id, the address it comes from, and the headers that pages of others need."""

import secrets
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from events import context

# The admin and the interactive API pages bring inline scripts and styles of their own; nothing else gets this policy.
_LOOSER_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_NEEDS_LOOSER_POLICY = ("/admin", "/api/v1/docs")


def _client_of(request: HttpRequest) -> str:
    """The address that the nearest proxy has seen: the last one that it added, as clients may send others before it."""
    last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    try:
        return str(ip_address(last))
    except ValueError:
        return str(request.META.get("REMOTE_ADDR", ""))


class OriginMiddleware:
    """Notes where a request comes from for the audit log, and tells the client the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request between setting and clearing its origin."""
        if settings.BEHIND_PROXY:
            request.META["REMOTE_ADDR"] = _client_of(request)
        request_id = secrets.token_hex(8)
        context.begin(context.Origin(address=request.META.get("REMOTE_ADDR", ""), request_id=request_id))
        try:
            response = self.get_response(request)
        finally:
            context.begin(context.Origin())
        response.headers["X-Request-ID"] = request_id
        if request.path.startswith(_NEEDS_LOOSER_POLICY):
            response.headers["Content-Security-Policy"] = _LOOSER_POLICY
        return response
