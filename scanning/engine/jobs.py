"""A job of the engine: the files of one version in, one report out. Plain JSON values on both sides."""

import gc
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, BinaryIO

from scanning.engine import ENGINE, allow_list, mlmodels, readers, requirements, rules
from scanning.engine.context import Budget, Context, LimitReached
from scanning.engine.findings import Finding, Verdict, verdict_of
from scanning.engine.line import AskedSource, Line
from scanning.engine.sources import Changed, FileSource, Source

MOST_FINDINGS = 2_000

Opener = Callable[[Mapping[str, Any]], AbstractContextManager[Source]]


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
def open_file(file: Mapping[str, object]) -> Iterator[Source]:
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


def scan(files: Sequence[Mapping[str, object]], opened: Opener = open_file) -> dict[str, object]:
    """Scan files given as {"path", "source", "size"}; `opened` says what a source is.

    Never raises for what is in them.
    """
    budget = Budget()
    facts: dict[str, object] = {}
    findings: list[Finding] = []
    if not files:
        context = Context("", readers.read, budget)
        context.found("engine.no-files", "The version has no files.")
        findings += context.findings
    # A folder's own MLmodel stands above those deeper down, so its facts are the ones that stay.
    for file in sorted(files, key=lambda file: (str(file["path"]).count("/"), str(file["path"])), reverse=True):
        context = Context(str(file["path"]), readers.read, budget)
        try:
            with opened(file) as source:
                _read(source, context, facts)
        except Changed as problem:
            context.found("engine.changed", str(problem))
        context.say_what_was_cut()
        findings += context.findings
    kept = _kept(sorted(findings, key=lambda finding: finding.file))
    return {
        "engine": ENGINE,
        "rules": rules.VERSION,
        "allow_list": allow_list.version(),
        "verdict": verdict_of(kept),
        "findings": [_shape(finding) for finding in kept],
        "facts": facts,
    }


def _read(source: Source, context: Context, facts: dict[str, object]) -> None:
    try:
        readers.read(source, context)
        _read_by_name(source, context, facts)
    except LimitReached as limit:
        context.found(limit.rule, limit.message)
    except Changed:
        raise
    except MemoryError:
        context.found("engine.memory", "Reading the file takes more memory than the gate has.")
    except Exception as problem:  # noqa: BLE001 - what a hostile file provokes is an answer about it, not the end
        context.found("engine.error", f"The engine could not read the file ({type(problem).__name__}).")


def _read_by_name(source: Source, context: Context, facts: dict[str, object]) -> None:
    """Files that MLflow finds by their name mean more than their content says; this only ever adds findings."""
    name = context.file.rpartition("/")[2]
    if name == "MLmodel":
        facts.update(mlmodels.read_mlmodel(source, context))
    elif name == "requirements.txt":
        facts["requirements"] = requirements.read_requirements(source, context)
    elif name in ("conda.yaml", "conda.yml"):
        requirements.read_conda(source, context)
    elif name == "python_env.yaml":
        requirements.read_python_environment(source, context)


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
