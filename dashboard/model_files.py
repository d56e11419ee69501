"""What the scan read in a model's own description: flavours and signature. It is shown as text, whatever it says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scanning.models import Scan


@dataclass(frozen=True)
class Described:
    """The parts of a model's description that people ask for; pairs are name and type, or name and version."""

    flavors: list[tuple[str, str]] = field(default_factory=list)
    inputs: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    made_with: list[tuple[str, str]] = field(default_factory=list)


def described(scan: Scan | None) -> Described:
    """What is known about the model from its files; empty when nothing is."""
    facts = scan.facts if scan and isinstance(scan.facts, dict) else {}
    flavors, signature = _mapping(facts, "flavors"), _mapping(facts, "signature")
    tools = {"MLflow": facts.get("mlflow_version"), "Python": facts.get("python_version")}
    return Described(
        flavors=[(str(name), str(version)) for name, version in flavors.items()],
        inputs=_columns(signature.get("inputs")),
        outputs=_columns(signature.get("outputs")),
        made_with=[(name, str(version)) for name, version in tools.items() if version],
    )


def _mapping(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = facts.get(name)
    return value if isinstance(value, dict) else {}


def _columns(text: object) -> list[tuple[str, str]]:
    """Names and types in MLflow's JSON of a schema; it comes from a file, so nothing about its shape is certain."""
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return []
    if not isinstance(columns, list):
        return []
    return [
        (str(column.get("name", f"column {place}")), _kind(column))
        for place, column in enumerate(columns[:500])
        if isinstance(column, dict)
    ]


def _kind(column: Mapping[str, Any]) -> str:
    tensor = column.get("tensor-spec")
    if isinstance(tensor, dict):
        return f"{tensor.get('dtype', 'tensor')} {tensor.get('shape', '')}".strip()
    optional = "" if column.get("required", True) else ", optional"
    return f"{column.get('type', 'any')}{optional}"
