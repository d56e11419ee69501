"""Names of packages: their one spelling, and whether one passes for a well-known other.

The names themselves are in package_names.txt.
"""

import re
from functools import cache, lru_cache

from scanning.engine import lists

LONGEST_NAME = 214
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)
# What a reader takes for one another: 0 and o, 1 and l, 5 and s, rn and m, vv and w.
_TWINS = str.maketrans("015", "ols")
_LETTERS = {letter: 1 << place for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz0123456789-")}


def normalised(name: str) -> str:
    """The one spelling of a name (PEP 503); empty for what cannot be one (PEP 508)."""
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name) or not name.isascii():
        return ""
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=8_192)
def passes_for(name: str) -> str:
    """The well-known name that a normalised name could be taken for by mistake; empty for all others.

    The same letters with other separators, words in another order, letters that look alike, or a slip of the finger:
    one change in names of five letters and more, two in those of nine and more. Shorter names have too many neighbours.
    """
    common, neighbours = _names()
    if name in common or name in neighbours:
        return ""
    by_look, by_words = _looks()
    if found := by_look.get(_look(name)) or by_words.get(_words(name)):
        return found
    return next((other for other in common if _is_slip(name, other)), "")


@cache
def _names() -> tuple[dict[str, int], frozenset[str]]:
    """The common names, each with the letters that it holds; and their neighbours, which are well known as well."""
    parts: dict[str, list[str]] = {}
    title = ""
    for line in lists.words("package_names").splitlines():
        if line.startswith("["):
            title = line.strip("[]")
        elif not line.startswith("#"):
            parts.setdefault(title, []).extend(line.split())
    return {name: _letters(name) for name in parts["common"]}, frozenset(parts["neighbours"])


@cache
def _looks() -> tuple[dict[str, str], dict[tuple[str, ...], str]]:
    common, _ = _names()
    return {_look(name): name for name in common}, {_words(name): name for name in common if "-" in name}


def _look(name: str) -> str:
    return name.replace("-", "").translate(_TWINS).replace("rn", "m").replace("vv", "w")


def _words(name: str) -> tuple[str, ...]:
    return tuple(sorted(name.split("-")))


def _letters(name: str) -> int:
    held = 0
    for letter in name:
        held |= _LETTERS.get(letter, 0)
    return held


def _is_slip(name: str, other: str) -> bool:
    most = 0 if len(other) < 5 else 1 if len(other) < 9 else 2
    if not most or abs(len(name) - len(other)) > most:
        return False
    # One change makes one letter come and one go at most: most pairs need no closer look.
    if (_letters(name) ^ _names()[0][other]).bit_count() > 2 * most:
        return False
    return _distance(name, other, most) <= most


def _distance(name: str, other: str, most: int) -> int:
    """How many letters were added, left out, changed, or swapped with the next one; beyond `most` it is not counted."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(name, 1):
        next_row = [at]
        for place, wanted in enumerate(other, 1):
            cost = min(row[place] + 1, next_row[place - 1] + 1, row[place - 1] + (letter != wanted))
            if before and place > 1 and letter == other[place - 2] and name[at - 2] == wanted:
                cost = min(cost, before[place - 2] + 1)
            next_row.append(cost)
        if min(next_row) > most:
            return most + 1
        before, row = row, next_row
    return row[-1]
