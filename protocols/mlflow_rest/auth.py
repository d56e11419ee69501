"""Who sends an MLflow request: a bearer token, or name and password (also a token as the password).

The session of the browser does not count here, so no other site can make a browser send anything in its user's name.
"""

from django.http import HttpRequest

from accounts.authentication import with_header
from accounts.models import User
from lib.errors import Unauthenticated


def actor_of(request: HttpRequest) -> User:
    """The user whose credentials the request carries. Raises Unauthenticated."""
    header = request.headers.get("Authorization")
    if not header:
        raise Unauthenticated(
            "Sign in: set MLFLOW_TRACKING_TOKEN to an API token, "
            "or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        )
    return with_header(header, address=request.META.get("REMOTE_ADDR", ""))
