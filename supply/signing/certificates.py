"""Certificates: whether one that signed leads to a trusted authority, and may sign code (RFC 5280, what of it matters).

Nothing is fetched. Revocation is a matter of who trusts: what they revoke counts no more, whenever it signed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from supply.signing import keys
from supply.signing.refusals import Malformed, UnusableKey

MOST_CERTIFICATES = 10
LONGEST_PATH = 6
# However the names in a bundle lead round in circles, no more signatures than this are looked at.
MOST_CHECKS = 100
_UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
}
_ODD = (ValueError, TypeError, UnsupportedAlgorithm)
Path = tuple[x509.Certificate, ...]
E = TypeVar("E", bound=x509.ExtensionType)


@lru_cache(maxsize=512)
def read_certificate(pem: str) -> x509.Certificate:
    """The certificate in a PEM text. Raises UnusableKey."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except _ODD:
        raise UnusableKey("This is not a certificate in PEM form.") from None


def read_chain(ders: Sequence[bytes]) -> Path:
    """The certificates in a bundle, the one that signed first. Raises Malformed."""
    if len(ders) > MOST_CERTIFICATES:
        raise Malformed(f"The bundle carries more than {MOST_CERTIFICATES} certificates.")
    try:
        return tuple(x509.load_der_x509_certificate(der) for der in ders)
    except _ODD:
        raise Malformed("The bundle carries a certificate that cannot be read.") from None


def to_pem(certificate: x509.Certificate) -> str:
    """The certificate as everybody writes it."""
    return certificate.public_bytes(Encoding.PEM).decode()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the DER form."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def subject(certificate: x509.Certificate) -> str:
    """Whom it names, in one line."""
    try:
        return certificate.subject.rfc4514_string()[:300]
    except _ODD:
        return ""


def key_of(certificate: x509.Certificate) -> keys.PublicKey:
    """The key that it is about. Raises UnusableKey."""
    try:
        return keys.usable(certificate.public_key())
    except _ODD as problem:
        raise UnusableKey(
            str(problem) if isinstance(problem, UnusableKey) else "Its key is of no known kind."
        ) from None


def require_authority(certificate: x509.Certificate) -> None:
    """Return if this certificate can be trusted to name those who sign. Raises UnusableKey."""
    if reason := _against_any(certificate) or _against_authority(certificate, below=0):
        raise UnusableKey(reason)


def paths(chain: Path, authorities: Sequence[x509.Certificate]) -> Iterator[Path]:
    """Every way from the first of the chain, over the others, to one of the authorities, by names and signatures."""
    left = MOST_CHECKS

    def is_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        nonlocal left
        if left <= 0 or certificate.issuer != issuer.subject:
            return False
        left -= 1
        with suppress(InvalidSignature, *_ODD):
            certificate.verify_directly_issued_by(issuer)
            return True
        return False

    def climb(path: Path) -> Iterator[Path]:
        yield from ((*path, authority) for authority in authorities if is_issued(path[-1], authority))
        if len(path) < LONGEST_PATH:
            for between in chain[1:]:
                if between not in path and is_issued(path[-1], between):
                    yield from climb((*path, between))

    if chain:
        yield from climb(chain[:1])


def against(path: Path) -> str:
    """Why this way is no good whatever the time; empty when it is."""
    leaf, *above = path
    if reason := _against_any(leaf) or _against_signer(leaf):
        return reason
    below = 0
    for certificate in above:
        if reason := _against_any(certificate) or _against_authority(certificate, below):
            return reason
        below += certificate.subject != certificate.issuer
    return ""


def valid_from(path: Path) -> datetime:
    """When all of them have begun to be valid."""
    return max(certificate.not_valid_before_utc for certificate in path)


def valid_until(path: Path) -> datetime:
    """When the first of them ceases to be valid."""
    return min(certificate.not_valid_after_utc for certificate in path)


def _against_any(certificate: x509.Certificate) -> str:
    try:
        key_of(certificate)
        weak = isinstance(certificate.signature_hash_algorithm, MD5 | SHA1)
        unknown = [found for found in certificate.extensions if found.critical and found.oid not in _UNDERSTOOD]
    except UnusableKey as problem:
        return str(problem)
    except _ODD:
        return "The certificate cannot be read in full."
    if weak:
        return "The certificate is signed with SHA-1 or MD5, which can be forged."
    return "The certificate sets a critical condition that Gatehouse does not know." if unknown else ""


def _against_signer(certificate: x509.Certificate) -> str:
    basic = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if basic and basic.ca:
        return "The certificate that signed is one of an authority, not of somebody who signs."
    if usage and not usage.digital_signature:
        return "The certificate may not make signatures (key usage)."
    if purposes is None or ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        return "The certificate may not sign code (extended key usage codeSigning)."
    return ""


def _against_authority(certificate: x509.Certificate, below: int) -> str:
    """Why it may not stand above a certificate, with `below` other authorities between itself and the signer."""
    basic = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if basic is None or not basic.ca:
        return "The certificate is not one of an authority (basic constraints)."
    if basic.path_length is not None and basic.path_length < below:
        return "An authority stands further below another one than that allows (path length)."
    if usage and not usage.key_cert_sign:
        return "The authority may not sign certificates (key usage)."
    meant = {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if purposes is not None and not meant & set(purposes):
        return "The authority is not meant for those who sign code (extended key usage)."
    return ""


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
