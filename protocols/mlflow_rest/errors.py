"""Refusals of the house in MLflow's words. Clients decide by the code; the status follows from it."""

import logging

import orjson
from django.http import HttpResponse

from lib.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    GateRefused,
    HouseError,
    Invalid,
    NotFound,
    TooLarge,
    TooOften,
    Unauthenticated,
    Unavailable,
)

WIRE: dict[type[HouseError], tuple[str, int]] = {
    Unauthenticated: ("UNAUTHENTICATED", 401),
    Forbidden: ("PERMISSION_DENIED", 403),
    GateRefused: ("PERMISSION_DENIED", 403),
    NotFound: ("RESOURCE_DOES_NOT_EXIST", 404),
    Invalid: ("INVALID_PARAMETER_VALUE", 400),
    TooLarge: ("INVALID_PARAMETER_VALUE", 400),
    AlreadyExists: ("RESOURCE_ALREADY_EXISTS", 400),
    Conflict: ("RESOURCE_CONFLICT", 409),
    TooOften: ("REQUEST_LIMIT_EXCEEDED", 429),
    Unavailable: ("TEMPORARILY_UNAVAILABLE", 503),
}

_logger = logging.getLogger(__name__)


def refusal(error: HouseError) -> HttpResponse:
    """The answer to a request that was refused."""
    code, status = WIRE[type(error)]
    response = answer(code, error.message, status)
    if status == 401:
        # No Basic here: browsers would ask for a password, keep it, and send it along for other sites.
        response.headers["WWW-Authenticate"] = 'Bearer realm="gatehouse"'
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.wait)
    return response


def crash(error: Exception) -> HttpResponse:
    """The answer to a request that went wrong here; what went wrong stands in the log, not in the answer."""
    _logger.error("A request failed", exc_info=error)
    return answer("INTERNAL_ERROR", "The server failed to answer. Its log says why.", 500)


def no_endpoint(message: str, status: int = 404) -> HttpResponse:
    """There is no such address, or it does not take this method."""
    return answer("ENDPOINT_NOT_FOUND", message, status)


def not_implemented(group: str) -> HttpResponse:
    """A part of MLflow's protocol that Gatehouse does not have."""
    return not_here(f"Gatehouse does not implement {group}.")


def not_here(message: str) -> HttpResponse:
    """What this installation does not do, in words that clients may look for."""
    response = answer("NOT_IMPLEMENTED", message, 501)
    # Django would log an error of this server's each time, and clients that trace ask at every call.
    response._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001
    return response


def answer(code: str, message: str, status: int) -> HttpResponse:
    """An error in MLflow's form."""
    body = orjson.dumps({"error_code": code, "message": message})
    return HttpResponse(body, status=status, content_type="application/json")
