"""Routes: which view answers which method and address, and what happens around every one of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, re_path
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Registry, User
from lib.errors import HouseError, Invalid
from protocols.mlflow_rest import errors
from protocols.mlflow_rest.auth import actor_of
from protocols.mlflow_rest.wire import Parameters, read_parameters
from protocols.mlflow_rest.workspaces import HEADER, chosen_name, chosen_registry


@dataclass(frozen=True)
class Call:
    """One request as a view gets it: who asks, about which registry, with which parameters."""

    request: HttpRequest
    actor: User
    prefix: str | None

    @cached_property
    def registry_name(self) -> str | None:
        """The name of the registry that the client chose in the address or the header; None: the default one."""
        return chosen_name(self.request, self.prefix)

    @cached_property
    def registry(self) -> Registry:
        """The registry that the client chose."""
        return chosen_registry(self.registry_name, self.actor)

    @property
    def named_registry(self) -> Registry | None:
        """The registry that the client named in the address or the header; None when it named none."""
        return self.registry if self.prefix or HEADER in self.request.headers else None

    @cached_property
    def parameters(self) -> Parameters:
        """The fields of the query string or of the JSON body, read when they are first asked for."""
        return read_parameters(self.request)


# A view gets the call and the named parts of its address. It returns what becomes a JSON object, or a whole response.
View = Callable[..., dict[str, Any] | HttpResponseBase]


@dataclass(frozen=True)
class Route:
    """A view at a method and an address below /api/<version>/, written as a regular expression."""

    method: str
    path: str
    view: View
    version: str = "2.0"


def mlflow_routes(*rows: tuple[str, str, View]) -> list[Route]:
    """Routes below /api/2.0/mlflow/, as most are; names in angle brackets stand for one part of the address."""
    return [Route(method, f"mlflow/{_with_names(path)}", view) for method, path, view in rows]


def endpoints(routes: Iterable[Route]) -> list[URLPattern]:
    """One address pattern for each path, whatever the number of its methods."""
    methods: dict[tuple[str, str], dict[str, View]] = defaultdict(dict)
    for route in routes:
        methods[route.version, route.path][route.method] = route.view
    return [
        re_path(rf"^{version.replace('.', '[.]')}/{path}\Z", _endpoint(views))
        for (version, path), views in methods.items()
    ]


def answering_get(view: View) -> Callable[..., HttpResponseBase]:
    """The endpoint of an address outside the API's prefixes that takes GET."""
    return _endpoint({"GET": view})


def answered(request: HttpRequest, respond: Callable[[], dict[str, Any] | HttpResponseBase]) -> HttpResponseBase:
    """The response, or the refusal in MLflow's form; no exception leaves this door."""
    try:
        _check_host(request)
        result = respond()
    except HouseError as error:
        return errors.refusal(error)
    except Exception as error:  # noqa: BLE001 # a page of HTML would tell the client nothing
        return errors.crash(error)
    if isinstance(result, HttpResponseBase):
        return result
    return HttpResponse(orjson.dumps(result), content_type="application/json")


def _endpoint(views: dict[str, View]) -> Callable[..., HttpResponseBase]:
    if "GET" in views:
        views.setdefault("HEAD", views["GET"])

    @csrf_exempt
    def endpoint(request: HttpRequest, registry_name: str | None = None, **parts: str) -> HttpResponseBase:
        def respond() -> dict[str, Any] | HttpResponseBase:
            call = Call(request, actor_of(request), registry_name)
            view = views.get(request.method or "")
            if view is None:
                response = errors.no_endpoint("This address does not take this method.", 405)
                response.headers["Allow"] = ", ".join(views)
                return response
            return view(call, **parts)

        return answered(request, respond)

    return endpoint


def _check_host(request: HttpRequest) -> None:
    """Raise Invalid for a name that is not this server's: pages of others would reach it under their own name."""
    try:
        request.get_host()
    except DisallowedHost as error:
        raise Invalid("Host", "This server does not answer to the name in the header Host.") from error


def _with_names(path: str) -> str:
    """The regular expression of an address such as `logged-models/<model_id>/tags`."""
    parts = [f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("<") else part for part in path.split("/")]
    return "/".join(parts)
