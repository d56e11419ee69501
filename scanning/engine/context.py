"""What a reader knows besides the bytes: where it is, how much work is left, and whom to tell."""

from dataclasses import dataclass, field
from typing import Protocol

from scanning.engine.findings import Finding, Severity, printable
from scanning.engine.folders import Folder
from scanning.engine.rules import RULES
from scanning.engine.sources import Slice, Source

DEPTH = 8
MEMBERS = 10_000
OPCODES = 20_000_000
INFLATED_BYTES = 8 << 30
KEPT_BYTES = 128 << 20
KEPT_PER_RULE = 20
MESSAGE_LENGTH = 400
POSITION_LENGTH = 64
SUBJECT_LENGTH = 512


class LimitReached(Exception):
    """A rule's name and a sentence: the engine stops here, and the file is not clean."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


@dataclass(slots=True)
class Budget:
    """Work left for one version, over all its files, however deep they are nested."""

    members: int = MEMBERS
    opcodes: int = OPCODES
    inflated: int = INFLATED_BYTES
    kept: int = KEPT_BYTES

    def take_member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise LimitReached("archive.limit", f"The archives of this version hold more than {MEMBERS:,} members.")

    def take_inflated(self, size: int) -> None:
        self.inflated -= size
        if self.inflated < 0:
            raise LimitReached(
                "archive.bomb", "The compressed files of this version unpack to more than the gate reads."
            )


class Reader(Protocol):
    """Reads one source and reports to the context."""

    def __call__(self, source: Source, context: "Context", /) -> None: ...


@dataclass(slots=True)
class Context:
    """Where a reader stands.

    `file` is the path in the version, `place` the names of the archives' members on the way, `folder` what lies beside
    it; `format` a word for what the bytes turned out to be.
    """

    file: str
    reader: "Reader"
    budget: Budget = field(default_factory=Budget)
    place: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    folder: Folder = field(default_factory=Folder)
    format: str = ""

    def recognised(self, word: str) -> None:
        """Say what the bytes are; the reader that knows it best speaks last."""
        self.format = word

    @property
    def name(self) -> str:
        """The path of what is being read among the files that lie beside it."""
        return self.place[-1] if self.place else self.file

    def inside(self, name: str, folder: Folder | None = None) -> "Context":
        """The context of a member of `folder`; LimitReached when archives are nested too deep."""
        if len(self.place) >= DEPTH:
            raise LimitReached("archive.limit", f"Archives are nested more than {DEPTH} deep.")
        place = (*self.place, name)
        return Context(self.file, self.reader, self.budget, place, self.findings, self.counts, folder or Folder())

    def found(self, rule: str, message: str, at: int | None = None, *, subject: str = "") -> None:
        """Report `message` under a rule, at a byte offset if there is one. Many of the same kind are cut short."""
        severity, advice = RULES[rule]
        self.counts[rule] = self.counts.get(rule, 0) + 1
        if self.counts[rule] > KEPT_PER_RULE:
            return
        finding = Finding(
            file=self.file,
            scanner=rule.partition(".")[0],
            severity=severity,
            rule=rule,
            message=printable(message, MESSAGE_LENGTH),
            advice=advice,
            position=self._position(at),
            subject=printable(subject, SUBJECT_LENGTH),
        )
        if finding not in self.findings:
            self.findings.append(finding)

    def say_what_was_cut(self) -> None:
        """Report that there is more than was kept, as heavy as it is: nobody takes upon them what they cannot see."""
        for rule, count in list(self.counts.items()):
            severity = RULES[rule][0]
            if count > KEPT_PER_RULE and severity is not Severity.NOTE:
                cut = "engine.more-unsafe" if severity is Severity.UNSAFE else "engine.more"
                self.found(cut, f"{count - KEPT_PER_RULE:,} more findings of the kind {rule} are not listed.")

    def read_member(self, name: str, source: Source, folder: Folder | None = None) -> None:
        """Have a part of this file read by its own content, as if it were a file.

        A limit ends the part, not the file.
        """
        try:
            self.budget.take_member()
            self.reader(source, self.inside(name, folder))
        except LimitReached as limit:
            self.found(limit.rule, limit.message)

    def read_behind(self, source: Source, at: int) -> None:
        """Report bytes behind the end of a picture or a sound, and have them read as well."""
        self.found("image.trailing", f"{source.size - at:,} bytes follow the end of the picture.", at)
        self.read_member(f"(behind byte {at})", Slice(source, at, source.size - at))

    def _position(self, at: int | None) -> str:
        where = "" if at is None else f"byte {at}"
        names = printable(" > ".join(self.place), 1 << 16)
        position = ", ".join(part for part in (names, where) if part)
        return position if len(position) <= POSITION_LENGTH else "…" + position[1 - POSITION_LENGTH :]
