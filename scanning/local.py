"""Scans a file or a folder that lies on this machine, before anybody uploads it.

No Django here: the `gatehouse` command uses this as well as `manage.py scan`.
"""

import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from scanning.engine.findings import Finding, Severity, Verdict, printable, verdict_of
from scanning.sandbox import Report, ScanFile, scan_files

EXIT_STATUS: Mapping[Verdict, int] = {
    Verdict.CLEAN: 0,
    Verdict.UNSAFE: 1,
    Verdict.NEEDS_REVIEW: 2,
    Verdict.FAILED: 3,
}
VERDICT_WORDS: Mapping[Verdict, str] = {
    Verdict.CLEAN: "Clean",
    Verdict.UNSAFE: "Unsafe",
    Verdict.NEEDS_REVIEW: "Needs review",
    Verdict.FAILED: "Failed",
}
LONGEST_LINE = 1_000
SAY_EVERY_SECONDS = 3.0

Say = Callable[[str], None]


def scan_path(path: Path, *, say: Say | None = None) -> Report:
    """The engine's report on a file, or on every file of a folder, hidden ones too. Never raises for what is in them.

    Raises FileNotFoundError when there is nothing at `path`. A link below it is not followed: what it points to stays
    unknown, which is a finding. `say` hears now and then how far it is.
    """
    start = path.resolve(strict=True)
    files, refused = _listed(start)
    size = sum(file.size for file in files)
    with _saying(say, f"{_counted(len(files), 'file')}, {_size(size)}"):
        report = scan_files(files)
    if refused:
        findings = (*refused, *(found for found in report.findings if files or found.rule != "engine.no-files"))
        report = replace(report, findings=findings, verdict=verdict_of(findings))
    return report


def as_json(report: Report) -> dict[str, object]:
    """The report as plain values: the verdict, the findings, and which rules and list it rests on."""
    return {
        "verdict": str(report.verdict),
        "findings": [asdict(finding) for finding in report.findings],
        "engine": report.engine,
        "rules": report.rules,
        "allow_list": report.allow_list,
    }


def as_text(report: Report) -> str:
    """The report for people: the verdict, then what was found, by file. Nothing in it can steer a terminal."""
    lines = [f"{VERDICT_WORDS[report.verdict]}: {_summary(report)}"]
    file: str | None = None
    for finding in sorted(report.findings, key=lambda found: found.file):
        if finding.file != file:
            file = finding.file
            lines += ["", printable(file, LONGEST_LINE) or "The whole"]
        where = f" ({printable(finding.position, LONGEST_LINE)})" if finding.position else ""
        lines.append(f"  {finding.severity}: {printable(finding.message, LONGEST_LINE)} [{finding.rule}]{where}")
        lines.append(f"    {printable(finding.advice, LONGEST_LINE)}")
    if report.engine:
        lines += ["", f"Engine {report.engine}, rules {report.rules}, allow list {report.allow_list}."]
    return "\n".join(lines)


def _listed(start: Path) -> tuple[list[ScanFile], list[Finding]]:
    """Every file below, and a finding for everything that is none or cannot be read."""
    if not start.is_dir():
        return _entry(start, start.name)
    files: list[ScanFile] = []
    refused: list[Finding] = []

    def unreadable(error: OSError) -> None:
        name = Path(os.fsdecode(error.filename)).relative_to(start).as_posix()
        refused.append(_refusal(name, f"The folder cannot be read: {error.strerror}.", READABLE))

    for folder, folders, names in os.walk(start, onerror=unreadable, followlinks=False):
        folders.sort()
        for name in sorted(names) + [name for name in folders if Path(folder, name).is_symlink()]:
            entry = Path(folder, name)
            found, problems = _entry(entry, entry.relative_to(start).as_posix())
            files += found
            refused += problems
    return files, refused


READABLE = "Let the user who scans read it, or leave it out of what is uploaded."
REAL = "Scan a copy in which files stand instead of links (`cp -rL`); that is also what an upload would send."


def _entry(entry: Path, name: str) -> tuple[list[ScanFile], list[Finding]]:
    try:
        status = entry.lstat()
    except OSError as error:
        return [], [_refusal(name, f"It cannot be read: {error.strerror}.", READABLE)]
    if stat.S_ISLNK(status.st_mode):
        return [], [
            _refusal(name, "It is a link, which is not followed, so nothing is known of what it stands for.", REAL)
        ]
    if not stat.S_ISREG(status.st_mode):
        return [], [_refusal(name, "It is neither a file nor a folder.", "Leave it out of what is uploaded.")]
    if not os.access(entry, os.R_OK):
        return [], [_refusal(name, "The file cannot be read: permission denied.", READABLE)]
    return [ScanFile(name, entry, status.st_size)], []


def _refusal(name: str, message: str, advice: str) -> Finding:
    return Finding(name, "local", Severity.FAILED, "local.unread", message, advice, "")


def _summary(report: Report) -> str:
    weights = [found.severity for found in report.findings]
    counted = [(weights.count(weight), weight) for weight in reversed(Severity) if weight in weights]
    if not counted:
        return "every byte was understood, and nothing is wrong."
    return ", ".join(f"{count} {weight}" for count, weight in counted) + "."


@contextmanager
def _saying(say: Say | None, what: str) -> Iterator[None]:
    """Tell after a while, and then now and then, that the scan goes on."""
    if say is None:
        yield
        return
    done = threading.Event()

    def tell() -> None:
        seconds = 0.0
        while not done.wait(SAY_EVERY_SECONDS):
            seconds += SAY_EVERY_SECONDS
            say(f"Scanning {what}: {seconds:.0f} seconds so far.")

    thread = threading.Thread(target=tell, name="scan-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _size(size: int) -> str:
    for unit, bytes_each in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_each:
            return f"{size / bytes_each:,.1f} {unit}"
    return _counted(size, "byte")
