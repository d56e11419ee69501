"""Playing requests to a server, and reading its answers so that those of two servers can be compared."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.protocols.mlflow_rest.differential.wishes import Wish

_PLACEHOLDER = re.compile(r"<([a-z]\w*)>")
_ID = re.compile(r"(?<![0-9a-f])(?:m-)?[0-9a-f]{32}(?![0-9a-f])")
_LOCATION = re.compile(r"(?<=mlflow-artifacts:/)\d+(?=/|\Z)")
_INVENTED = re.compile(r"[a-z]+-[a-z]+-\d{1,3}")
# Lists of which neither server promises an order.
_UNORDERED = {
    *("tags", "params", "aliases", "dataset_inputs", "model_inputs", "model_outputs", "dataset_summaries"),
    *("latest_versions", "registrations"),
}
# Milliseconds: what is this near to now was stamped by a server.
_A_DAY = 24 * 3600 * 1000


@dataclass(frozen=True)
class Answer:
    """A status and a body; what must differ between servers has common names in it."""

    status: int
    kind: str
    body: Any

    @property
    def error_code(self) -> str:
        """MLflow's code of the error, or nothing."""
        return str(self.body.get("error_code", "")) if self.status >= 400 and isinstance(self.body, dict) else ""

    @property
    def message(self) -> str:
        """What the error says."""
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else str(self.body)

    def __str__(self) -> str:
        said = repr(self.body)
        return f"{self.status} {said if len(said) < 700 else said[:700] + '…'}"


@dataclass
class Server:
    """A server at an address, what its answers held so far, and the common names of its ids."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    def play(self, wish: Wish) -> Answer:
        """Send the request; remember what it wants kept."""
        path = wish.path if wish.path.startswith("/") else f"/api/2.0/mlflow/{wish.path}"
        fields = self._filled(dict(wish.fields))
        said: dict[str, Any] = {"params": fields} if wish.method == "GET" else {"json": fields}
        if wish.body is not None:
            said = {"data": wish.body}
        response = self.session.request(
            wish.method,
            self.url + self._filled(path),
            headers={**self.headers, **wish.headers},
            timeout=60,
            allow_redirects=False,
            **said,
        )
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        # Clients read an empty body as an empty object.
        empty = response.ok and not response.content
        body = {} if empty else response.json() if kind == "application/json" else response.text
        for name, place in wish.keep.items():
            self.kept[name] = value = _at(body, place)
            self.names.setdefault(str(value), f"<{name}>")
        return Answer(response.status_code, "" if body == {} else kind, self._common(body, wish.unordered))

    def _filled(self, value: Any) -> Any:
        match value:
            case str():
                return _PLACEHOLDER.sub(lambda found: str(self.kept.get(found[1], found[0])), value)
            case dict():
                return {self._filled(key): self._filled(item) for key, item in value.items()}
            case list():
                return [self._filled(item) for item in value]
        return value

    def _common(self, value: Any, unordered: str = "", key: str = "") -> Any:
        """The value without what no two servers have in common."""
        match value:
            case dict():
                return {name: self._common(item, unordered, name) for name, item in value.items()}
            case list():
                items = [self._common(item, unordered, key) for item in value]
                if key in _UNORDERED or key == unordered or (key == "metrics" and _are_of_one_run(items)):
                    return sorted(items, key=_spelled)
                return items
            case str() if key == "experiment_id":
                return self.names.get(value, "<experiment>")
            case str() if key == "next_page_token":
                return "<token>"
            case str():
                value = _ID.sub(lambda found: self.names.get(found[0], "<id>"), value)
                value = _LOCATION.sub(lambda found: self.names.get(found[0], "<experiment>"), value)
                return "<invented>" if _INVENTED.fullmatch(value) else value.replace(self.url, "<server>")
            case int() if not isinstance(value, bool) and abs(value - time.time() * 1000) < _A_DAY:
                return "<now>"
        return value


def _spelled(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _are_of_one_run(items: list[Any]) -> bool:
    """Whether these are the latest metrics of something, one for each key, and no history."""
    keys = [(item.get("key"), item.get("dataset_name")) for item in items]
    return len(set(keys)) == len(keys)


def _at(body: Any, place: str) -> Any:
    for part in place.split("."):
        if isinstance(body, list):
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body
