"""The model card in a bill of materials: what the model does, what it was measured on, what to consider."""

import re
from typing import Any

from supply.bills.facts import Facts, Measure

LONGEST_SECTION = 4_000
# Headings of descriptions, by the place in a model card that they are about.
_SECTIONS = {
    "useCases": re.compile(r"(intended )?uses?( cases?)?|use cases?|direct use|purpose", re.IGNORECASE),
    "users": re.compile(r"(intended )?users?|audience", re.IGNORECASE),
    "technicalLimitations": re.compile(
        r"(technical |known )?limitations?|(bias, )?risks?,? and limitations|out-of-scope use", re.IGNORECASE
    ),
    "performanceTradeoffs": re.compile(r"(performance )?trade-?offs?", re.IGNORECASE),
    "ethicalConsiderations": re.compile(r"ethic(s|al considerations?)|bias(es)?( and fairness)?|risks?", re.IGNORECASE),
}


def model_card(facts: Facts) -> dict[str, Any]:
    """The card; nothing in it where nothing is known."""
    parameters: dict[str, Any] = {
        "task": facts.task,
        "architectureFamily": facts.architecture_family,
        "modelArchitecture": facts.architecture,
        "datasets": [_data(name, digest, use) for name, digest, use in _data_sets(facts)],
        "inputs": [{"format": text} for text in facts.inputs],
        "outputs": [{"format": text} for text in facts.outputs],
    }
    metrics = [_metric(measure) for measure in sorted(set(facts.measures))]
    card = {
        "modelParameters": {name: value for name, value in parameters.items() if value},
        "quantitativeAnalysis": {"performanceMetrics": metrics} if metrics else {},
        "considerations": considerations(facts.description),
    }
    return {name: value for name, value in card.items() if value}


def considerations(description: str) -> dict[str, Any]:
    """What the sections of a description in Markdown say about use, limits and risks, by their headings."""
    found: dict[str, Any] = {}
    for heading, text in _sections(description):
        place = next((name for name, words in _SECTIONS.items() if words.fullmatch(heading)), None)
        if place and text:
            said: Any = {"name": text} if place == "ethicalConsiderations" else text
            found.setdefault(place, []).append(said)
    return found


def _sections(description: str) -> list[tuple[str, str]]:
    sections: list[tuple[str, list[str]]] = []
    for line in description.splitlines():
        if line.startswith("#"):
            sections.append((line.strip("# \t:*_")[:100], []))
        elif sections:
            sections[-1][1].append(line)
    return [(heading, "\n".join(lines).strip()[:LONGEST_SECTION]) for heading, lines in sections]


def _data_sets(facts: Facts) -> list[tuple[str, str, str]]:
    return sorted({(data.name, data.digest, data.use) for data in facts.datasets})


def _data(name: str, digest: str, use: str) -> dict[str, Any]:
    said = [("gatehouse:digest", digest), ("gatehouse:use", use)]
    pairs = [{"name": key, "value": value} for key, value in said if value]
    return {"type": "dataset", "name": name, **({"contents": {"properties": pairs}} if pairs else {})}


def _metric(measure: Measure) -> dict[str, str]:
    said = {"type": measure.name, "value": measure.value}
    return {**said, "slice": measure.data} if measure.data else said
