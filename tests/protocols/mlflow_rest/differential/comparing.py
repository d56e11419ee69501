"""What differs between two answers to the same request."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.protocols.mlflow_rest.differential.deliberate import FIELDS
from tests.protocols.mlflow_rest.differential.servers import Answer, Server
from tests.protocols.mlflow_rest.differential.wishes import Story, Wish

_FIELD = re.compile(r"parameter '([\w.\[\]]+)'")
_ABSENT = "(absent)"


@dataclass(frozen=True)
class Pair:
    """A request and what the two servers said to it."""

    number: int
    wish: Wish
    theirs: Answer
    ours: Answer

    @property
    def name(self) -> str:
        """What the table of deliberate differences calls the request."""
        return self.wish.label or str(self.wish)[:90]

    @property
    def differences(self) -> list[str]:
        """Every difference that counts: status, code, fields; of messages only which field they name."""
        if self.theirs.status != self.ours.status:
            return [f"status {self.theirs.status} != {self.ours.status}"]
        if self.theirs.status >= 400:
            found = []
            if not self.ours.error_code:
                found.append("ours is no error in MLflow's form")
            if self.theirs.error_code and self.theirs.error_code != self.ours.error_code:
                found.append(f"error_code {self.theirs.error_code} != {self.ours.error_code}")
            if (name := _FIELD.search(self.theirs.message)) and name[1] not in self.ours.message:
                found.append(f"the message does not name {name[1]}")
            return found
        kinds = [] if self.theirs.kind == self.ours.kind else [f"type {self.theirs.kind} != {self.ours.kind}"]
        return [*kinds, *_unlike(self.theirs.body, self.ours.body)]

    @property
    def fields_on_one_side(self) -> set[str]:
        """The fields that only one of the two answers has, as the table of deliberate differences calls them."""
        return set(_one_sided(self.theirs.body, self.ours.body))

    @property
    def crashed(self) -> bool:
        """Whether MLflow's server fell over the request, so that it gave no answer that could be the same."""
        return self.theirs.status == 500 or "sqlalche.me" in self.theirs.message

    @property
    def is_told(self) -> bool:
        """Whether Gatehouse answers with a success or with an error in MLflow's form, as it must to whatever comes."""
        return self.ours.status < 400 or bool(self.ours.status < 500 and self.ours.error_code)

    @property
    def wording(self) -> str:
        """How the messages of the same error differ; nothing when they do not."""
        if self.theirs.status < 400 or self.theirs.message == self.ours.message:
            return ""
        return f"{self.theirs.message!r}\n      {self.ours.message!r}"

    def __str__(self) -> str:
        lines = [f"#{self.number} {self.wish}", f"    theirs: {self.theirs}", f"    ours:   {self.ours}"]
        return "\n".join([*lines, *(f"    -> {line}" for line in self.differences)])


def played(story: Story, theirs: Server, ours: Server) -> list[Pair]:
    """Both answers to each request of the story, told in its order."""
    return [Pair(number, wish, theirs.play(wish), ours.play(wish)) for number, wish in enumerate(story, 1)]


def _unlike(theirs: Any, ours: Any, where: str = "") -> Iterator[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted({*theirs, *ours}):
            if _field(where, key) not in FIELDS:
                yield from _unlike(theirs.get(key, _ABSENT), ours.get(key, _ABSENT), f"{where}.{key}".strip("."))
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield f"{where}: {len(theirs)} items != {len(ours)}"
        for left, right in zip(theirs, ours, strict=False):
            yield from _unlike(left, right, f"{where}[]")
    elif theirs != ours or isinstance(theirs, bool) != isinstance(ours, bool):
        yield f"{where}: {theirs!r} != {ours!r}"


def _one_sided(theirs: Any, ours: Any, where: str = "") -> Iterator[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in {*theirs, *ours}:
            if (key in theirs) != (key in ours):
                yield _field(where, key)
            yield from _one_sided(theirs.get(key), ours.get(key), f"{where}.{key}".strip("."))
    elif isinstance(theirs, list) and isinstance(ours, list):
        for left, right in zip(theirs, ours, strict=False):
            yield from _one_sided(left, right, where)


def _field(where: str, key: str) -> str:
    """A field with the object or list that it is in, without the path to it."""
    return f"{where.rpartition('.')[2]}.{key}".replace("[]", "")
