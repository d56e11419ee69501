"""What every request carries: an id, the address it comes from, and the headers that pages of others need."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from events import context

# The admin and the interactive API pages bring inline scripts and styles of their own; nothing else gets this policy.
_LOOSER_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_NEEDS_LOOSER_POLICY = ("/admin", "/api/v1/docs")


class OriginMiddleware:
    """Notes where a request comes from for the audit log, and tells the client the request's id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request between setting and clearing its origin."""
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
