"""Records of the OSV schema 1.x as they come: checked, and read as far as packages of PyPI go. No database.

https://ossf.github.io/osv-schema/
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from supply.audit.cvss import base_score
from supply.models import Severity

MOST_AFFECTED = 5_000
MOST_VERSIONS = 100_000
LONGEST_VERSION = 128
LONGEST_SUMMARY = 2_000
# From the lightest to the worst.
WEIGHTS = list(Severity)
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_EVENTS = {"introduced", "fixed", "last_affected", "limit"}
_WORDS = {
    "low": Severity.LOW,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "important": Severity.HIGH,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}
_NUL = re.compile(rb"\\u0000")


class BadRecord(Exception):
    """What is wrong with a record, as a sentence."""


@dataclass(frozen=True, slots=True)
class AffectedName:
    """What a record says about one package of PyPI; ranges and versions as AffectedPackage keeps them."""

    package: str
    ranges: list[dict[str, Any]]
    versions: list[str]


@dataclass(frozen=True, slots=True)
class Record:
    """One advisory."""

    identifier: str
    modified: datetime
    withdrawn: datetime | None
    aliases: list[str]
    summary: str
    severity: Severity
    score: float | None
    affected: list[AffectedName]
    document: dict[str, Any]


def read_record(raw: bytes) -> Record:
    """The record in these bytes. Raises BadRecord for what is no OSV record of version 1."""
    document = _document(raw)
    version = str(document.get("schema_version", "1.0.0"))
    if not re.fullmatch(r"1(\.[0-9]+)*", version):
        raise BadRecord(f"It follows version {version[:20]} of the OSV schema, not version 1.")
    identifier = document.get("id")
    if not isinstance(identifier, str) or not _IDENTIFIER.fullmatch(identifier):
        raise BadRecord("It has no identifier.")
    aliases = _listed(document, "aliases", identifier)
    if not all(isinstance(name, str) and len(name) <= 200 for name in aliases):
        raise BadRecord(f"The aliases of {identifier} are no list of names.")
    withdrawn = document.get("withdrawn")
    severity, score = _severity(identifier, document)
    return Record(
        identifier=identifier,
        modified=_moment(document.get("modified"), identifier),
        withdrawn=_moment(withdrawn, identifier) if withdrawn is not None else None,
        aliases=aliases,
        summary=_summary(document),
        severity=severity,
        score=score,
        affected=list(_affected(document, identifier)),
        document=document,
    )


def worst(severities: Iterable[Severity]) -> Severity:
    """The worst of them; unknown for none."""
    return max(severities, key=WEIGHTS.index, default=Severity.UNKNOWN)


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(raw)
    except ValueError:
        raise BadRecord("It is not valid JSON.") from None
    if not isinstance(document, dict):
        raise BadRecord("It is no JSON object.")
    # PostgreSQL cannot store one, and no record means anything by it.
    return _without_nul(document) if _NUL.search(raw) else document


def _without_nul(value: Any) -> Any:
    match value:
        case str():
            return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case dict():
            return {_without_nul(key): _without_nul(item) for key, item in value.items()}
        case list():
            return [_without_nul(item) for item in value]
    return value


def _moment(said: object, identifier: str) -> datetime:
    if isinstance(said, str) and len(said) <= 40:
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            pass
        else:
            if moment.tzinfo is not None and 1970 < moment.year < 9000:
                return moment.astimezone(UTC)
    raise BadRecord(f"{identifier} does not say when it was changed or withdrawn, as YYYY-MM-DDThh:mm:ssZ.")


def _summary(document: Mapping[str, Any]) -> str:
    """The summary, or the first line of the details; plain text of one line."""
    for key in ("summary", "details"):
        if isinstance(text := document.get(key), str) and text.strip():
            return " ".join(text.strip().split("\n")[0].split())[:LONGEST_SUMMARY]
    return ""


def _severity(identifier: str, document: Mapping[str, Any]) -> tuple[Severity, float | None]:
    """The worst that the vectors and the database say, with the highest base score. Version 4 has no score here."""
    found: list[Severity] = []
    scores: list[float] = []
    affected = [one for one in _listed(document, "affected", identifier) if isinstance(one, dict)]
    for part in [document, *affected]:
        for said in part.get("severity") or [] if isinstance(part.get("severity"), list) else []:
            text = said.get("score") if isinstance(said, dict) else None
            if not isinstance(text, str):
                continue
            if (score := base_score(text)) is not None:
                scores.append(score)
                found.append(rating(score))
            elif word := _WORDS.get(text.strip().lower()):
                found.append(word)
        for key in ("database_specific", "ecosystem_specific"):
            told = part.get(key)
            word = told.get("severity") if isinstance(told, dict) else None
            if isinstance(word, str) and word.strip().lower() in _WORDS:
                found.append(_WORDS[word.strip().lower()])
    if identifier.startswith("MAL-"):
        return Severity.MALICIOUS, max(scores, default=None)
    return worst(found), max(scores, default=None)


def rating(score: float) -> Severity:
    """The word for a base score (CVSS 3.1, section 5); 0.0 is the lightest that a vulnerability can be."""
    if score >= 9:
        return Severity.CRITICAL
    if score >= 7:
        return Severity.HIGH
    return Severity.MEDIUM if score >= 4 else Severity.LOW


def _affected(document: Mapping[str, Any], identifier: str) -> Iterable[AffectedName]:
    entries = _listed(document, "affected", identifier)
    if len(entries) > MOST_AFFECTED or not all(isinstance(entry, dict) for entry in entries):
        raise BadRecord(f"{identifier} does not say as it should what is affected.")
    for entry in entries:
        package = entry.get("package") or {}
        if not isinstance(package, dict):
            raise BadRecord(f"{identifier} does not name the package that is affected.")
        if str(package.get("ecosystem", "")).partition(":")[0] != "PyPI":
            continue
        name = package.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,214}", name):
            raise BadRecord(f"{identifier} does not name the package that is affected.")
        yield AffectedName(normalised(name), _ranges(entry, identifier), _versions(entry, identifier))


def normalised(name: str) -> str:
    """The one spelling of the name of a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _ranges(entry: Mapping[str, Any], identifier: str) -> list[dict[str, Any]]:
    ranges = _listed(entry, "ranges", identifier)
    if not all(isinstance(one, dict) for one in ranges):
        raise BadRecord(f"The ranges of {identifier} are no ranges.")
    kept = []
    for one in ranges:
        if one.get("type") != "ECOSYSTEM":
            continue  # commits and semantic versions, which PyPI does not have
        events = one.get("events")
        if not isinstance(events, list) or len(events) > MOST_VERSIONS or not all(map(_is_event, events)):
            raise BadRecord(f"A range of {identifier} has no list of events.")
        kept.append({"type": "ECOSYSTEM", "events": events})
    return kept


def _is_event(event: object) -> bool:
    return (
        isinstance(event, dict)
        and bool(event)
        and event.keys() <= _EVENTS
        and all(isinstance(at, str) and 0 < len(at) <= LONGEST_VERSION for at in event.values())
    )


def _versions(entry: Mapping[str, Any], identifier: str) -> list[str]:
    versions = _listed(entry, "versions", identifier)
    if len(versions) > MOST_VERSIONS or not all(
        isinstance(version, str) and len(version) <= LONGEST_VERSION for version in versions
    ):
        raise BadRecord(f"The versions of {identifier} are no texts of a reasonable length.")
    return versions


def _listed(part: Mapping[str, Any], key: str, identifier: str) -> list[Any]:
    """The list under this key; empty where there is none."""
    value = part.get(key)
    if value is not None and not isinstance(value, list):
        raise BadRecord(f"What {identifier} has under “{key}” is no list.")
    return value or []
