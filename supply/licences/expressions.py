"""SPDX licence expressions (SPDX 2.3, annex D): read, spelled one way, and compared with a list of what is allowed.

Pure: texts in, answers out. Names that SPDX does not know become `LicenseRef-...`, as the Hub has many of them.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LONGEST = 500
DEEPEST = 20
REFERENCE = "LicenseRef-"
_TOKEN = re.compile(r"\s*([()]|[A-Za-z0-9.:-]+\+?)\s*")
_WORD = re.compile(r"[A-Za-z0-9.-]+\+?")
_UNNAMED = frozenset({"unknown", "none", "noassertion", "other"})

# Names that people and the Hub use where SPDX has another one.
_SPELLINGS = {
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "mit license": "MIT",
    "the mit license": "MIT",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "pddl": "PDDL-1.0",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "cc0": "CC0-1.0",
    "boost": "BSL-1.0",
}
# SPDX gave these families new names, which say whether later versions are meant.
_RENAMED = re.compile(r"(A?GPL|LGPL|GFDL)-([0-9.]+)(\+?)", re.IGNORECASE)


class BadLicence(ValueError):
    """The text is no licence expression; the message is a sentence."""


@dataclass(frozen=True)
class Licence:
    """One licence, perhaps with an exception that gives more than the licence does."""

    name: str
    exception: str = ""

    def __str__(self) -> str:
        return f"{self.name} WITH {self.exception}" if self.exception else self.name

    @property
    def is_known(self) -> bool:
        """Whether SPDX lists it."""
        return self.name.removesuffix("+").lower() in _identifiers()

    def is_allowed(self, allowed: Collection[str]) -> bool:
        """Whether the list names it, with its exception or without, or the version that "or later" begins with."""
        names = {str(self), self.name, self.name.removesuffix("+")}
        return not names.isdisjoint(allowed)


@dataclass(frozen=True)
class Both:
    """Every part binds."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, Either) else str(part) for part in self.parts)

    def is_allowed(self, allowed: Collection[str]) -> bool:
        """Whether every part is."""
        return all(part.is_allowed(allowed) for part in self.parts)


@dataclass(frozen=True)
class Either:
    """Whoever uses it chooses one part."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))

    def is_allowed(self, allowed: Collection[str]) -> bool:
        """Whether some part is."""
        return any(part.is_allowed(allowed) for part in self.parts)


Expression = Licence | Both | Either


def parse(text: str) -> Expression:
    """What the text says, in the spelling of SPDX. Raises BadLicence."""
    text = text.strip()
    if len(text) > LONGEST:
        raise BadLicence(f"A licence expression has at most {LONGEST} characters.")
    if spelled := _SPELLINGS.get(text.lower()):
        return Licence(spelled)
    tokens = list(_tokens(text))
    expression, rest = _either(tokens, 0)
    if rest:
        raise BadLicence(f"{_quoted(text)} goes on with {_quoted(rest[0])} where a licence expression has ended.")
    return expression


def parse_one(text: str) -> Licence:
    """The same for a single licence, as lists of allowed ones name them. Raises BadLicence."""
    expression = parse(text)
    if not isinstance(expression, Licence):
        raise BadLicence(f"{_quoted(text)} names several licences; list each by itself.")
    return expression


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise BadLicence(f"{_quoted(text)} is no SPDX licence expression, such as MIT or Apache-2.0 OR MIT.")
        yield found[1]
        place = found.end()


def _either(tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    first, tokens = _both(tokens, depth)
    parts = [first]
    while tokens and tokens[0].upper() == "OR":
        part, tokens = _both(tokens[1:], depth)
        parts.append(part)
    return (Either(tuple(parts)) if len(parts) > 1 else first), tokens


def _both(tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    first, tokens = _single(tokens, depth)
    parts = [first]
    while tokens and tokens[0].upper() == "AND":
        part, tokens = _single(tokens[1:], depth)
        parts.append(part)
    return (Both(tuple(parts)) if len(parts) > 1 else first), tokens


def _single(tokens: list[str], depth: int) -> tuple[Expression, list[str]]:
    if not tokens or tokens[0] == ")" or tokens[0].upper() in ("AND", "OR", "WITH"):
        raise BadLicence("A licence is missing in the expression.")
    if tokens[0] == "(":
        if depth >= DEEPEST:
            raise BadLicence("The licence expression is nested too deep.")
        inner, rest = _either(tokens[1:], depth + 1)
        if not rest or rest[0] != ")":
            raise BadLicence("A parenthesis of the licence expression is not closed.")
        return inner, rest[1:]
    name, rest = _named(tokens[0]), tokens[1:]
    if rest and rest[0].upper() == "WITH":
        if len(rest) < 2 or not _WORD.fullmatch(rest[1]):
            raise BadLicence("The name of an exception is missing after WITH.")
        return Licence(name, _identifiers().get(rest[1].lower(), rest[1])), rest[2:]
    return Licence(name), rest


def _named(word: str) -> str:
    """The name as SPDX spells it; its own kind of name for what SPDX does not know."""
    lower = word.lower()
    if lower in _UNNAMED:
        raise BadLicence(f"{_quoted(word)} names no licence.")
    if spelled := _SPELLINGS.get(lower):
        return spelled
    if family := _RENAMED.fullmatch(word):
        current = f"{family[1]}-{family[2]}-{'or-later' if family[3] else 'only'}"
        if known := _identifiers().get(current.lower()):
            return known
    if known := _identifiers().get(lower):
        return known
    if lower.endswith("+") and (known := _identifiers().get(lower[:-1])):
        return f"{known}+"
    if lower.startswith(("licenseref-", "documentref-")):
        kind, _, name = word.partition("-")
        return f"{REFERENCE if kind.lower() == 'licenseref' else 'DocumentRef-'}{name}"
    if not _WORD.fullmatch(word) or word.endswith("+"):
        raise BadLicence(f"{_quoted(word)} is no name of a licence.")
    return REFERENCE + word


@cache
def _identifiers() -> dict[str, str]:
    """The identifiers of the SPDX licence list, by their lower-case form."""
    names = Path(__file__).with_name("identifiers.txt").read_text(encoding="ascii").split()
    return {name.lower(): name for name in names}


def _quoted(text: str) -> str:
    return f"“{text[:80]}{'…' if len(text) > 80 else ''}”"
