"""From the credentials of a request to the actor. Who is who is decided in accounts.authentication."""

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.authentication import with_header


class Credentials(SessionAuthentication):
    """A bearer token, or name and password (or token), or the session of the pages, which brings its CSRF token along.

    Credentials that are wrong are refused, never passed over.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The actor, or None when the request brings nothing at all. Raises Unauthenticated."""
        if (header := request.headers.get("Authorization")) is not None:
            return with_header(header, address=request.META.get("REMOTE_ADDR", "")), None
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        """What a client without credentials is asked for."""
        return "Bearer"
