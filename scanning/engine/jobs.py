"""A job of the engine: the files of one version in, one report out. Plain JSON values on both sides."""

import gc
import json
import os
import stat
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from scanning.engine import (
    allow_list,
    chat_templates,
    file_names,
    mlmodels,
    readers,
    requirements,
    rules,
    scripts,
    texts,
)
from scanning.engine.context import Budget, Context, LimitReached
from scanning.engine.findings import Finding, Verdict, verdict_of
from scanning.engine.sources import FileSource, Source

ENGINE = "1"
MOST_FINDINGS = 2_000
MOST_FORMATS = 2_000


def answer(job: BinaryIO, report: BinaryIO) -> int:
    """Read a job, write its report; the exit status of the process."""
    # One short job that makes hardly any cycles: collecting them would cost most of the time of a large pickle.
    gc.disable()
    result = scan(json.loads(job.read())["files"])
    report.write(json.dumps(result).encode())
    report.flush()
    return 0


def scan(files: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Scan files given as {"path", "source", "size"}. Never raises for what is in them."""
    budget = Budget()
    formats: dict[str, str] = {}
    facts: dict[str, object] = {"formats": formats}
    findings: list[Finding] = []
    paths = sorted(str(file["path"]) for file in files)
    for path, sentence in file_names.remarks(paths):
        context = Context(path, readers.read, budget)
        context.found("name.unusual", sentence)
        findings += context.findings
    if not files:
        context = Context("", readers.read, budget)
        context.found("engine.no-files", "The version has no files.")
        findings += context.findings
    siblings = frozenset(paths)
    # A folder's own MLmodel stands above those deeper down, so its facts are the ones that stay.
    for file in sorted(files, key=lambda file: (str(file["path"]).count("/"), str(file["path"])), reverse=True):
        context = Context(str(file["path"]), readers.read, budget, siblings=siblings)
        _scan_file(file, context, facts)
        if context.format and len(formats) < MOST_FORMATS:
            formats[context.file] = context.format
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


def _scan_file(file: Mapping[str, object], context: Context, facts: dict[str, object]) -> None:
    try:
        descriptor = os.open(str(file["source"]), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        context.found("engine.changed", "The file is not in the store.")
        return
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != file["size"]:
            context.found("engine.changed", "The file in the store has another size than was recorded.")
            return
        _read(FileSource(descriptor, status.st_size), context, facts)
    finally:
        os.close(descriptor)


def _read(source: Source, context: Context, facts: dict[str, object]) -> None:
    try:
        readers.read(source, context)
        _read_by_name(source, context, facts)
    except LimitReached as limit:
        context.found(limit.rule, limit.message)
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
    elif name.endswith((".jinja", ".jinja2", ".j2")):
        chat_templates.read_template(source, context)
    elif name.lower().endswith((".md", ".markdown")):
        texts.read_shown(source, context)
    elif context.format in ("text", "vocabulary") and (kind := scripts.kind_by_name(name)):
        context.found("text.code", f"The file is {kind}, to go by its name.", subject=kind)


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
