"""Whom somebody trusts to sign: a public key, or a certificate of an authority, from when until when."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from supply.signing import certificates, keys
from supply.signing.refusals import UnusableKey

LONGEST_PEM = 20_000
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_CERTIFICATE = "CERTIFICATE"
_PUBLIC_KEYS = ("PUBLIC KEY", "RSA PUBLIC KEY")


class Kind(StrEnum):
    """What an anchor holds."""

    KEY = "key"
    CERTIFICATE = "certificate"


_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Somebody by name, who is trusted to sign, or to say who may."""

    name: str
    kind: Kind
    pem: str
    fingerprint: str
    valid_from: datetime = _EVER
    valid_until: datetime | None = None
    is_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """A key or certificate that can be trusted, in its one spelling."""

    kind: Kind
    pem: str
    fingerprint: str
    # What it is, for people: EC P-256, or whom the certificate names.
    about: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def is_private(text: str) -> bool:
    """Whether somebody pasted what they must show to nobody."""
    return "PRIVATE" in text.upper()


def read_material(text: str) -> Material:
    """The one public key or authority's certificate in a PEM text. Raises UnusableKey, which repeats nothing of it."""
    if is_private(text):
        raise UnusableKey(
            "This is a private key, which only whoever signs may have. It was not kept; but as it was sent, make a new "
            "one. What belongs here is the public key."
        )
    if len(text) > LONGEST_PEM:
        raise UnusableKey(f"A key or certificate has at most {LONGEST_PEM:,} characters.")
    blocks = list(_BLOCK.finditer(text))
    if len(blocks) != 1 or not text.isascii():
        raise UnusableKey("Give one public key or one certificate in PEM form, from -----BEGIN to -----END.")
    label, block = blocks[0][1], f"{blocks[0][0]}\n"
    if label == _CERTIFICATE:
        certificate = certificates.read_certificate(block)
        certificates.require_authority(certificate)
        return Material(
            Kind.CERTIFICATE,
            certificates.to_pem(certificate),
            certificates.fingerprint(certificate),
            certificates.subject(certificate),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )
    if label not in _PUBLIC_KEYS:
        raise UnusableKey("This is neither a public key nor a certificate.")
    key = keys.read_public_key(block)
    return Material(Kind.KEY, keys.to_pem(key), keys.fingerprint(key), keys.describe(key))


def about(kind: str, pem: str) -> str:
    """What an anchor's key or certificate is, for people."""
    if kind == Kind.CERTIFICATE:
        return certificates.subject(certificates.read_certificate(pem))
    return keys.describe(keys.read_public_key(pem))
