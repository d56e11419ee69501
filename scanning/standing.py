"""What a verdict comes to in one registry: plain values in, an answer out, no database.

A registry may allow exact names of other libraries, and people may accept findings for a while. Neither changes the
verdict: a standing says both what the scan found and what is left of it, and upon whom that rests.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

CLEAN, NEEDS_REVIEW, FAILED, UNSAFE = "clean", "needs-review", "failed", "unsafe"
# From the lightest to the heaviest; a note weighs nothing.
_WEIGHTS = (CLEAN, NEEDS_REVIEW, FAILED, UNSAFE)
# Only what these rules find goes away when a registry allows the name that they found.
RULES_OF_NAMES = frozenset({"pickle.unknown-global", "skops.unknown-name"})

_WORDS = {NEEDS_REVIEW: "Needs review", FAILED: "Scan failed", UNSAFE: "Unsafe"}
_SENTENCES = {
    None: "The files were never scanned.",
    "queued": "The scan has not begun yet.",
    "scanning": "The scan is still running.",
    CLEAN: "The scan found nothing wrong.",
    NEEDS_REVIEW: "The scan found things that a person must look at.",
    UNSAFE: "The scan found the files unsafe.",
    FAILED: "The scan failed, so nothing is known about the files.",
}
_FEW = 3


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding, as far as it matters here."""

    key: str
    severity: str
    rule: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A waiver that is in force: what it covers, who takes it upon themselves, why, and until when.

    `heaviest` is the weight up to which it does.
    """

    pk: int
    keys: frozenset[str]
    by: str
    reason: str
    ends_at: datetime | None = None
    heaviest: str = NEEDS_REVIEW


@dataclass(frozen=True)
class Standing:
    """A verdict and what it comes to. `remaining` are the findings that nobody has accepted, without mere notes.

    `is_current` says whether the present engine, rules and list stand behind it; an older verdict opens no gate.
    """

    verdict: str | None
    effective: str | None
    sentence: str
    is_current: bool = True
    remaining: tuple[Remark, ...] = ()
    waivers: tuple[Acceptance, ...] = ()
    names: tuple[str, ...] = ()
    # Why the files are in quarantine; empty if they are not.
    kept_because: str = ""

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is left of what the scan found, because of people and not because it found nothing."""
        return self.effective == CLEAN and self.verdict != CLEAN

    @property
    def is_clean(self) -> bool:
        """Whether the files pass: the present engine is content with them, or somebody answers for the rest."""
        return self.is_current and self.effective == CLEAN

    @property
    def is_unsafe(self) -> bool:
        """Whether readers are kept from the files."""
        return self.effective == UNSAFE

    def answers_for(self, remark: Remark) -> bool:
        """Whether a waiver or an allowed name takes this finding away; a note needs neither."""
        return weight(remark.severity) > 0 and remark not in self._left

    @cached_property
    def _left(self) -> frozenset[Remark]:
        return frozenset(self.remaining)


def standing(
    verdict: str | None,
    findings: Sequence[Remark] = (),
    *,
    allowed_names: Collection[str] = (),
    waivers: Sequence[Acceptance] = (),
    quarantines: Sequence[str] = (),
    is_current: bool = True,
) -> Standing:
    """What `verdict` with these findings comes to, where these names are allowed and these waivers are in force.

    Without anything taken away it is the verdict itself, also where the findings do not bear it out.
    """
    weighing = [remark for remark in findings if weight(remark.severity) > 0]
    named: list[str] = []
    accepted: set[str] = set()
    covered = _covered(waivers)
    left: list[Remark] = []
    for remark in weighing:
        if _is_allowed(remark, allowed_names):
            named.append(remark.subject)
        elif weight(remark.severity) <= covered.get(remark.key, -1):
            accepted.add(remark.key)
        else:
            left.append(remark)
    effective = verdict
    if (
        len(left) < len(weighing)
        and verdict in _WEIGHTS
        and heaviest(remark.severity for remark in weighing) == verdict
    ):
        effective = heaviest(remark.severity for remark in left)
    used = tuple(waiver for waiver in waivers if waiver.keys & accepted)
    names = tuple(dict.fromkeys(named))
    said = _sentence(verdict, effective, used, names, len(weighing) - len(left), len(weighing))
    if not is_current and verdict in _WEIGHTS:
        said = f"The last scan is by older rules, so the files are scanned again before it counts. It said: {said}"
    kept_because = " ".join(f"{reason.strip().rstrip('.')}." for reason in quarantines)
    if quarantines:
        effective = UNSAFE
        said = f"In quarantine: {kept_because} {said}"
    return Standing(verdict, effective, said, is_current, tuple(left), used, names, kept_because)


def until(waiver: Acceptance) -> str:
    """Who accepts, and until when, in words: “Ann until 3 May 2027”."""
    return f"{waiver.by} until {waiver.ends_at:%-d %B %Y}" if waiver.ends_at else waiver.by


def weight(severity: str) -> int:
    """How heavy a verdict, or a finding, is: 0 for what is clean and for notes."""
    return _WEIGHTS.index(severity) if severity in _WEIGHTS else 0


def heaviest(severities: Iterable[str]) -> str:
    """The heaviest of them; clean for none."""
    return max(severities, key=weight, default=CLEAN)


def _covered(waivers: Sequence[Acceptance]) -> dict[str, int]:
    """Up to which weight each key is accepted."""
    covered: dict[str, int] = {}
    for waiver in waivers:
        for key in waiver.keys - {""}:
            covered[key] = max(weight(waiver.heaviest), covered.get(key, 0))
    return covered


def _is_allowed(remark: Remark, names: Collection[str]) -> bool:
    return remark.rule in RULES_OF_NAMES and remark.severity == NEEDS_REVIEW and remark.subject in names


def _sentence(
    verdict: str | None,
    effective: str | None,
    waivers: Sequence[Acceptance],
    names: Sequence[str],
    taken: int,
    count: int,
) -> str:
    if not taken or verdict not in _WORDS:
        return _SENTENCES[verdict]
    rests_on = [f"accepted by {until(waiver)}: {waiver.reason.strip().rstrip('.')}" for waiver in waivers]
    if names:
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        rests_on.append(f"this registry allows {', '.join(names[:_FEW])}{more}")
    if effective == CLEAN:
        return f"{_WORDS[verdict]}; {'; '.join(rests_on)}."
    left = count - taken
    open_ones = f"{left} of {count} findings {'is' if left == 1 else 'are'} not accepted"
    return f"{_WORDS[effective or verdict]}: {open_ones}. The rest: {'; '.join(rests_on)}."
