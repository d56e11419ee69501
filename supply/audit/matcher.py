"""Whether an advisory is about a version of a package of PyPI. Plain values in, an answer out, no database.

After the algorithm of https://ossf.github.io/osv-schema/#evaluation with the order of versions of PEP 440. Versions
that PEP 440 does not know are compared as text and come before all others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

# Where several events name one version: what was mended before may have come back, and ends after it began.
_TURNS = {"fixed": 0, "introduced": 1, "last_affected": 2}
_FIRST, _LAST = "0", "*"
Key = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """The events of one range in their order, and its limits."""

    events: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]

    def holds(self, version: str) -> bool:
        """Whether the version lies in the range."""
        if self.limits and not any(limit == _LAST or _order(version, limit) < 0 for limit in self.limits):
            return False
        is_affected = False
        for kind, at in self.events:
            place = 1 if kind == "introduced" and at == _FIRST else _order(version, at)
            if kind == "introduced" and place >= 0:
                is_affected = True
            elif (kind == "fixed" and place >= 0) or (kind == "last_affected" and place > 0):
                is_affected = False
        return is_affected

    @property
    def holds_everything(self) -> bool:
        """Whether no version lies outside."""
        return self.events == (("introduced", _FIRST),) and all(limit == _LAST for limit in self.limits)


@dataclass(frozen=True, slots=True)
class Affected:
    """What one advisory says about one package. A malicious one has to be avoided in whichever version."""

    spans: tuple[Span, ...]
    versions: frozenset[str]
    is_malicious: bool = False

    def concerns(self, version: str) -> bool:
        """Whether it is about this version; the empty text stands for any that could be installed."""
        if not version:
            return self.is_malicious or any(span.holds_everything for span in self.spans)
        if _spelled(version) in self.versions or _spelled(_public(version)) in self.versions:
            return True
        return any(span.holds(version) for span in self.spans)


def read_affected(
    ranges: Iterable[Mapping[str, Any]], versions: Iterable[str], *, is_malicious: bool = False
) -> Affected:
    """The ranges and the enumerated versions of an `affected` of OSV; other ranges than those of ECOSYSTEM are left."""
    spans = (_span(one.get("events") or ()) for one in ranges if one.get("type") == "ECOSYSTEM")
    return Affected(tuple(spans), frozenset(map(_spelled, versions)), is_malicious)


def fixed_in(ranges: Iterable[Mapping[str, Any]], version: str) -> list[str]:
    """The next release of each range that mends this version, lowest first; of all of them for no version."""
    found: set[str] = set()
    for one in ranges:
        mended = [at for kind, at in _span(one.get("events") or ()).events if kind == "fixed"]
        if not version:
            found.update(mended)
        elif later := [at for at in mended if _order(version, at) < 0]:
            found.add(min(later, key=_key))
    return sorted(found, key=_key)


def _span(events: Sequence[Mapping[str, Any]]) -> Span:
    told = [(kind, str(at)) for event in events for kind, at in event.items()]
    steps = [(kind, at) for kind, at in told if kind in _TURNS]
    # The first of all introductions comes before every version there is.
    steps.sort(key=lambda step: (step != ("introduced", _FIRST), _key(step[1]), _TURNS[step[0]]))
    return Span(tuple(steps), tuple(at for kind, at in told if kind == "limit"))


def _order(version: str, at: str) -> int:
    """Below zero, zero or above, as the version comes before, at or after the other. A build of a release (1.0+cpu)
    is that release to whoever does not name builds.
    """
    left, right = _key(version if "+" in at else _public(version)), _key(at)
    return (left > right) - (left < right)


@lru_cache(maxsize=65_536)
def _spelled(version: str) -> str:
    """One spelling for all ways to write a version."""
    kind, parsed = _key(version)
    return canonicalize_version(parsed) if kind else f"={parsed}"


@lru_cache(maxsize=65_536)
def _key(version: str) -> Key:
    try:
        return (1, Version(version))
    except InvalidVersion:
        return (0, version.strip().lower())


@lru_cache(maxsize=65_536)
def _public(version: str) -> str:
    kind, parsed = _key(version)
    return str(parsed.public) if kind else version
