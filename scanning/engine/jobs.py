"""A job of the engine: the files of one version in, one report out. Plain JSON values on both sides."""

import gc
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from scanning.engine import (
    ENGINE,
    allow_list,
    file_names,
    graph_files,
    known_names,
    package_lists,
    readers,
    rules,
)
from scanning.engine.context import Budget, Context, LimitReached
from scanning.engine.dependencies import collected
from scanning.engine.findings import Finding, Verdict, verdict_of
from scanning.engine.folders import Folder
from scanning.engine.line import AskedSource, Line
from scanning.engine.sources import Changed, FileSource, Source

MOST_FINDINGS = 2_000
MOST_FORMATS = 2_000

File = Mapping[str, Any]
Opener = Callable[[File], AbstractContextManager[Source]]
Read = Callable[[Source, Context], None]


def answer(line: Line, report: BinaryIO) -> int:
    """Take the job from a line, write its report; the exit status of the process."""
    # One short job that makes hardly any cycles: collecting them would cost most of the time of a large pickle.
    gc.disable()
    files = [{**file, "source": number} for number, file in enumerate(json.loads(line.job())["files"])]
    result = scan(files, lambda file: nullcontext(AskedSource(line, file["source"], file["size"])))
    report.write(json.dumps(result).encode())
    report.flush()
    return 0


@contextmanager
def open_file(file: File) -> Iterator[Source]:
    """A file of this machine, for callers that trust it; never what a link leads to. Raises Changed."""
    try:
        descriptor = os.open(str(file["source"]), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise Changed("The file is not in the store.") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != file["size"]:
            raise Changed("The file in the store has another size than was recorded.")
        yield FileSource(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def scan(files: Sequence[File], opened: Opener = open_file) -> dict[str, object]:
    """Scan files given as {"path", "source", "size"}; `opened` says what a source is.

    Never raises for what is in them.
    """
    job = _Job(opened, Folder({str(file["path"]): file["size"] for file in files}))
    for path, sentence in file_names.remarks(sorted(job.folder.sizes)):
        job.say(path, "name.unusual", sentence)
    if not files:
        job.say("", "engine.no-files", "The version has no files.")
    # A folder's own MLmodel stands above those deeper down, so its facts are the ones that stay.
    ordered = sorted(files, key=lambda file: (str(file["path"]).count("/"), str(file["path"])), reverse=True)
    # Files that only hold the numbers of others are understood through those, which therefore come first.
    for file in sorted(ordered, key=lambda file: not job.describes_others(file)):
        job.read(file, job.by_content_and_name)
    job.read_named_lists(files)
    kept = _kept(sorted(job.findings, key=lambda finding: finding.file))
    return {
        "engine": ENGINE,
        "rules": rules.VERSION,
        "allow_list": allow_list.version(),
        "verdict": verdict_of(kept),
        "findings": [_shape(finding) for finding in kept],
        "facts": {**job.facts, "formats": job.formats},
    }


@dataclass
class _Job:
    """The work on one version, and what has come of it so far."""

    opened: Opener
    folder: Folder
    budget: Budget = field(default_factory=Budget)
    formats: dict[str, str] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def say(self, path: str, rule: str, message: str) -> None:
        """Report what no reader finds."""
        context = Context(path, readers.read, self.budget)
        context.found(rule, message)
        self.findings += context.findings

    def read(self, file: File, read: Read) -> None:
        """Have one file read, whatever it provokes; what was found is kept."""
        context = Context(str(file["path"]), readers.read, self.budget, folder=self.folder)
        try:
            with self.opened(file) as source:
                _read(read, source, context)
        except Changed as problem:
            context.found("engine.changed", str(problem))
        package_lists.report_missing(collected(self.facts), context, self.folder.sizes)
        if context.format and len(self.formats) < MOST_FORMATS:
            self.formats.setdefault(context.file, context.format)
        context.say_what_was_cut()
        self.findings += context.findings

    def describes_others(self, file: File) -> bool:
        """Whether a file may say what is in others; nothing is reported yet."""
        try:
            with self.opened(file) as source:
                return graph_files.describes_others(str(file["path"]), source)
        except Exception:  # noqa: BLE001 - reading the file itself will report whatever is wrong with it
            return False

    def by_content_and_name(self, source: Source, context: Context) -> None:
        """Everything about a file: what its content says, and what its name adds to that."""
        readers.read(source, context)
        known_names.read(source, context, self.facts)

    def read_named_lists(self, files: Sequence[File]) -> None:
        """Read the files that others name as lists of packages, until they name no further ones."""
        seen: set[str] = set()
        while named := package_lists.still_named(collected(self.facts), files):
            for kind, file in named:
                if str(file["path"]) not in seen:
                    seen.add(str(file["path"]))
                    self.read(file, partial(package_lists.read_list, kind, facts=self.facts))


def _read(read: Read, source: Source, context: Context) -> None:
    try:
        read(source, context)
    except LimitReached as limit:
        context.found(limit.rule, limit.message)
    except Changed:
        raise
    except MemoryError:
        context.found("engine.memory", "Reading the file takes more memory than the gate has.")
    except Exception as problem:  # noqa: BLE001 - what a hostile file provokes is an answer about it, not the end
        context.found("engine.error", f"The engine could not read the file ({type(problem).__name__}).")


def _kept(findings: list[Finding]) -> list[Finding]:
    """The heaviest findings, when there are too many to store, and a last one that says so."""
    if len(findings) <= MOST_FINDINGS:
        return findings
    heaviest = verdict_of(findings)
    weighed = sorted(findings, key=lambda finding: verdict_of([finding]) != heaviest)
    rest = Context("", readers.read)
    cut = "engine.more-unsafe" if heaviest is Verdict.UNSAFE else "engine.more"
    rest.found(cut, f"{len(findings) - MOST_FINDINGS:,} more findings of this version are not listed.")
    return [*weighed[:MOST_FINDINGS], *rest.findings]


def _shape(finding: Finding) -> dict[str, str]:
    return {
        "file": finding.file,
        "scanner": finding.scanner,
        "severity": finding.severity,
        "rule": finding.rule,
        "message": finding.message,
        "advice": finding.advice,
        "position": finding.position,
        "subject": finding.subject,
    }
