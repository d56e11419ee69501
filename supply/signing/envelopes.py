"""DSSE envelopes (secure-systems-lab/dsse, protocol 1.0): some bytes, their type, and who signed both together."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from supply.signing import strict_json
from supply.signing.refusals import Malformed

IN_TOTO = "application/vnd.in-toto+json"
MOST_SIGNATURES = 10


@dataclass(frozen=True, slots=True)
class EnvelopeSignature:
    """One signature; `keyid` is a hint that nobody has to keep to."""

    sig: bytes
    keyid: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload of one type, as somebody signed it."""

    payload_type: str
    payload: bytes
    signatures: tuple[EnvelopeSignature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What a signature is over."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: type and payload, each after its length, so that neither runs into the other."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read_envelope(found: Mapping[str, Any]) -> Envelope:
    """The envelope in a JSON object. Raises Malformed."""
    given = dict(found)
    what = "The envelope"
    signatures = strict_json.listed(given, "signatures", what)
    if not signatures:
        raise Malformed("The envelope carries no signature.")
    if len(signatures) > MOST_SIGNATURES:
        raise Malformed(f"The envelope carries more than {MOST_SIGNATURES} signatures.")
    return Envelope(
        payload_type=strict_json.text(given, "payloadType", what),
        payload=from_base64(strict_json.text(given, "payload", what), "The payload"),
        signatures=tuple(
            EnvelopeSignature(
                sig=from_base64(strict_json.text(entry, "sig", "A signature"), "A signature"),
                keyid=strict_json.text(entry, "keyid", "A signature", default="")
                if entry.get("keyid") is not None
                else "",
            )
            for entry in signatures
        ),
    )


def write_envelope(envelope: Envelope) -> dict[str, Any]:
    """The same as a JSON object."""
    return {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"sig": base64.b64encode(entry.sig).decode(), "keyid": entry.keyid} for entry in envelope.signatures
        ],
    }


def from_base64(text: str, what: str) -> bytes:
    """The bytes in standard or URL-safe base64, as DSSE allows both. Raises Malformed."""
    try:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"{what} is not in base64.") from None
