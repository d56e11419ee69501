"""In-toto statements v1: which files, by digest, and what is said of them.

Two shapes name files. The one of OpenSSF model signing lists them as resources in its predicate, under a root digest;
any other statement names them as its subjects.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from supply.signing import strict_json
from supply.signing.envelopes import IN_TOTO, Envelope
from supply.signing.refusals import Malformed

STATEMENT = "https://in-toto.io/Statement/v1"
MODEL_SIGNING = "https://model_signing/signature/v1.0"
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Statement:
    """What an envelope holds: the SHA-256 of each file that it names, by path, and the kind of what it says."""

    predicate_type: str
    files: Mapping[str, str]
    predicate: Mapping[str, Any] = field(default_factory=dict)


def read_statement(envelope: Envelope) -> Statement:
    """The statement in an envelope. Raises Malformed."""
    if envelope.payload_type != IN_TOTO:
        raise Malformed(f"The payload is of type {envelope.payload_type[:100]}, not an in-toto statement.")
    found = strict_json.read_object(envelope.payload, "The statement")
    kind = strict_json.text(found, "_type", "The statement")
    if kind != STATEMENT:
        raise Malformed(f"The statement is of type {kind[:100]}; Gatehouse reads {STATEMENT}.")
    predicate_type = strict_json.text(found, "predicateType", "The statement")
    if not predicate_type or len(predicate_type) > 255:
        raise Malformed("The predicate type has 1 to 255 characters.")
    subjects = strict_json.listed(found, "subject", "The statement")
    predicate = found.get("predicate") or {}
    if not isinstance(predicate, dict):
        raise Malformed("The predicate is not a JSON object.")
    if predicate_type == MODEL_SIGNING:
        return Statement(predicate_type, _resources(subjects, predicate), predicate)
    return Statement(predicate_type, _subjects(subjects), predicate)


def model_statement(name: str, files: Mapping[str, str], ignore_paths: Iterable[str] = ()) -> dict[str, Any]:
    """The statement that OpenSSF model signing makes about a folder of this name with these files."""
    ordered = sorted(files.items(), key=lambda file: PurePosixPath(file[0]))
    serialization: dict[str, Any] = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
    if ignored := sorted(ignore_paths):
        serialization["ignore_paths"] = ignored
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": root_digest(digest for _, digest in ordered)}}],
        "predicateType": MODEL_SIGNING,
        "predicate": {
            "serialization": serialization,
            "resources": [{"name": path, "algorithm": "sha256", "digest": digest} for path, digest in ordered],
        },
    }


def root_digest(digests: Iterable[str]) -> str:
    """The digest of the digests, in the order in which they are listed."""
    total = hashlib.sha256()
    for digest in digests:
        total.update(bytes.fromhex(digest))
    return total.hexdigest()


def _resources(subjects: list[dict[str, Any]], predicate: dict[str, Any]) -> dict[str, str]:
    """The files of a model signature. What its `ignore_paths` leave out is simply not covered."""
    how = strict_json.inner(predicate, "serialization", "The predicate")
    if how.get("method") != "files" or how.get("hash_type") != "sha256":
        raise Malformed(
            f"The files were signed as {how.get('method')} with {how.get('hash_type')}. Gatehouse compares whole files "
            "by SHA-256: sign with the methods files and sha256, which are the defaults."[:400]
        )
    if len(subjects) != 1:
        raise Malformed("A model signature has one subject, its root digest.")
    files: dict[str, str] = {}
    for resource in strict_json.listed(predicate, "resources", "The predicate"):
        if resource.get("algorithm") != "sha256":
            raise Malformed("A file is signed by another digest than SHA-256.")
        _enter(files, resource, strict_json.text(resource, "digest", "A resource"))
    root = strict_json.text(strict_json.inner(subjects[0], "digest", "The subject"), "sha256", "The root digest")
    if root_digest(files.values()) != root:
        raise Malformed("The root digest is not that of the files that the statement lists.")
    return files


def _subjects(subjects: list[dict[str, Any]]) -> dict[str, str]:
    """The files among the subjects: those that are named by SHA-256. What is named otherwise covers nothing."""
    files: dict[str, str] = {}
    for subject in subjects:
        digests = strict_json.inner(subject, "digest", "A subject")
        if "sha256" in digests:
            _enter(files, subject, strict_json.text(digests, "sha256", "A subject"))
    return files


def _enter(files: dict[str, str], entry: dict[str, Any], digest: str) -> None:
    name = strict_json.text(entry, "name", "A file")
    if len(digest) != 64 or not _HEX.issuperset(digest):
        raise Malformed("A digest is not SHA-256 in lower-case hexadecimal.")
    if not name or name in files:
        raise Malformed("The statement names a file twice, or one without a name.")
    files[name] = digest
