"""What the engine answers, checked before anybody believes it. No Django here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from scanning.engine.findings import Finding, Severity, Verdict, verdict_of

MOST_TEXT = 4_096
FINDING_FIELDS = ("file", "scanner", "severity", "rule", "message", "advice", "position", "subject")


@dataclass(frozen=True, slots=True)
class Report:
    """What the engine said of a version, checked. `verdict` is never better than its findings."""

    engine: str
    rules: str
    allow_list: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)


class BadReport(Exception):
    """A sentence: what is wrong with the engine's answer."""


def read_report(answer: bytes, paths: set[str]) -> Report:
    """The engine's answer as a report, with nothing taken on trust. BadReport when it has another form."""
    try:
        document = json.loads(answer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadReport("The scan gave no readable answer.") from None
    if not isinstance(document, dict):
        raise BadReport("The scan gave no readable answer.")
    words = [document.get(key) for key in ("engine", "rules", "allow_list", "verdict")]
    listed, facts = document.get("findings"), document.get("facts")
    if not all(_is_word(word) for word in words) or not isinstance(listed, list) or not isinstance(facts, dict):
        raise BadReport("The scan gave an answer of another form than it should.")
    findings = tuple(_read_finding(entry) for entry in listed)
    if not paths | {""} >= {finding.file for finding in findings}:
        raise BadReport("The scan speaks of a file that it was not given.")
    verdict = verdict_of(findings)
    if document["verdict"] != verdict:
        raise BadReport("The scan gave a verdict that its findings do not bear out.")
    engine, rules, allow_list, _ = (str(word) for word in words)
    return Report(engine, rules, allow_list, verdict, findings, facts)


def _read_finding(entry: object) -> Finding:
    if not isinstance(entry, dict) or not all(_is_word(entry.get(key)) for key in FINDING_FIELDS):
        raise BadReport("The scan gave an answer of another form than it should.")
    if entry["severity"] not in tuple(Severity):
        raise BadReport("The scan gave a finding of unknown weight.")
    texts = {key: str(entry[key]) for key in FINDING_FIELDS if key != "severity"}
    return Finding(severity=Severity(entry["severity"]), **texts)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MOST_TEXT


def failed(sentence: str) -> Report:
    """The report on files that could not be looked at."""
    finding = Finding(
        file="",
        scanner="sandbox",
        severity=Severity.FAILED,
        rule="sandbox.failed",
        message=sentence,
        advice="Scan again; if it fails again, have a reviewer look at the files.",
        position="",
    )
    return Report("", "", "", Verdict.FAILED, (finding,))
