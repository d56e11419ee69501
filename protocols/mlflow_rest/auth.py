"""Who sends an MLflow request: a bearer token, or name and password (also a token as the password).

The session of the browser does not count here, so no other site can make a browser send anything in its user's name.
"""

import base64
import binascii

from django.http import HttpRequest

from accounts.authentication import with_basic, with_token
from accounts.models import User
from lib.errors import Unauthenticated


def actor_of(request: HttpRequest) -> User:
    """The user whose credentials the request carries. Raises Unauthenticated."""
    scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    address = request.META.get("REMOTE_ADDR", "")
    match scheme.lower():
        case "bearer":
            return with_token(credentials.strip(), address=address)
        case "basic":
            name, password = _name_and_password(credentials)
            return with_basic(name, password, address=address)
    raise Unauthenticated(
        "Sign in: set MLFLOW_TRACKING_TOKEN to an API token, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
    )


def _name_and_password(credentials: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unauthenticated("The Authorization header cannot be read.") from error
    # A NUL is in nobody's name, and PostgreSQL does not even compare with one.
    if not colon or "\0" in name + password:
        raise Unauthenticated("The Authorization header cannot be read.")
    return name, password
