"""Signing: statements into envelopes, envelopes into bundles."""

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from supply.signing import keys, strict_json
from supply.signing.envelopes import IN_TOTO, Envelope, EnvelopeSignature, pae, write_envelope
from supply.signing.statements import STATEMENT, model_statement

_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sign_statement(statement: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> bytes:
    """A DSSE envelope, on one line, around a statement in its one spelling."""
    return strict_json.write(write_envelope(_envelope(statement, key, keyid=keys.fingerprint(key.public_key()))))


def about_files(
    files: Mapping[str, str],
    predicate_type: str,
    predicate: Mapping[str, Any],
    *,
    more: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A statement about these files by their SHA-256; `more` subjects stand behind them."""
    subjects = [{"name": path, "digest": {"sha256": digest}} for path, digest in sorted(files.items())]
    return {
        "_type": STATEMENT,
        "subject": [*subjects, *more],
        "predicateType": predicate_type,
        "predicate": predicate,
    }


def sign_files(
    name: str, files: Mapping[str, str], key: ec.EllipticCurvePrivateKey, *, ignore_paths: Iterable[str] = ()
) -> bytes:
    """A bundle over a folder, as OpenSSF model signing makes it with a key. `ignore_paths` only tells its verifier."""
    envelope = _envelope(model_statement(name, files, ignore_paths), key)
    bundle = {
        "mediaType": _BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": keys.hint(key.public_key())}, "tlogEntries": []},
        "dsseEnvelope": write_envelope(envelope),
    }
    return strict_json.write(bundle)


def _envelope(statement: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, *, keyid: str = "") -> Envelope:
    payload = strict_json.write(statement)
    return Envelope(IN_TOTO, payload, (EnvelopeSignature(keys.sign(key, pae(IN_TOTO, payload)), keyid),))
