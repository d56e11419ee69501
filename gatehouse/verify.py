"""`gatehouse verify`: who signed a folder, and what of it is not covered. Nothing is asked of any server."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gatehouse.folders import Folder, hashed, plain
from supply.signing.anchors import Anchor, read_material
from supply.signing.documents import MOST_BYTES, read_document
from supply.signing.refusals import Malformed, UnusableKey
from supply.signing.verification import State, Verification, shown, verify

VERIFIED, NOT_VERIFIED, USAGE = 0, 1, 2
_ENDINGS = (".sig", ".sigstore", ".sigstore.json", ".intoto.jsonl")
_CERTIFICATES = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_VERDICT = "urn:gatehouse:attestation:verdict:v1"


class _WrongCall(Exception):
    """A sentence: what was given and cannot be used."""


@dataclass(frozen=True)
class _Answer:
    """What one document is worth."""

    file: str
    verification: Verification
    predicate: dict[str, Any]


def run(
    folder: Path,
    *,
    keys: Sequence[Path],
    certificates: Sequence[Path],
    signatures: Sequence[Path],
    attestations: Sequence[Path],
    as_json: bool,
) -> int:
    """Verify all that was given, or what lies at the top of the folder, and say what came of it."""
    try:
        anchors = _anchors(keys, certificates)
        given = [*signatures, *attestations]
        _require_folder(folder)
        documents = given or _lying_in(folder)
        # What the caller names as a signature is no part of what is signed.
        found = hashed(folder, without=frozenset(map(plain, given)))
        answers = [
            answer for path in documents for answer in _answers(path, folder, found, anchors, path in attestations)
        ]
    except _WrongCall as problem:
        return _refuse(str(problem))
    except OSError as problem:
        return _refuse(f"{problem.filename}: {problem.strerror}.")
    good = [answer.verification.is_verified for answer in answers]
    is_verified = bool(good) and (all(good) if given else any(good))
    if as_json:
        print(json.dumps(_as_json(is_verified, answers, found), indent=2))
    else:
        print(_as_text(is_verified, answers, found))
    return VERIFIED if is_verified else NOT_VERIFIED


def _anchors(keys: Sequence[Path], certificates: Sequence[Path]) -> list[Anchor]:
    if not keys and not certificates:
        raise _WrongCall("Say whom you trust: --key with a public key, or --certificate with that of an authority.")
    texts = [(path, path.read_text(errors="replace")) for path in keys]
    for path in certificates:
        # A file may hold several authorities, and whatever stands between them.
        blocks = _CERTIFICATES.findall(path.read_text(errors="replace"))
        if not blocks:
            raise _WrongCall(f"{path}: There is no certificate in PEM form in it.")
        texts += [(path, block) for block in blocks]
    anchors = []
    for path, text in texts:
        try:
            material = read_material(text)
        except UnusableKey as problem:
            raise _WrongCall(f"{path}: {problem}") from None
        anchors.append(Anchor(path.name, material.kind, material.pem, material.fingerprint))
    return anchors


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise _WrongCall(f"{folder} is not a folder.")


def _lying_in(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.iterdir() if path.name.endswith(_ENDINGS) and path.is_file() and not path.is_symlink()
    )


def _answers(path: Path, folder: Path, found: Folder, anchors: list[Anchor], is_lines: bool) -> Iterable[_Answer]:
    content = _content(path)
    itself = path.name if plain(path).parent == plain(folder) else ""
    lines = is_lines or path.name.endswith(".jsonl")
    documents = [line for line in content.splitlines() if line.strip()] if lines else [content]
    now = datetime.now(UTC)
    for number, document in enumerate(documents, 1):
        name = f"{path}, line {number}" if lines else str(path)
        yield _Answer(name, verify(document, found.files, anchors, now, itself=itself), _predicate(document))
    if not documents:
        yield _Answer(str(path), Verification(State.MALFORMED, "Nothing that can be verified: the file is empty."), {})


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise _WrongCall(f"{path} has more than {MOST_BYTES:,} bytes, which is more than a signature has.")
    return content


def _predicate(document: bytes) -> dict[str, Any]:
    try:
        return dict(read_document(document).statement.predicate)
    except Malformed:
        return {}


def _as_text(is_verified: bool, answers: list[_Answer], found: Folder) -> str:
    lines = []
    for answer in answers:
        lines.append(f"{shown(answer.file)}: {answer.verification.state}. {answer.verification.sentence}")
        lines += [f"  {line}" for line in _details(answer)]
    if not answers:
        lines.append("Not signed: there is no signature at the top of the folder, and none was given.")
    if found.odd:
        lines.append(f"No plain files, which no signature covers: {', '.join(map(shown, found.odd))}.")
    return "\n".join([*lines, "Verified." if is_verified else "NOT verified."])


def _details(answer: _Answer) -> Iterable[str]:
    result = answer.verification
    if result.signer and result.signer.fingerprint:
        yield f"key or certificate {shown(result.signer.fingerprint)}"
    if result.predicate_type:
        yield f"says {shown(result.predicate_type)}"
    # What a document says counts only when it is verified.
    if result.is_verified and result.predicate_type == _VERDICT:
        yield from _of_verdict(answer.predicate)
    for words, paths in _lists(result):
        yield from (f"{words}: {shown(path)}" for path in paths)


def _of_verdict(predicate: dict[str, Any]) -> Iterable[str]:
    version, move, scan = (predicate.get(part) or {} for part in ("version", "move", "scan"))
    if all(isinstance(part, dict) for part in (version, move, scan)):
        place = move.get("stage") or f"@{move.get('alias')}"
        said = f"{version.get('registry')}/{version.get('model')} version {version.get('number')}"
        yield shown(f"{said} went to {place} on {move.get('at')}, moved by {move.get('by')}")
        yield shown(f"the scan said {scan.get('verdict', 'nothing')}, engine {scan.get('engine', 'none')}")


def _lists(result: Verification) -> Iterable[tuple[str, tuple[str, ...]]]:
    if result.coverage:
        yield "not covered", result.coverage.uncovered
        yield "not what was signed", result.coverage.changed
        yield "signed and not there", result.coverage.extra


def _as_json(is_verified: bool, answers: list[_Answer], found: Folder) -> dict[str, object]:
    return {
        "verified": is_verified,
        "files": len(found.files),
        "not_plain_files": list(found.odd),
        "signatures": [
            {
                "file": answer.file,
                "state": str(answer.verification.state),
                "sentence": answer.verification.sentence,
                "predicate_type": answer.verification.predicate_type,
                "signer": _signer(answer.verification),
                "coverage": _coverage(answer.verification),
            }
            for answer in answers
        ],
    }


def _signer(result: Verification) -> dict[str, object] | None:
    if result.signer is None:
        return None
    return {
        "trusted_as": result.signer.anchor,
        "subject": result.signer.subject,
        "fingerprint": result.signer.fingerprint,
    }


def _coverage(result: Verification) -> dict[str, object] | None:
    if result.coverage is None:
        return None
    return {
        "covered": result.coverage.covered,
        "total": result.coverage.total,
        "uncovered": list(result.coverage.uncovered),
        "changed": list(result.coverage.changed),
        "extra": list(result.coverage.extra),
        "itself": result.coverage.itself,
    }


def _refuse(sentence: str) -> int:
    print(f"gatehouse verify: {sentence}", file=sys.stderr)
    return USAGE
