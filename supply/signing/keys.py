"""Public and private keys: reading them, refusing weak ones, checking and making one signature.

Signatures are ECDSA on P-256, P-384 and P-521 with the hash of that size, RSA (PSS or PKCS #1 v1.5) with SHA-256, and
Ed25519, as in-toto and Sigstore use them.
"""

import hashlib
from contextlib import suppress
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from supply.signing.refusals import UnusableKey

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
SHORTEST_RSA, LONGEST_RSA = 2048, 8192


@lru_cache(maxsize=512)
def read_public_key(pem: str) -> PublicKey:
    """The key in a PEM text. Raises UnusableKey."""
    try:
        return usable(load_pem_public_key(pem.encode()))
    except (ValueError, UnsupportedAlgorithm) as problem:
        if isinstance(problem, UnusableKey):
            raise
        raise UnusableKey("This is not a public key in PEM form.") from None


def usable(key: object) -> PublicKey:
    """The same key, if signatures by it mean something. Raises UnusableKey."""
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _HASHES:
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if not SHORTEST_RSA <= key.key_size <= LONGEST_RSA:
            raise UnusableKey(f"An RSA key has {SHORTEST_RSA} to {LONGEST_RSA} bits; this one has {key.key_size}.")
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    raise UnusableKey("Keys are EC on P-256, P-384 or P-521, RSA, or Ed25519; this one is something else.")


def describe(key: PublicKey) -> str:
    """What kind of key it is: EC P-256, RSA 3072, Ed25519."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVES[key.curve.name]}"
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else "Ed25519"


def to_pem(key: PublicKey) -> str:
    """The key as everybody writes it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: PublicKey) -> str:
    """SHA-256 of the DER form."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def hint(key: PublicKey) -> str:
    """How model signing names a key in its bundles: SHA-256 of the PEM text."""
    return hashlib.sha256(to_pem(key).encode()).hexdigest()


def is_by(key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """Whether this key made the signature over these bytes."""
    with suppress(InvalidSignature, ValueError):
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(_HASHES[key.curve.name]))
            return True
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
            return True
        return _is_by_rsa(key, signature, signed)
    return False


def _is_by_rsa(key: rsa.RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    for scheme in (pss, padding.PKCS1v15()):
        with suppress(InvalidSignature, ValueError):
            key.verify(signature, signed, scheme, hashes.SHA256())
            return True
    return False


# ---- private keys


def new_private_key() -> str:
    """A new key on P-256, as PEM without a password."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_private_key(pem: bytes, password: bytes | None = None) -> ec.EllipticCurvePrivateKey:
    """The EC key in a PEM text, which signs. Raises UnusableKey."""
    try:
        key = load_pem_private_key(pem, password)
    except TypeError:
        raise UnusableKey(
            "The private key is encrypted: a password is needed." if password is None else "The key has no password."
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKey("This is not a private key in PEM form, or the password is wrong.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise UnusableKey("Model signatures are made with EC keys on P-256, P-384 or P-521.")
    return key


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """A signature over these bytes."""
    return key.sign(data, ec.ECDSA(_HASHES[key.curve.name]))
