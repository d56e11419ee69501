"""From a refusal to problem details (RFC 9457). Whatever goes wrong in a view is answered here, and in this form."""

import logging
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from rest_framework import exceptions

from events import context
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

STATUS_OF: dict[type[HouseError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Invalid: HTTPStatus.BAD_REQUEST,
    AlreadyExists: HTTPStatus.CONFLICT,
    Conflict: HTTPStatus.CONFLICT,
    GateRefused: HTTPStatus.CONFLICT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
CONTENT_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


def problem(error: Exception, given: dict[str, Any]) -> HttpResponse:
    """The answer to any exception of a view, whatever the client says that it accepts."""
    error = _in_house_words(error)
    if isinstance(error, HouseError):
        status, headers = STATUS_OF[type(error)], _headers(error)
        if status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = _challenge(given.get("request"))
        return _response(status, error.message, kind=_kind(error), more=_more(error), headers=headers)
    if isinstance(error, exceptions.ValidationError):
        fields = [{"field": field, "message": message} for field, message in _flattened(error.detail)]
        detail = " ".join(f"{line['field']}: {line['message']}" for line in fields)
        return _response(HTTPStatus.BAD_REQUEST, detail, kind="invalid", more={"errors": fields})
    if isinstance(error, exceptions.APIException):
        return _response(HTTPStatus(error.status_code), str(error.detail), headers=_headers(error))
    logger.error("A request failed.", exc_info=error)
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on this side; the log knows what.")


def _in_house_words(error: Exception) -> Exception:
    """What Django and its REST framework raise, as the refusal of the house that means the same."""
    match error:
        case Http404() | exceptions.NotFound():
            return NotFound("There is nothing at this address.")
        case exceptions.NotAuthenticated():
            return Unauthenticated("Sign in with a bearer token or with basic credentials.")
        case PermissionDenied() | exceptions.PermissionDenied():
            return Forbidden(str(error))
        case RequestDataTooBig():
            return TooLarge("The body is larger than this server takes.")
        case DisallowedHost():
            return Invalid("Host", "This server does not answer to the name in the header Host.")
        case SuspiciousOperation() | UnreadablePostError():
            return Invalid("body", "The request could not be read.")
    return error


def _response(
    status: HTTPStatus,
    detail: str,
    *,
    kind: str = "",
    more: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponse:
    body = {
        "type": f"urn:gatehouse:problem:{kind}" if kind else "about:blank",
        "title": kind.replace("-", " ").capitalize() or status.phrase,
        "status": status.value,
        "detail": detail,
        **(more or {}),
        "request_id": context.current().request_id,
    }
    return HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE, headers=headers)


def _challenge(request: HttpRequest | None) -> str:
    """What a client is asked for; one whose token is not taken is told so (RFC 6750, 3.1)."""
    given = request.headers.get("Authorization", "") if request else ""
    return 'Bearer error="invalid_token"' if given.lower().startswith("bearer ") else "Bearer"


def _kind(error: HouseError) -> str:
    """`already-exists` for AlreadyExists."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def _more(error: HouseError) -> dict[str, object]:
    if isinstance(error, Invalid):
        return {"errors": [{"field": error.field, "message": error.message}]}
    if isinstance(error, GateRefused):
        return {"reasons": list(error.reasons)}
    return {}


def _headers(error: Exception) -> dict[str, str]:
    wait = getattr(error, "wait", None)
    return {"Retry-After": str(int(wait))} if wait else {}


def _flattened(detail: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Nested validation errors as pairs of a dotted field and a sentence."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            is_whole = name == "non_field_errors"
            yield from _flattened(inner, field if is_whole else f"{field}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flattened(inner, field)
    else:
        yield field or "body", str(detail)
