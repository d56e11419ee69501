"""The OpenAPI document, its pages, and the answer for addresses that lead nowhere."""

from typing import Any, NoReturn

from django.conf import settings
from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView
from rest_framework.request import Request

from protocols.rest.endpoint import NoNegotiation, View


class WaysIn(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # its base registers subclasses
    """The three ways to sign in, as the document tells of them."""

    target_class = "protocols.rest.auth.Credentials"
    name = ["token", "password", "session"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Any one of them."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        """One definition for each name."""
        return [
            {"type": "http", "scheme": "bearer"},
            {"type": "http", "scheme": "basic"},
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]


class Document(SpectacularJSONAPIView):
    """Open to everybody: it tells what the API can do, not what is in it."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = NoNegotiation


class Pages(SpectacularSwaggerView):
    """The document to read and to try, with scripts from this server."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = NoNegotiation
    url_name = "api-document"


@extend_schema(exclude=True)
class Nowhere(View):
    """Every address that is not there."""

    def get(self, request: Request, **names: Any) -> NoReturn:
        """Nothing to find."""
        raise Http404

    post = put = patch = delete = get
