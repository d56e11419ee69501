"""What every address of this API shares: what was said is read, the answer gets its shape, and both are documented."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from lib.errors import Invalid, NotFound, TooLarge
from lib.paging import Page, page_by_key
from protocols.rest.errors import CONTENT_TYPE
from protocols.rest.shapes import Nothing, PageAsked, ProblemShape, Shape

M = TypeVar("M", bound=Model)
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
LONGEST_BODY = 1024 * 1024  # bytes; the longest description and tags fit


@dataclass(frozen=True)
class Call:
    """One request, read: who asks, the query parameters and the body in their shapes."""

    request: Request
    actor: User
    asked: dict[str, Any]
    said: dict[str, Any]

    def page(self, rows: QuerySet[M], *keys: str) -> Page[M]:
        """The page of `rows` that was asked for, in the order of `keys`."""
        token = self.asked["page_token"]
        try:
            return page_by_key(rows, keys, size=self.asked["page_size"], token=token)
        except (TypeError, ValueError, OverflowError, ValidationError) as error:
            if not token:
                raise
            raise Invalid("page_token", "The page token is not one that this server made.") from error


class With:
    """A row, and what else its shape shows of it."""

    def __init__(self, row: object, **more: object) -> None:
        self._row = row
        self.__dict__.update(more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


class NoNegotiation(DefaultContentNegotiation):
    """A view has one kind of answer, whatever the client says that it accepts."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer."""
        return renderers[0], renderers[0].media_type


class View(APIView):
    """The base of all views. Its methods are made by `endpoint`."""

    content_negotiation_class = NoNegotiation
    metadata_class = None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Answers hold what only this actor may see, so nobody keeps them."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "no-store")
        return final


def endpoint(
    operation: str,
    *,
    asks: type[Shape] | None = None,
    takes: type[Shape] | None = None,
    answers: type[Shape] | OpenApiTypes | None = None,
    lists: type[Shape] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    takes_forms: bool = False,
    takes_document: bool = False,
) -> Callable[[Callable[..., object]], Callable[..., HttpResponseBase]]:
    """Make a view's method of a function that takes a Call and the names in the address, and returns rows.

    `asks` is the shape of the query, `takes` of the body, `answers` of the one row or `lists` of the Page returned;
    with neither the answer is empty. A response that the function returns itself is passed on. In the document the
    operation is called `operation`; its docstring becomes the summary. With `takes_forms` the body may also be a form.
    With `takes_document` it is a JSON document of somebody else's making, said as the bytes that came, as `document`.
    """
    query = asks or (PageAsked if lists else Nothing)
    body = takes or Nothing

    def decorate(function: Callable[..., object]) -> Callable[..., HttpResponseBase]:
        @wraps(function)
        def method(view: View, request: Request, **names: Any) -> HttpResponseBase:
            if any("\0" in name for name in names.values() if isinstance(name, str)):
                raise NotFound("There is nothing at this address.")
            asked = query.read(request.query_params.dict())
            said = _said(request, body, takes_forms=takes_forms, takes_document=takes_document)
            actor: Any = request.user  # the permission class has let in accounts only
            result = function(view, Call(request, actor, asked, said), **names)
            if isinstance(result, HttpResponseBase):
                return result
            if isinstance(result, Page) and lists:
                rows = lists(result.rows, many=True).data
                return Response({"results": rows, "next_page_token": result.next_token})
            if isinstance(answers, type):
                return Response(answers(result).data, status=status)
            return Response(status=HTTPStatus.NO_CONTENT)

        summary, _, description = (function.__doc__ or "").partition("\n")
        return extend_schema(
            operation_id=operation,
            summary=summary.rstrip("."),
            description=description.strip(),
            tags=[function.__module__.rpartition(".")[2].replace("_", " ").capitalize()],
            parameters=[] if query is Nothing else [query],
            request=_request_shape(takes, takes_forms=takes_forms, takes_document=takes_document),
            responses=_responses(function, answers, lists, status),
        )(method)

    return decorate


def _said(request: Request, body: type[Shape], *, takes_forms: bool, takes_document: bool) -> dict[str, Any]:
    if request.method in ("GET", "HEAD"):
        return {}
    if takes_document:
        # Signatures are about bytes: what a reader makes of them may be another document.
        return {"document": _raw(request, lambda kind: kind == _JSON or kind.endswith("+json"))[0]}
    return body.read(_body(request, takes_forms))


def _body(request: HttpRequest, takes_forms: bool) -> object:
    """What a request brings; an empty object for no body. Raises Invalid, TooLarge, UnsupportedMediaType."""
    raw, media_type = _raw(request, lambda kind: kind == _JSON or (takes_forms and kind == _FORM))
    if not raw:
        return {}
    if media_type == _FORM:
        return _form(raw)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("body", f"The body is not JSON: {error}.") from error


def _raw(request: HttpRequest, is_taken: Callable[[str], bool]) -> tuple[bytes, str]:
    """The bytes of a body, and their media type, which matters only where there are any."""
    raw = request.read(LONGEST_BODY + 1)
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    if raw and not is_taken(media_type):
        raise UnsupportedMediaType(media_type[:100])
    if len(raw) > LONGEST_BODY:
        raise TooLarge(f"A body has at most {LONGEST_BODY:,} bytes.")
    return raw, media_type


def _request_shape(takes: type[Shape] | None, *, takes_forms: bool, takes_document: bool) -> Any:
    """What the document says of the body."""
    if takes_document:
        return {_JSON: OpenApiTypes.OBJECT}
    return dict.fromkeys((_JSON, _FORM), takes) if takes and takes_forms else takes


def _form(raw: bytes) -> dict[str, str]:
    """The fields of a form, each of which may be there once (RFC 6749, 3.2)."""
    try:
        fields = parse_qsl(
            raw.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=100, errors="strict"
        )
    except ValueError as error:
        raise Invalid("body", f"The body is not a form: {error}.") from error
    if len(fields) != len(dict(fields)):
        raise Invalid("body", "The form names a field twice.")
    return dict(fields)


def _responses(
    function: Callable[..., object],
    answers: type[Shape] | OpenApiTypes | None,
    lists: type[Shape] | None,
    status: HTTPStatus,
) -> dict[Any, Any]:
    """What the document says of the answers: the good one and the refusals that this kind of operation can meet."""
    is_change = function.__name__ not in ("get", "head")
    names_things = function.__code__.co_argcount > len(("self", "call"))
    refusals = [HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    if names_things or is_change:
        refusals += [HTTPStatus.NOT_FOUND]
    if is_change:
        refusals += [HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]
    good: dict[Any, Any]
    if lists:
        good = {HTTPStatus.OK: _page_shape(lists)}
    elif answers is OpenApiTypes.BINARY:
        good = {(HTTPStatus.OK, "application/octet-stream"): answers}
    else:
        good = {status: answers} if answers else {HTTPStatus.NO_CONTENT: None}
    return good | {
        (refusal, CONTENT_TYPE): OpenApiResponse(ProblemShape, description=refusal.phrase) for refusal in refusals
    }


@cache
def _page_shape(rows: type[Shape]) -> serializers.Serializer[Any]:
    """One for each shape of rows, since a document may define a name only once."""
    fields = {"results": rows(many=True), "next_page_token": serializers.CharField(allow_null=True)}
    return inline_serializer(f"{rows.__name__.removesuffix('Shape')}Page", fields)
