"""Certificates: who leads to a trusted authority and may sign code, and every way of not doing so."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from supply.signing.anchors import Anchor
from supply.signing.verification import State, Verification, verify
from tests.supply.authority import (
    FILES,
    NOW,
    YEAR,
    Authority,
    authority,
    certificate,
    certified,
    digests,
    new_key,
    pem_of,
    public_pem,
    trusting,
)

ROOT = authority("Root")
KEY = new_key()
LEAF = certificate("ml-team", KEY, ROOT)
# Of an authority whose name and key are made up; libraries of today sign nothing with SHA-1 any more.
SHA_1 = """-----BEGIN CERTIFICATE-----
MIIBgDCCASigAwIBAgIUJGtCBtYksb3OrX2AXWpCmT52IRMwCQYHKoZIzj0EATAO
MQwwCgYDVQQDDANPbGQwIBcNMjYxMTI5MDA0OTQ1WhgPMjEyNjExMDUwMDQ5NDVa
MA4xDDAKBgNVBAMMA09sZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAxBdDtE
cbWdLJKcvXu+rt0D4PGZGWj8WDGzXNZaN0jQlh1e22PNZq6XW99BvwCiURI9Y/0d
jIMRp06qbspKtiCjYzBhMB0GA1UdDgQWBBQ4Lv/vgF84QLdbtauBXOZJ7nc7bTAf
BgNVHSMEGDAWgBQ4Lv/vgF84QLdbtauBXOZJ7nc7bTAPBgNVHRMBAf8EBTADAQH/
MA4GA1UdDwEB/wQEAwICBDAJBgcqhkjOPQQBA0cAMEQCIA92/TA93BoSFN4Ut2OC
T+rajlk/KGdnZfIpx3thBur9AiBMpGl7Urt0SNPSAO5fl1un0cLyR3XCjY0Zlvxu
ECDM7w==
-----END CERTIFICATE-----
"""


def check(document: bytes, *anchors: Anchor) -> Verification:
    return verify(document, digests(FILES), anchors or (trusting("Company", ROOT.pem),), NOW)


def by(*between: Authority, key: Any = KEY, leaf: x509.Certificate | None = None, **more: Any) -> bytes:
    """A bundle by a leaf under the last of `between`, or under the root."""
    leaf = leaf or certificate("ml-team", key, between[-1] if between else ROOT, **more)
    return certified(FILES, key, leaf, *(one.certificate for one in between))


def test_a_certificate_of_a_trusted_authority() -> None:
    found = check(certified(FILES, KEY, LEAF, ROOT.certificate))
    assert found.state is State.VERIFIED
    assert found.sentence == "Signed by CN=ml-team, for whom Company vouches: covers 3 of 3 files."
    assert found.signer and found.signer.subject == "CN=ml-team"
    assert check(certified(FILES, KEY, LEAF)).is_verified


def test_over_authorities_between() -> None:
    middle = authority("Middle", above=ROOT, path_length=1)
    low = authority("Low", above=middle, path_length=0)
    assert check(by(middle, low)).is_verified
    assert check(by(low, middle, leaf=certificate("ml-team", KEY, low))).is_verified
    assert check(certified(FILES, KEY, certificate("ml-team", KEY, low), low.certificate)).state is State.UNKNOWN_SIGNER


def test_an_authority_stands_no_further_below_than_is_allowed() -> None:
    middle = authority("Middle", above=ROOT, path_length=0)
    low = authority("Low", above=middle)
    found = check(by(middle, low))
    assert (found.state, "path length" in found.sentence) == (State.UNKNOWN_SIGNER, True)


def test_an_unknown_authority() -> None:
    other = authority("Root")
    found = check(by(leaf=certificate("ml-team", KEY, other)))
    assert found.state is State.UNKNOWN_SIGNER
    assert "leads to no authority that is trusted here" in found.sentence
    own = certificate("ml-team", KEY, "ml-team")
    assert check(certified(FILES, KEY, own, own)).state is State.UNKNOWN_SIGNER


def test_somebody_who_may_sign_code_is_no_authority() -> None:
    impostor = Authority(LEAF, KEY)
    thief = new_key()
    found = check(certified(FILES, thief, certificate("thief", thief, impostor), LEAF))
    assert (found.state, "basic constraints" in found.sentence) == (State.UNKNOWN_SIGNER, True)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "codeSigning"),
        ({"purposes": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)}, "codeSigning"),
        ({"purposes": ()}, "codeSigning"),
        ({"ca": True, "purposes": (ExtendedKeyUsageOID.CODE_SIGNING,)}, "one of an authority"),
        (
            {"extensions": ((x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),)},
            "critical condition",
        ),
    ],
)
def test_a_certificate_for_something_else(more: dict[str, Any], words: str) -> None:
    found = check(by(**more))
    assert (found.state, words in found.sentence) == (State.UNKNOWN_SIGNER, True), found.sentence


def test_an_authority_for_something_else() -> None:
    servers = authority("Servers", above=ROOT, purposes=(ExtendedKeyUsageOID.SERVER_AUTH,))
    found = check(by(servers))
    assert (found.state, "extended key usage" in found.sentence) == (State.UNKNOWN_SIGNER, True)


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({"begins": NOW - YEAR, "ends": NOW - timedelta(seconds=1)}, State.EXPIRED),
        ({"begins": NOW + timedelta(seconds=1), "ends": NOW + YEAR}, State.NOT_YET_VALID),
    ],
)
def test_every_certificate_on_the_way_is_valid_now(times: dict[str, Any], state: State) -> None:
    assert check(by(**times)).state is state
    middle = authority("Middle", above=ROOT, **times)
    assert check(by(middle)).state is state
    old = authority("Old", **times)
    anchor = Anchor("Company", trusting("x", ROOT.pem).kind, old.pem, "0" * 64)
    assert check(by(leaf=certificate("ml-team", KEY, old)), anchor).state is state


def test_another_way_that_holds_is_found() -> None:
    key = new_key()
    expired = certificate("Middle", key, ROOT, ca=True, ends=NOW - timedelta(days=1))
    valid = certificate("Middle", key, ROOT, ca=True)
    leaf = certificate("ml-team", KEY, Authority(valid, key))
    assert check(certified(FILES, KEY, leaf, expired, valid)).is_verified


def test_what_the_registry_revoked_counts_no_more() -> None:
    document = certified(FILES, KEY, LEAF)
    assert check(document, trusting("Company", ROOT.pem, is_revoked=True)).state is State.REVOKED
    company = trusting("Company", ROOT.pem)
    stolen = trusting("stolen", public_pem(KEY), is_revoked=True)
    assert check(document, company, stolen).state is State.REVOKED
    middle = authority("Middle", above=ROOT)
    gone = trusting("middle", middle.pem, is_revoked=True)
    assert check(by(middle), company).is_verified
    assert check(by(middle), company, gone).state is State.REVOKED


def test_a_signature_that_is_not_by_its_certificate() -> None:
    found = check(certified(FILES, new_key(), LEAF))
    assert (found.state, "not by the certificate" in found.sentence) == (State.BAD_SIGNATURE, True)


def test_weak_certificates() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    found = check(certified(FILES, KEY, certificate("ml-team", weak, ROOT)))
    assert (found.state, "bits" in found.sentence) == (State.UNKNOWN_SIGNER, True)


def test_a_key_that_is_trusted_by_itself_needs_no_authority() -> None:
    assert check(certified(FILES, KEY, LEAF), trusting("ml-team", public_pem(KEY))).is_verified


def test_names_that_lead_round_in_circles_come_to_an_end() -> None:
    keys = [new_key() for _ in range(9)]
    ring = [
        certificate("Same", key, "Same", ca=True, issuer_key=keys[(number + 1) % 9]) for number, key in enumerate(keys)
    ]
    leaf = certificate("ml-team", KEY, "Same", issuer_key=keys[0])
    assert check(certified(FILES, KEY, leaf, *ring)).state is State.UNKNOWN_SIGNER


# ---- what can be trusted at all


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        ("", "one public key or one certificate"),
        ("hello", "one public key or one certificate"),
        (ROOT.pem * 2, "one public key or one certificate"),
        (pem_of(LEAF), "not one of an authority"),
        (SHA_1, "SHA-1"),
        (public_pem(rsa.generate_private_key(65537, 1024)), "1024"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "not a public key"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a certificate"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "neither"),
        ("x" * 20_001, "20,000"),
    ],
)
def test_what_nobody_should_trust(pem: str, words: str) -> None:
    from supply.signing.anchors import read_material
    from supply.signing.refusals import UnusableKey

    with pytest.raises(UnusableKey, match=words):
        read_material(pem)
