"""Writes a bill of materials as CycloneDX 1.6 JSON (ECMA-424). Pure: facts in, bytes out.

The same facts give the same bytes on every machine: keys and lists are sorted, the time is that of the version, the
serial number follows from the content, and numbers and texts are spelled as RFC 8785 has it, so the bytes can be signed
as they are.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

import orjson

from lib import digests
from lib.clock import from_ms
from supply.bills.cards import model_card
from supply.bills.facts import Ancestor, Facts, File, Opinion, Package, Weakness
from supply.licences.expressions import BadLicence, Licence, parse

MEDIA_TYPE = "application/vnd.cyclonedx+json; version=1.6"
# Counts up whenever the same facts are written another way.
FORMAT = "1"
_SERIALS = UUID("5f0f2b4e-6a0e-5c0b-9a3f-0c1f6d1c7a52")
_LONGEST_VERSION = 1_024  # by the schema
_PURL_TYPES = {"pypi": "pypi", "conda": "conda"}
_SEVERITIES = frozenset({"low", "medium", "high", "critical"})

Json = dict[str, Any]


def to_bytes(facts: Facts) -> bytes:
    """The bill as it is sent, stored and signed."""
    bill = document(facts)
    serial = uuid5(_SERIALS, digests.of_bytes(_canonical(bill)))
    return _canonical({**bill, "serialNumber": f"urn:uuid:{serial}"})


def document(facts: Facts) -> Json:
    """The same as plain values, without the serial number."""
    model = f"model:{facts.registry}/{facts.model}@{facts.number}"
    packages = sorted(dict(facts.packages).items())
    references = [_reference(package) for package, _ in packages]
    components = [_file(file) for file in sorted(facts.files, key=lambda file: file.path)]
    components += [_package(package, paths) for package, paths in packages]
    if facts.python:
        components.append(
            {
                "bom-ref": "platform:python",
                "type": "platform",
                "name": "python",
                "version": facts.python[:_LONGEST_VERSION],
            }
        )
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": _moment(facts.created_at),
            "tools": {"components": [{"type": "application", "name": "Gatehouse"}]},
            "component": _model(facts, model),
            "properties": properties([("bill:format", FORMAT), ("bill:leaves-out", _left_out(facts))]),
        },
        "components": components,
        "dependencies": [{"ref": model, "dependsOn": references}],
        # What these packages need in turn is not known.
        "compositions": [{"aggregate": "incomplete" if references else "unknown", "dependencies": [model]}],
        "vulnerabilities": [_vulnerability(weakness) for weakness in sorted(facts.weaknesses, key=_place)],
        "formulation": _formulation(facts),
    }
    return filled(_clean(bill))


def filled(values: Json) -> Json:
    """The same without what is empty, but for names, which have to be there."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {}) or name == "name"}


def properties(pairs: Iterable[tuple[str, str]]) -> list[Json]:
    """Names of our own with their values, as CycloneDX takes them; without those that are empty."""
    return [{"name": f"gatehouse:{name}", "value": value} for name, value in sorted(pairs) if value]


def _model(facts: Facts, reference: str) -> Json:
    address = f"models:/{_quoted(facts.model)}/{facts.number}"
    flavours = [(f"flavour:{name}", version or "of unknown version") for name, version in facts.flavours]
    return filled(
        {
            "bom-ref": reference,
            "type": "machine-learning-model",
            "group": facts.registry,
            "name": facts.model,
            "version": str(facts.number),
            "description": facts.description,
            "authors": [{"name": name} for name in sorted(set(facts.authors))],
            "publisher": facts.owner,
            # That of the sorted list of its files, as docs/users.md says.
            "hashes": _hashes(facts.tree) if facts.tree else [],
            "licenses": _licences(facts.licence[0]) if facts.licence else [],
            "externalReferences": [{"type": "distribution", "url": address, "comment": "as MLflow clients load it"}],
            "pedigree": filled(
                {
                    "ancestors": [_ancestor(ancestor) for ancestor in sorted(set(facts.ancestors))],
                    "commits": [{"uid": facts.commit}] if facts.commit else [],
                    "notes": "Trained from scratch." if facts.is_from_scratch and not facts.ancestors else "",
                }
            ),
            "modelCard": model_card(facts),
            "properties": properties(
                [
                    *flavours,
                    *_said_by_scan(facts.opinion),
                    ("mlflow:version", facts.mlflow),
                    ("licence:from", facts.licence[1] if facts.licence else ""),
                    ("hash:of", "the list of files" if facts.tree else ""),
                ]
            ),
        }
    )


def _said_by_scan(opinion: Opinion | None) -> list[tuple[str, str]]:
    if opinion is None:
        return [("scan:verdict", "not scanned")]
    return [
        ("scan:verdict", opinion.verdict),
        ("scan:engine", opinion.engine),
        ("scan:rules", opinion.rules),
        ("scan:allow-list", opinion.allow_list),
    ]


def _file(file: File) -> Json:
    return {
        "bom-ref": f"file:{file.path}",
        "type": "file",
        "name": file.path,
        "hashes": _hashes(file.sha256),
        "properties": properties([("size", str(file.size))]),
    }


def _package(package: Package, paths: Iterable[str]) -> Json:
    kind = _PURL_TYPES.get(package.ecosystem, "generic")
    at = f"@{_quoted(package.version)}" if package.version else ""
    return filled(
        {
            "bom-ref": _reference(package),
            "type": "library",
            "name": package.name,
            "version": package.version[:_LONGEST_VERSION],
            "purl": f"pkg:{kind}/{_quoted(package.name)}{at}",
            "evidence": {"occurrences": [{"location": path} for path in sorted(set(paths))]},
            "properties": properties([("requirement", package.requirement)]),
        }
    )


def _reference(package: Package) -> str:
    named = f"package:{package.ecosystem}:{_quoted(package.name)}"
    if package.version:
        return f"{named}@{package.version}"
    return f"{named} {package.requirement}" if package.requirement else named


def _ancestor(ancestor: Ancestor) -> Json:
    named = {"group": ancestor.registry, "name": ancestor.name, "version": ancestor.version}
    return filled({"type": "machine-learning-model", **named})


def _place(weakness: Weakness) -> tuple[str, Package]:
    return weakness.identifier, weakness.package


def _vulnerability(weakness: Weakness) -> Json:
    severity = "critical" if weakness.severity == "malicious" else weakness.severity
    score = int(weakness.score) if weakness.score is not None and weakness.score.is_integer() else weakness.score
    rating = {"severity": severity if severity in _SEVERITIES else "unknown", "source": {"name": "OSV"}}
    entry = {
        "bom-ref": f"vulnerability:{weakness.identifier}:{_reference(weakness.package)}",
        "id": weakness.identifier,
        "source": {"name": "OSV"},
        "references": [{"id": alias, "source": {"name": "OSV"}} for alias in sorted(set(weakness.aliases))],
        "ratings": [filled({**rating, "score": score})],
        "description": weakness.summary,
        "updated": _moment(weakness.modified),
        "affects": [{"ref": _reference(weakness.package)}],
        "properties": properties([("malicious", "yes" if weakness.severity == "malicious" else "")]),
    }
    if weakness.is_waived:
        # Somebody takes it upon themselves, which does not say that it does no harm.
        entry["analysis"] = {
            "state": "exploitable",
            "response": ["will_not_fix"],
            "detail": "Accepted by a waiver of the registry.",
        }
    return filled(entry)


def _formulation(facts: Facts) -> list[Json]:
    """The run as a workflow, with its parameters."""
    run = facts.training
    if run is None and not facts.parameters:
        return []
    pairs = [{"name": name, "value": value} for name, value in sorted(set(facts.parameters))]
    workflow = {
        "bom-ref": f"run:{run.run_id}" if run else "run:hidden",
        "uid": run.run_id if run else "hidden",
        "name": run.name if run else "",
        "taskTypes": ["other"],
        "timeStart": _moment(from_ms(run.start)) if run and run.start is not None else "",
        "timeEnd": _moment(from_ms(run.end)) if run and run.end is not None else "",
        "inputs": [{"parameters": pairs}] if pairs else [],
    }
    return [{"bom-ref": "training", "workflows": [filled(workflow)]}]


def _licences(expression: str) -> list[Json]:
    try:
        parsed = parse(expression)
    except BadLicence:
        return [{"license": {"name": expression}}]
    is_plain = isinstance(parsed, Licence) and parsed.is_known and not parsed.exception and "+" not in parsed.name
    declared = {"acknowledgement": "declared"}
    if is_plain:
        return [{"license": {"id": str(parsed), **declared}}]
    return [{"expression": str(parsed), **declared}]


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _hashes(sha256: str) -> list[Json]:
    return [{"alg": "SHA-256", "content": sha256}]


def _left_out(facts: Facts) -> str:
    return "what you may not see of the origin" if facts.hides_origin else ""


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _clean(value: Any) -> Any:
    """The same with texts that can be written as UTF-8; half of a surrogate pair cannot."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return {name: _clean(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def _canonical(bill: Json) -> bytes:
    return orjson.dumps(bill, option=orjson.OPT_SORT_KEYS)
