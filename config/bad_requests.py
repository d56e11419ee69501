"""Requests that are refused before any door is asked, such as those for another server's name."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from protocols.rest.errors import problem


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """In the form of the native API below its addresses, else Django's page."""
    if request.path_info.startswith("/api/v1/"):
        return problem(exception, {})
    return defaults.bad_request(request, exception)
