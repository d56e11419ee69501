"""Keys, certificates and signatures for the tests, the latter by the real model-signing package where it says so."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from supply.signing import making
from supply.signing.anchors import Anchor, read_material

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
FILES = {"model/weights.bin": b"\x00\x01\x02", "config.json": b"{}", "notes.py": b"print('hello')\n"}


def new_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def private_pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def trusting(name: str, pem: str, **more: Any) -> Anchor:
    material = read_material(pem)
    return Anchor(name, material.kind, material.pem, material.fingerprint, **more)


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def laid_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def signed(files: Mapping[str, bytes], key: ec.EllipticCurvePrivateKey) -> bytes:
    """A bundle of our own making."""
    return making.sign_files("model", digests(files), key)


def enveloped(
    files: Mapping[str, bytes], key: ec.EllipticCurvePrivateKey, kind: str = "https://example.org/x"
) -> bytes:
    """A bare envelope around an in-toto statement."""
    return making.sign_statement(making.about_files(digests(files), kind, {"said": True}), key)


def edited(document: bytes, **changes: Any) -> bytes:
    """The same document with some of its names at the top changed."""
    return json.dumps({**json.loads(document), **changes}).encode()


@dataclass(frozen=True)
class Authority:
    """Somebody who issues certificates."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def authority(name: str = "Root", *, above: Authority | None = None, **more: Any) -> Authority:
    """An authority, the topmost one or one that another one vouches for."""
    key = new_key()
    return Authority(
        certificate(name, key, above or name, ca=True, issuer_key=above.key if above else key, **more), key
    )


def certificate(
    name: str,
    key: PrivateKey,
    issuer: "Authority | str",
    *,
    issuer_key: PrivateKey | None = None,
    ca: bool = False,
    path_length: int | None = None,
    purposes: tuple[Any, ...] | None = None,
    key_usage: bool = True,
    begins: datetime = NOW - YEAR,
    ends: datetime = NOW + YEAR,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> x509.Certificate:
    """A certificate for this key; without other words one that may sign code, or an authority's."""
    issuer_name = issuer.certificate.subject if isinstance(issuer, Authority) else _named(issuer)
    signer: Any = issuer_key or (issuer.key if isinstance(issuer, Authority) else key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    )
    if key_usage:
        builder = builder.add_extension(_usage(ca=ca), critical=True)
    if purposes is None and not ca:
        purposes = (ExtendedKeyUsageOID.CODE_SIGNING,)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(signer, hashes.SHA256())


def pem_of(found: x509.Certificate) -> str:
    return found.public_bytes(Encoding.PEM).decode()


def certified(
    files: Mapping[str, bytes], key: ec.EllipticCurvePrivateKey, leaf: x509.Certificate, *between: x509.Certificate
) -> bytes:
    """A bundle that carries the certificate of who signed, and those between it and an authority."""
    chain = [{"rawBytes": base64.b64encode(found.public_bytes(Encoding.DER)).decode()} for found in (leaf, *between)]
    return edited(signed(files, key), verificationMaterial={"x509CertificateChain": {"certificates": chain}})


def by_model_signing(folder: Path, key: PrivateKey, tmp_path: Path, signature: str = "model.sig") -> bytes:
    """What the real package writes with this key about a folder; the signature lies beside it."""
    from model_signing import signing

    (tmp_path / "key.pem").write_text(private_pem(key))
    config: Any = signing.Config  # the package has no types
    config().use_elliptic_key_signer(private_key=tmp_path / "key.pem").sign(folder, tmp_path / signature)
    return (tmp_path / signature).read_bytes()


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
