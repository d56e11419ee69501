"""Every address that the URL resolver knows, in a form to be read: /models/<registry>/<name>."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

# Below each of these is the MLflow door with all its addresses.
TWINS = ("/api", "/ajax-api", "/r/<registry_name>/api", "/r/<registry_name>/ajax-api")
_OF_MLFLOW = re.compile(r"(?:/r/<registry_name>)?/(?:ajax-)?api(?=/(?:2[.]0|3[.]0|\[))")


@cache
def all_routes() -> frozenset[str]:
    """Each address once, as it stands in the resolver."""
    return frozenset(_below(get_resolver().url_patterns, "/"))


def plain(route: str) -> str:
    """The one form of an address of the MLflow door that the table names, whichever twin it is."""
    return _OF_MLFLOW.sub("/api", route.replace("/r/<registry_name>/version", "/version"), count=1).replace(
        "/r/<registry_name>/", "/", 1
    )


def _below(patterns: list[Any], start: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _below(pattern.url_patterns, start + _readable(pattern))
        elif isinstance(pattern, URLPattern):
            yield start + _readable(pattern)


def _readable(pattern: URLPattern | URLResolver) -> str:
    text = str(pattern.pattern)
    if isinstance(pattern.pattern, RegexPattern):
        text = re.sub(r"\(\?P<(\w+)>(?:\[[^]]*\]|[^)])*\)", r"<\1>", text.removeprefix("^")).replace("[.]", ".")
        return text.removesuffix(r"\Z").removesuffix("$")
    return re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", text)
