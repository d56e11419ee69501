"""What the engine has to say about a file, and how findings add up to a verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How a finding weighs, from the lightest to the heaviest. A note changes no verdict."""

    NOTE = "note"
    NEEDS_REVIEW = "needs-review"
    FAILED = "failed"
    UNSAFE = "unsafe"


class Verdict(StrEnum):
    """The word for a file or a version; only clean passes the gate by itself."""

    CLEAN = "clean"
    NEEDS_REVIEW = "needs-review"
    FAILED = "failed"
    UNSAFE = "unsafe"


WEIGHTS = list(Severity)
VERDICTS = {
    Severity.NOTE: Verdict.CLEAN,
    Severity.NEEDS_REVIEW: Verdict.NEEDS_REVIEW,
    Severity.FAILED: Verdict.FAILED,
    Severity.UNSAFE: Verdict.UNSAFE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on one file.

    `file` is its path in the version, `position` where inside it ("inner.zip > a.pkl, byte 12"), `subject` exactly what
    it is about, for programs: a module-level name, an operator, an address.
    """

    file: str
    scanner: str
    severity: Severity
    rule: str
    message: str
    advice: str
    position: str
    subject: str = ""


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The verdict of the heaviest finding; clean when there is none."""
    heaviest = max((finding.severity for finding in findings), key=WEIGHTS.index, default=Severity.NOTE)
    return VERDICTS[heaviest]


def printable(text: str, length: int) -> str:
    """Text from a file, safe to print and to store: no control characters or lone surrogates, at most `length` long."""
    shown = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:length]
    )
    return shown if len(text) <= length else shown[:-1] + "…"
