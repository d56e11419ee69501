"""Reading what clients send as MLflow's servers do: fields of a query string or of a JSON body, and their types."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from lib.errors import Invalid, TooLarge

_PIECE = 1024 * 1024
_BIGGEST = 2**63
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?")
_SPECIAL_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
Choice = TypeVar("Choice", bound=Enum)


class Parameters:
    """The fields of a request, or of an object inside one; `where` is its path there, such as `metrics[0].`"""

    def __init__(self, fields: Mapping[str, Any], where: str = "") -> None:
        self._fields = fields
        self._where = where

    def has(self, name: str) -> bool:
        """Whether the field was sent, whatever it holds."""
        return self._find(name) is not None

    def text(self, name: str, default: str = "") -> str:
        """A string; `default` when it is absent."""
        value = self._find(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._invalid(name, value, "use a string")
        if "\0" in value:
            raise self._invalid(name, value, "leave out the NUL character")
        return value

    def required_text(self, name: str) -> str:
        """A string that is not empty."""
        if value := self.text(name):
            return value
        raise self._missing(name)

    def given_text(self, name: str) -> str:
        """A string that may be empty but not absent."""
        if self._find(name) is None:
            raise self._missing(name)
        return self.text(name)

    def optional_text(self, name: str) -> str | None:
        """A string, or None when it is absent."""
        return None if self._find(name) is None else self.text(name)

    def integer(self, name: str, default: int | None = None) -> int:
        """A 64-bit integer, also as a string of digits; raises Invalid when it is absent and there is no default."""
        value = self.optional_integer(name)
        if value is not None:
            return value
        if default is None:
            raise self._missing(name)
        return default

    def optional_integer(self, name: str) -> int | None:
        """A 64-bit integer, also as a string of digits, or None when it is absent."""
        value = self._find(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -_BIGGEST <= value < _BIGGEST:
            raise self._invalid(name, value, "use a whole number of 64 bits")
        return value

    def number(self, name: str) -> float:
        """A double, also as a string; "NaN", "Infinity" and "-Infinity" are numbers here."""
        value = self._find(name)
        if value is None or value == "":
            raise self._missing(name)
        if isinstance(value, str):
            value = _SPECIAL_NUMBERS.get(value) if value in _SPECIAL_NUMBERS else _float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._invalid(name, self._find(name), "use a number")
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false, in any case when it is a string."""
        value = self._find(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise self._invalid(name, value, "use true or false")

    def texts(self, name: str) -> list[str]:
        """A list of strings; a query string holds one string for each."""
        items = self._items(name)
        for index, item in enumerate(items):
            if not isinstance(item, str) or "\0" in item:
                raise self._invalid(f"{name}[{index}]", item, "use a string")
        return items

    def objects(self, name: str) -> list["Parameters"]:
        """A list of objects."""
        return [self._inside(f"{name}[{index}]", item) for index, item in enumerate(self._items(name))]

    def plain_rows(self, name: str, **types: type) -> list[tuple[Any, ...]] | None:
        """The values of these fields of every object of a list, if all objects have just them, of these very types.

        Long lists are mostly like that, and reading them field by field takes ten times as long. None for any other.
        """
        items = self._items(name)
        if any(type(item) is not dict or len(item) != len(types) for item in items):
            return None
        try:
            rows = list(map(itemgetter(*types), items))
        except KeyError:
            return None
        found = [set(map(type, column)) for column in zip(*rows, strict=True)]
        return rows if found == [{kind} for kind in types.values()] else None

    def object(self, name: str) -> "Parameters":
        """An object; raises Invalid when it is absent."""
        value = self._find(name)
        if value is None:
            raise self._missing(name)
        return self._inside(name, value)

    def choice(self, name: str, choices: type[Choice], numbers: Mapping[int, Choice]) -> Choice | None:
        """A word of an enum, by its name or by its number in MLflow's protocol; None when it is absent."""
        value = self._find(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if isinstance(value, int) and value in numbers:
            return numbers[value]
        if isinstance(value, str) and value in [choice.value for choice in choices]:
            return choices(value)
        raise self._invalid(name, value, f"use one of {', '.join(choice.value for choice in choices)}")

    def pairs(self, name: str, *, key: str = "key", value: str = "value") -> list[tuple[str, str]]:
        """A list of objects with a key and a value, as tags and parameters come."""
        return [(item.required_text(key), item.text(value)) for item in self.objects(name)]

    def _find(self, name: str) -> Any:
        """The value under the field's name, in snake case or in camel case but not in both."""
        camel = _camel(name)
        if camel == name or camel not in self._fields:
            return self._first(self._fields.get(name))
        if name in self._fields:
            raise Invalid(name, f"Request specifies both '{name}' and '{camel}'; provide only one of them.")
        return self._first(self._fields[camel])

    def _first(self, value: Any) -> Any:
        return value[0] if isinstance(value, _Repeated) else value

    def _items(self, name: str) -> list[Any]:
        camel = _camel(name)
        items = self._fields.get(name, self._fields.get(camel))
        if items is None:
            return []
        if not isinstance(items, list):
            raise self._invalid(name, items, "use a list")
        return items

    def _inside(self, name: str, value: Any) -> "Parameters":
        if not isinstance(value, dict):
            raise self._invalid(name, value, "use an object")
        return Parameters(value, f"{self._where}{name}.")

    def _missing(self, name: str) -> Invalid:
        path = self._where + name
        return Invalid(path, f"Missing value for required parameter '{path}'.")

    def _invalid(self, name: str, value: Any, hint: str) -> Invalid:
        path = self._where + name
        shown = orjson.dumps(value, default=str).decode()
        if len(shown) > 200:
            shown = f"{shown[:200]}…"
        return Invalid(path, f"Invalid value {shown} for parameter '{path}' supplied: {hint}.")


class _Repeated(list[str]):
    """The values of one name in a query string: a list for who wants one, else the first of them."""


def read_parameters(request: HttpRequest) -> Parameters:
    """The fields of a request: of the query string for GET, else of the JSON body. Raises Invalid, TooLarge."""
    if request.method in ("GET", "HEAD"):
        return Parameters({name: _Repeated(values) for name, values in request.GET.lists()})
    return Parameters(_read_json(request))


def read_pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body in pieces of a mebibyte, as it arrives. A client that goes away ends it; who reads must count."""
    try:
        while piece := request.read(_PIECE):
            yield piece
    except UnreadablePostError:
        return


def body_length(request: HttpRequest) -> int | None:
    """Content-Length, or None when the client sent none. Raises Invalid for what is no number."""
    length = request.META.get("CONTENT_LENGTH") or None
    if length is None:
        return None
    if not length.isdecimal():
        raise Invalid("Content-Length", "Content-Length is the number of bytes in the body.")
    return int(length)


@cache
def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _float(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _read_json(request: HttpRequest) -> dict[str, Any]:
    body = b"".join(_bounded(read_pieces(request)))
    if not body.strip():
        return {}
    if request.content_type != "application/json":
        raise Invalid("Content-Type", "Bad Request. Content-Type must be application/json.")
    try:
        value = orjson.loads(body)
        # Old clients send a JSON text inside a JSON string.
        value = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError as error:
        raise Invalid("body", "The body is not JSON.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("body", "The body is not a JSON object.")
    return value


def _bounded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Django's own bound trusts Content-Length, which a chunked body does not have."""
    most, size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0, 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise TooLarge(f"A request has at most {most} bytes.")
        yield piece
