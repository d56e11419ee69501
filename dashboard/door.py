"""Who comes in: every page but sign-in is for signed-in people, and its view receives the actor."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User
from lib.errors import NotFound

P = ParamSpec("P")


def signed_in(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Hand the signed-in person to the view; send everybody else to the sign-in page and back afterwards."""

    @wraps(view)
    def enter(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        if "\0" in request.path or any(
            "\0" in value for said in (request.GET, request.POST) for _, values in said.lists() for value in values
        ):
            # PostgreSQL cannot even compare with one.
            raise NotFound("Nothing has a name with a NUL character in it.")
        return view(request, request.user, *args, **kwargs)

    return enter
