"""Signing: statements into envelopes, envelopes into bundles."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from supply.signing import keys, strict_json
from supply.signing.envelopes import IN_TOTO, Envelope, EnvelopeSignature, pae, write_envelope
from supply.signing.statements import STATEMENT, model_statement

_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sign_statement(statement: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> bytes:
    """A DSSE envelope, on one line, around a statement in its one spelling."""
    return _one_line(strict_json.write(statement), key)


class Subjects:
    """Files as the subjects of several statements, spelled once: they may be many."""

    def __init__(self, files: Mapping[str, str], more: Iterable[Mapping[str, Any]] = ()) -> None:
        """`files` by path with their SHA-256; `more` subjects stand behind them."""
        spelled = [
            f'{{"digest":{{"sha256":{json.dumps(digest)}}},"name":{json.dumps(path)}}}'
            for path, digest in sorted(files.items())
        ]
        self._spelled = ",".join([*spelled, *(strict_json.write(subject).decode() for subject in more)]).encode()

    def sign(self, predicate_type: str, predicate: Mapping[str, Any], key: ec.EllipticCurvePrivateKey) -> bytes:
        """A statement about them in a DSSE envelope, on one line; the same text as `sign_statement` has."""
        begun = strict_json.write({"_type": STATEMENT, "predicate": predicate, "predicateType": predicate_type})
        return _one_line(b'%b,"subject":[%b]}' % (begun[:-1], self._spelled), key)


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
    payload = strict_json.write(model_statement(name, files, ignore_paths))
    envelope = Envelope(IN_TOTO, payload, (EnvelopeSignature(keys.sign(key, pae(IN_TOTO, payload))),))
    bundle = {
        "mediaType": _BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": keys.hint(key.public_key())}, "tlogEntries": []},
        "dsseEnvelope": write_envelope(envelope),
    }
    return strict_json.write(bundle)


def _one_line(payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The envelope around a payload. It is put together by hand, as base64 needs no second look for quotes."""
    sig = base64.b64encode(keys.sign(key, pae(IN_TOTO, payload)))
    head = b'{"payload":"%b","payloadType":"%b","signatures":[' % (base64.b64encode(payload), IN_TOTO.encode())
    return head + b'{"keyid":"%b","sig":"%b"}]}' % (keys.fingerprint(key.public_key()).encode(), sig)
