"""What a table of doors says: method and address, the right that it needs and on which thing, and what is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from accounts.rights import Right

# Addresses of the MLflow door, which are there again below /r/<registry>.
_OF_MLFLOW = re.compile(r"/(api/[23][.]0/|get-artifact|model-versions/|version\Z)")
Names = Mapping[str, Any]


class Thing(StrEnum):
    """On what a right is asked for."""

    INSTALLATION = "installation"
    REGISTRY = "registry"
    MODEL = "model"
    VERSION = "version"
    REVIEW = "review"
    EXPERIMENT = "experiment"
    RUN = "run"
    LOGGED_MODEL = "logged model"
    ASKED = "a request for access, which who manages the thing sees, and who asked"
    TRUST = "a job that is trusted, which maintainers and auditors of the registry see"
    PLACE = "a protected place of a registry, which whoever sees the registry sees"
    WORKSPACE = "a registry, to whoever sees something in it"


class Open(StrEnum):
    """Needs that are no right on a thing."""

    PUBLIC = "everybody, signed in or not"
    SIGNED_IN = "whoever is signed in; shows what they may see"
    NOWHERE = "nobody: there is nothing at this address"
    OWN_SHOWN = "as OWN, and auditors may look"
    OWN = "whoever the thing belongs to; hidden from others but administrators"
    OWN_ACCOUNT = "the account itself; hidden from others but administrators, also from auditors"
    OWN_TOKEN = "as OWN, and with a token that has the scope admin and no limit"
    OWN_SECRETS = "makes secrets of one's own: a token needs the scope admin for it, and no limit"


Need = Right | Open


@dataclass(frozen=True)
class Row:
    """One door. Texts in `fields` and `at` may name things of the world in braces: {run_id}."""

    method: str
    route: str
    need: Need
    thing: Thing = Thing.INSTALLATION
    fields: Any = field(default_factory=dict, hash=False, compare=False)
    at: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)
    # What somebody answers who has the right gets, where that is no 2xx or 3xx: something about the content.
    answers: frozenset[int] = frozenset()

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    def address(self, names: Names) -> str:
        """The address with the names of some things in it."""
        named = {**names, **{key: fill(text, names) for key, text in self.at.items()}}
        route = self.route.replace("[0-9]+.[0-9]+", "2.0")
        return re.sub(r"<(\w+)>", lambda found: quote(str(named[found[1]]), safe="/"), route)

    def seen_from(self, where: str, twin: str = "") -> "Row":
        """The same door of MLflow in another registry, or at another twin; any other door is what it is."""
        if not _OF_MLFLOW.match(self.route):
            return self
        if twin:
            return replace(self, route=self.route.replace("/api", twin, 1))
        is_elsewhere = where in ("elsewhere", "nowhere") and "workspaces" not in self.route
        return replace(self, route=f"/r/<registry_name>{self.route}") if is_elsewhere else self

    def content(self, names: Names) -> Any:
        """What is sent along."""
        return fill(self.fields, names)


def fill(said: Any, names: Names) -> Any:
    """What is said, with names in place of the words in braces; a text of one word becomes what the name stands for."""
    if isinstance(said, str):
        whole = re.fullmatch(r"{(\w+)}", said)
        return names[whole[1]] if whole else re.sub(r"{(\w+)}", lambda found: str(names[found[1]]), said)
    if isinstance(said, Mapping):
        return {key: fill(value, names) for key, value in said.items()}
    return [fill(value, names) for value in said] if isinstance(said, list) else said
