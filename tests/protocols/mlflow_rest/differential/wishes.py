"""One request as data. `<name>` in its texts stands for what an earlier answer of the same server held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Wish:
    """A request that both servers get, each with its own ids in it."""

    method: str
    # Below /api/2.0/mlflow/, unless it begins with a slash.
    path: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    # What later requests need of the answer: their name for it, and where it is (`run.info.run_id`).
    keep: Mapping[str, str] = field(default_factory=dict)
    # Sent instead of the fields, for what is no JSON object.
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    # A name for the table of deliberate differences.
    label: str = ""
    # Where the answer is a list of which the order says nothing: its name.
    unordered: str = ""

    def keeping(self, **places: str) -> "Wish":
        """The same request, of whose answer this is kept."""
        return replace(self, keep=places)

    def in_any_order(self, name: str) -> "Wish":
        """The same request, of whose answer this list may be in any order."""
        return replace(self, unordered=name)

    def called(self, label: str) -> "Wish":
        """The same request under a name."""
        return replace(self, label=label)

    def __str__(self) -> str:
        said = repr(self.body) if self.body is not None else repr(dict(self.fields))
        return f"{self.method} {self.path} {said if len(said) < 300 else said[:300] + '…'}"


Story = Sequence[Wish]


def get(path: str, /, **fields: Any) -> Wish:
    """A GET with the fields in the query string."""
    return Wish("GET", path, fields)


def post(path: str, /, **fields: Any) -> Wish:
    """A POST with the fields as a JSON object."""
    return Wish("POST", path, fields)


def patch(path: str, /, **fields: Any) -> Wish:
    """A PATCH with the fields as a JSON object."""
    return Wish("PATCH", path, fields)


def delete(path: str, /, **fields: Any) -> Wish:
    """A DELETE with the fields as a JSON object."""
    return Wish("DELETE", path, fields)


def send(method: str, path: str, body: bytes, content_type: str = "application/json") -> Wish:
    """A request with this body."""
    return Wish(method, path, body=body, headers={"Content-Type": content_type})
