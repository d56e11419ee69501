"""The two forms of a signature: a Sigstore bundle (v0.3, as model signing writes it) and a bare DSSE envelope."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509

from supply.signing import strict_json
from supply.signing.certificates import read_chain
from supply.signing.envelopes import Envelope, from_base64, read_envelope
from supply.signing.refusals import Malformed
from supply.signing.statements import Statement, read_statement

MOST_BYTES = 32 * 1024 * 1024
_BUNDLES = (
    "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
)


class Form(StrEnum):
    """How an envelope is packed."""

    BUNDLE = "bundle"
    ENVELOPE = "envelope"


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: the envelope, its statement, and what the document itself says of who signed."""

    form: Form
    envelope: Envelope
    statement: Statement
    hints: tuple[str, ...] = ()
    certificates: tuple[x509.Certificate, ...] = ()


def read_document(raw: bytes, *, most: int = MOST_BYTES) -> Document:
    """Read a bundle or an envelope. Raises Malformed; nothing is verified yet."""
    if len(raw) > most:
        raise Malformed(f"The document has more than {most:,} bytes.")
    found = strict_json.read_object(raw, "The document")
    if "mediaType" not in found and "payloadType" in found:
        envelope = read_envelope(found)
        return Document(Form.ENVELOPE, envelope, read_statement(envelope), hints=_keyids(envelope))
    return _bundle(found)


def _bundle(found: dict[str, Any]) -> Document:
    what = "The bundle"
    media_type = strict_json.text(found, "mediaType", what, default="")
    if media_type not in _BUNDLES:
        raise Malformed(
            "The document is neither a Sigstore bundle of version 0.3 nor a DSSE envelope with a payloadType."
        )
    if "messageSignature" in found or "dsseEnvelope" not in found:
        raise Malformed("The bundle signs a message; Gatehouse reads bundles with a DSSE envelope.")
    envelope = read_envelope(strict_json.inner(found, "dsseEnvelope", what))
    material = strict_json.inner(found, "verificationMaterial", what)
    hints = _keyids(envelope)
    if "publicKey" in material:
        key = strict_json.inner(material, "publicKey", "The verification material")
        hints += (strict_json.text(key, "hint", "The public key", default=""),) if key.get("hint") is not None else ()
    return Document(
        form=Form.BUNDLE,
        envelope=envelope,
        statement=read_statement(envelope),
        hints=tuple(hint for hint in hints if hint),
        certificates=read_chain(_certificates(material)),
    )


def _certificates(material: dict[str, Any]) -> list[bytes]:
    what = "The verification material"
    if "x509CertificateChain" in material:
        chain = strict_json.inner(material, "x509CertificateChain", what)
        entries = strict_json.listed(chain, "certificates", "The certificate chain")
    else:
        entries = [strict_json.inner(material, "certificate", what)] if "certificate" in material else []
    return [from_base64(strict_json.text(entry, "rawBytes", "A certificate"), "A certificate") for entry in entries]


def _keyids(envelope: Envelope) -> tuple[str, ...]:
    return tuple(entry.keyid for entry in envelope.signatures if entry.keyid)
