"""With the real model-signing package: what it signs verifies here, and what we sign verifies there."""

import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from supply.signing import making
from supply.signing.verification import State, verify
from tests.supply.authority import (
    FILES,
    YEAR,
    authority,
    by_model_signing,
    certificate,
    digests,
    laid_out,
    new_key,
    pem_of,
    private_pem,
    public_pem,
    trusting,
)

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model."""
    return laid_out(tmp_path / "model", FILES)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_a_bundle_by_the_package_verifies_here(folder: Path, tmp_path: Path, curve: ec.EllipticCurve) -> None:
    key = new_key(curve)
    document = by_model_signing(folder, key, tmp_path)
    trusted = [trusting("ml-team", public_pem(key))]
    assert verify(document, digests(FILES), trusted, NOW).is_verified
    other = verify(document, {**digests(FILES), "more": "0" * 64}, trusted, NOW)
    assert other.state is State.INCOMPLETE
    assert verify(document, digests(FILES), [trusting("x", public_pem(new_key()))], NOW).state is State.UNKNOWN_SIGNER


def test_what_the_package_leaves_out_is_not_covered_here(folder: Path, tmp_path: Path) -> None:
    hidden = {".git/config": b"x", ".gitattributes": b"y", ".github/workflows/a.yml": b"z", ".gitignore": b"w"}
    laid_out(folder, hidden)
    key = new_key()
    document = by_model_signing(folder, key, tmp_path)
    _accepts(folder, tmp_path / "model.sig", key, tmp_path)
    found = verify(document, digests({**FILES, **hidden}), [trusting("ml-team", public_pem(key))], NOW)
    assert found.state is State.INCOMPLETE
    assert found.coverage and found.coverage.uncovered == tuple(sorted(hidden))


def test_a_bundle_by_the_package_with_certificates_verifies_here(folder: Path, tmp_path: Path) -> None:
    from model_signing import signing

    root = authority("Root", begins=NOW - YEAR, ends=NOW + YEAR)
    middle = authority("Middle", above=root, begins=NOW - YEAR, ends=NOW + YEAR)
    key = new_key()
    leaf = certificate("ml-team", key, middle, begins=NOW - YEAR, ends=NOW + YEAR)
    (tmp_path / "key.pem").write_text(private_pem(key))
    (tmp_path / "leaf.pem").write_text(pem_of(leaf))
    (tmp_path / "middle.pem").write_text(middle.pem)
    config: Any = signing.Config  # the package has no types
    config().use_certificate_signer(
        private_key=tmp_path / "key.pem",
        signing_certificate=tmp_path / "leaf.pem",
        certificate_chain=[tmp_path / "middle.pem"],
    ).sign(folder, tmp_path / "model.sig")
    document = (tmp_path / "model.sig").read_bytes()
    assert verify(document, digests(FILES), [trusting("Company", root.pem)], NOW).is_verified
    other = authority("Root", begins=NOW - YEAR, ends=NOW + YEAR)
    assert verify(document, digests(FILES), [trusting("Company", other.pem)], NOW).state is State.UNKNOWN_SIGNER


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_our_bundle_verifies_there(folder: Path, tmp_path: Path, curve: ec.EllipticCurve) -> None:
    key = new_key(curve)
    (tmp_path / "model.sig").write_bytes(making.sign_files("model", digests(FILES), key))
    _accepts(folder, tmp_path / "model.sig", key, tmp_path)
    (folder / "notes.py").write_bytes(b"changed")
    with pytest.raises(ValueError, match="Hash mismatch"):
        _accepts(folder, tmp_path / "model.sig", key, tmp_path)


def test_our_bundle_inside_the_folder_verifies_there(folder: Path, tmp_path: Path) -> None:
    key = new_key()
    document = making.sign_files("model", digests(FILES), key, ignore_paths=["model.sig"])
    (folder / "model.sig").write_bytes(document)
    _accepts(folder, folder / "model.sig", key, tmp_path)


def _accepts(folder: Path, signature: Path, key: ec.EllipticCurvePrivateKey, tmp_path: Path) -> None:
    """The package agrees, or raises."""
    from model_signing import verifying

    (tmp_path / "public.pem").write_text(public_pem(key))
    with warnings.catch_warnings():
        config: Any = verifying.Config
        config().use_elliptic_key_verifier(public_key=tmp_path / "public.pem").verify(folder, signature)
