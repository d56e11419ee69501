"""From the credentials of a request to the actor. Who is who is decided in accounts.authentication."""

import base64
import binascii
from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.authentication import with_basic, with_token
from accounts.models import User
from lib.errors import Unauthenticated


class Credentials(SessionAuthentication):
    """A bearer token, or name and password (or token), or the session of the pages, which brings its CSRF token along.

    Credentials that are wrong are refused, never passed over.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The actor, or None when the request brings nothing at all. Raises Unauthenticated."""
        if (header := request.headers.get("Authorization")) is not None:
            return _named_in(header, request.META.get("REMOTE_ADDR", "")), None
        return super().authenticate(request)

    def authenticate_header(self, request: Request) -> str:
        """What a client without credentials is asked for."""
        return "Bearer"


def _named_in(header: str, address: str) -> User:
    scheme, _, value = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return with_token(value.strip(), address=address)
        case "basic":
            name, password = _unpacked(value)
            return with_basic(name, password, address=address)
    raise Unauthenticated("Sign in with a bearer token or with basic credentials.")


def _unpacked(value: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise Unauthenticated("The basic credentials cannot be read.") from error
    if not colon:
        raise Unauthenticated("The basic credentials have no colon between name and password.")
    return name, password
