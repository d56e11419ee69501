"""Requests of MLflow clients skip what only pages need: sessions, forms, messages, page headers."""

import re
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import resolve

_MLFLOW = re.compile(r"/(?:r/[^/]+/)?(?:ajax-)?api/[0-9]+[.][0-9]+/")
_LONGEST_KEPT = 200  # characters of one address
_found = lru_cache(maxsize=1024)(resolve)


class ShortWay:
    """Answers an MLflow request itself, as credentials come with each one and its door catches every error.

    The door's view is called with nothing around it but the middleware that stands before this one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The view's own response, or that of the long way."""
        if not _MLFLOW.match(request.path_info):
            return self.get_response(request)
        path = request.path_info
        match = _found(path) if len(path) <= _LONGEST_KEPT else resolve(path)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return response
