"""Some pages want to know once more who is there: whoever signed in or said so a few minutes ago goes on at once."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.credentials.second_factors import has_second_factor
from accounts.models import User
from dashboard.door import signed_in

P = ParamSpec("P")
MINUTES = 5


def confirmed(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Hand the signed-in person to the view, after asking for password or code unless that was done just now."""

    @wraps(view)
    @signed_in
    def enter(request: HttpRequest, actor: User, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if must_confirm(request, actor):
            return to_confirm(request.get_full_path() if request.method == "GET" else reverse("second-factor"))
        return view(request, actor, *args, **kwargs)

    return enter


def must_confirm(request: HttpRequest, actor: User) -> bool:
    """Whether to ask who is there before going on."""
    return not was_confirmed(request, actor) and bool(way_to_confirm(actor))


def to_confirm(back: str) -> HttpResponse:
    """To the page that asks, and from there to `back`."""
    return redirect(f"{reverse('confirm')}?{urlencode({'next': back})}")


def was_confirmed(request: HttpRequest, actor: User) -> bool:
    """Whether a password, a code or single sign-on said minutes ago who this is."""
    since = time.time() - MINUTES * 60
    return any(one["at"] > since for one in get_authentication_records(request, actor))


def way_to_confirm(actor: User) -> str:
    """What to ask for: "code" where there is a second factor, else "password"; nothing where there is neither."""
    if has_second_factor(actor):
        return "code"
    return "password" if settings.PASSWORD_SIGN_IN and actor.has_usable_password() else ""
