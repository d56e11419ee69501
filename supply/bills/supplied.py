"""Reads a bill of materials that somebody brings along: strict JSON, the fields of CycloneDX that we rely on. Pure."""

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from supply.bills.completeness import Bill, Files, components, path_of, sha256_of

LARGEST = 5 * 1024 * 1024
RELEASES = ("1.4", "1.5", "1.6")
MOST_VALUES = 400_000
DEEPEST = 60
_TYPES = frozenset(
    {
        "application",
        "framework",
        "library",
        "container",
        "platform",
        "operating-system",
        "device",
        "device-driver",
        "firmware",
        "file",
        "machine-learning-model",
        "data",
        "cryptographic-asset",
    }
)
_SERIAL = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH = re.compile(r"([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
# Lists at the top of a bill and in a component, and which texts each of their entries must have.
_OF_BILL = {
    "services": ("name",),
    "dependencies": ("ref",),
    "externalReferences": ("url", "type"),
    "compositions": ("aggregate",),
    "vulnerabilities": (),
    "formulation": (),
    "properties": ("name",),
}
_OF_COMPONENT = {
    "hashes": ("alg", "content"),
    "licenses": (),
    "authors": (),
    "externalReferences": ("url", "type"),
    "properties": ("name",),
}
_OF_PEDIGREE = ("ancestors", "descendants", "variants")


class BadBill(ValueError):
    """Not a bill that can be taken; the message is a sentence."""


def read(document: bytes) -> Bill:
    """The document as plain values. Raises BadBill."""
    if len(document) > LARGEST:
        raise BadBill(f"A bill of materials has at most {LARGEST:,} bytes.")
    if document.count(b"{") + document.count(b"[") + document.count(b",") > MOST_VALUES:
        raise BadBill(f"A bill of materials holds at most {MOST_VALUES:,} values.")
    try:
        bill = orjson.loads(document)
        # The same once more, for names that stand twice: readers differ about which of them counts.
        json.loads(document, object_pairs_hook=_each_once)
    except RecursionError as error:
        raise BadBill("The document is nested too deep.") from error
    except ValueError as error:
        raise BadBill(f"The document is not JSON that everybody reads alike: {error}.") from error
    if not isinstance(bill, dict):
        raise BadBill("The document is no JSON object.")
    _check(bill)
    return bill


def disagreements(bill: Bill, files: Files) -> list[str]:
    """Paths of files of the version for which the bill names another SHA-256 than the stored one."""
    said = [(path_of(component), sha256_of(component)) for component in components(bill)]
    return sorted({path for path, digests in said if path in files and digests - {files[path]}})


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object names {twice[:80]!r} twice")
    return values


def _check(bill: Bill) -> None:
    if bill.get("bomFormat") != "CycloneDX":
        raise BadBill("The document does not say that it is a CycloneDX bill (bomFormat).")
    if bill.get("specVersion") not in RELEASES:
        raise BadBill(f"specVersion has to be one of {', '.join(RELEASES)}.")
    number = bill.get("version", 1)
    if type(number) is not int or number < 1:
        raise BadBill("version has to be a whole number from 1 on.")
    serial = bill.get("serialNumber")
    if serial is not None and not (isinstance(serial, str) and _SERIAL.fullmatch(serial)):
        raise BadBill("serialNumber has to be a UUID, written urn:uuid:...")
    for name, words in _OF_BILL.items():
        _entries(bill, name, "", words)
    model = _object(_object(bill, "metadata", ""), "component", "metadata.")
    if model:
        _check_component(model, "metadata.component", 0)
    _check_components(bill, "", 0)
    for number, formula in enumerate(_entries(bill, "formulation", "")):
        _entries(formula, "workflows", f"formulation[{number}].", ("bom-ref", "uid"))


def _check_components(values: Bill, place: str, depth: int, name: str = "components") -> None:
    for number, component in enumerate(_entries(values, name, place)):
        _check_component(component, f"{place}{name}[{number}]", depth)


def _check_component(component: Bill, place: str, depth: int) -> None:
    if depth > DEEPEST:
        raise BadBill("The components are nested too deep.")
    for word in ("type", "name"):
        _text(component, word, place)
    if component["type"] not in _TYPES:
        raise BadBill(f"{place}.type: {component['type'][:80]!r} is no type of component.")
    for name, words in _OF_COMPONENT.items():
        for number, entry in enumerate(_entries(component, name, f"{place}.", words)):
            if name == "hashes" and not _HASH.fullmatch(entry["content"]):
                raise BadBill(f"{place}.hashes[{number}].content has to be a hash in hexadecimal.")
    pedigree = _object(component, "pedigree", f"{place}.")
    for name in _OF_PEDIGREE:
        _check_components(pedigree, f"{place}.pedigree.", depth + 1, name)
    _entries(pedigree, "commits", f"{place}.pedigree.")
    card = _object(component, "modelCard", f"{place}.")
    _entries(_object(card, "modelParameters", f"{place}.modelCard."), "datasets", f"{place}.modelCard.modelParameters.")
    measured = _object(card, "quantitativeAnalysis", f"{place}.modelCard.")
    _entries(measured, "performanceMetrics", f"{place}.modelCard.quantitativeAnalysis.")
    _check_components(component, f"{place}.", depth + 1)


def _object(values: Bill, name: str, place: str) -> Bill:
    value = values.get(name, {})
    if not isinstance(value, dict):
        raise BadBill(f"{place}{name} has to be an object.")
    return value


def _entries(values: Bill, name: str, place: str, words: Iterable[str] = ()) -> list[Bill]:
    """The objects in a list, each with these texts; none where there is no such list."""
    value = values.get(name, [])
    if not isinstance(value, list):
        raise BadBill(f"{place}{name} has to be a list.")
    for number, entry in enumerate(value):
        if not isinstance(entry, dict):
            raise BadBill(f"{place}{name}[{number}] has to be an object.")
        for word in words:
            _text(entry, word, f"{place}{name}[{number}]")
    return value


def _text(values: Bill, name: str, place: str) -> None:
    if not isinstance(values.get(name), str) or not values[name]:
        raise BadBill(f"{place}.{name} has to be a text that is not empty.")
