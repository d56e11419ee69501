"""Signature confusion: whatever is done to a document, to files or to trust, only the whole truth is verified."""

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supply.signing import envelopes, keys, making, strict_json
from supply.signing.anchors import Anchor
from supply.signing.envelopes import IN_TOTO, pae
from supply.signing.statements import model_statement, root_digest
from supply.signing.verification import State, Verification, verify
from tests.supply.authority import (
    FILES,
    NOW,
    YEAR,
    digests,
    edited,
    enveloped,
    new_key,
    public_pem,
    signed,
    trusting,
)

KEY = new_key()
TEAM = trusting("ml-team", public_pem(KEY))
MANY: list[int] = [10, 100]


def check(document: bytes, files: dict[str, bytes] | None = None, *anchors: Anchor, **more: Any) -> Verification:
    return verify(document, digests(FILES if files is None else files), anchors or (TEAM,), NOW, **more)


def payload_of(document: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(document)["dsseEnvelope"]["payload"]))
    return found


def resigned(payload: bytes, *, key: ec.EllipticCurvePrivateKey = KEY, kind: str = IN_TOTO) -> bytes:
    """A valid signature over these very bytes."""
    envelope = envelopes.Envelope(kind, payload, (envelopes.EnvelopeSignature(keys.sign(key, pae(kind, payload))),))
    return strict_json.write(envelopes.write_envelope(envelope))


def with_payload(document: bytes, payload: bytes) -> bytes:
    """The old signature beside another payload."""
    envelope = json.loads(document)["dsseEnvelope"]
    return edited(document, dsseEnvelope={**envelope, "payload": base64.b64encode(payload).decode()})


@pytest.mark.parametrize("make", [signed, enveloped])
def test_all_files_signed_by_somebody_trusted(make: Callable[..., bytes]) -> None:
    found = check(make(FILES, KEY))
    assert found.state is State.VERIFIED
    assert found.sentence == "Signed by ml-team: covers 3 of 3 files."
    assert found.signer and (found.signer.anchor, found.signer.fingerprint) == ("ml-team", TEAM.fingerprint)
    assert found.coverage and (found.coverage.covered, found.coverage.total) == (3, 3)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_every_curve(curve: ec.EllipticCurve) -> None:
    key = new_key(curve)
    assert check(signed(FILES, key), None, trusting("team", public_pem(key))).is_verified


@pytest.mark.parametrize("scheme", ["pss", "pkcs1", "ed25519"])
def test_rsa_and_ed25519_over_in_toto(scheme: str) -> None:
    payload = strict_json.write(making.about_files(digests(FILES), "https://example.org/x", {}))
    data = pae(IN_TOTO, payload)
    if scheme == "ed25519":
        edwards = ed25519.Ed25519PrivateKey.generate()
        pem, sig = public_pem(edwards), edwards.sign(data)
    else:
        private = rsa.generate_private_key(65537, 2048)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        pem, sig = (
            public_pem(private),
            private.sign(data, pss if scheme == "pss" else padding.PKCS1v15(), hashes.SHA256()),
        )
    envelope = envelopes.write_envelope(envelopes.Envelope(IN_TOTO, payload, (envelopes.EnvelopeSignature(sig),)))
    assert check(strict_json.write(envelope), None, trusting("team", pem)).is_verified
    assert check(strict_json.write(envelope)).state is State.UNKNOWN_SIGNER


# ---- the files


CHANGES: dict[str, tuple[dict[str, bytes], State, str]] = {
    "a changed byte": (
        {**FILES, "config.json": b"{ }"},
        State.OTHER_CONTENT,
        "Signed by ml-team, but for other content: config.json is not what was signed.",
    ),
    "a missing file": (
        {path: content for path, content in FILES.items() if path != "notes.py"},
        State.OTHER_CONTENT,
        "Signed by ml-team, but for other content: notes.py was signed and not there.",
    ),
    "an extra file": (
        {**FILES, "more.pkl": b"x"},
        State.INCOMPLETE,
        "Signed by ml-team, but it does not cover: more.pkl.",
    ),
    "a file under .git": (
        {**FILES, ".git/hooks/x": b"x", ".gitattributes": b"y", ".github/w.yml": b"z", ".gitignore": b"w"},
        State.INCOMPLETE,
        "Signed by ml-team, but it does not cover: .git/hooks/x, .gitattributes, .github/w.yml, .gitignore.",
    ),
    "a renamed file": (
        {"notes2.py" if path == "notes.py" else path: content for path, content in FILES.items()},
        State.OTHER_CONTENT,
        "Signed by ml-team, but for other content: notes.py was signed and not there; notes2.py was not signed.",
    ),
    "two files with their contents exchanged": (
        {**FILES, "config.json": FILES["notes.py"], "notes.py": FILES["config.json"]},
        State.OTHER_CONTENT,
        "Signed by ml-team, but for other content: config.json, notes.py are not what was signed.",
    ),
    "another version altogether": (
        {"other.bin": b"1"},
        State.OTHER_CONTENT,
        (
            "Signed by ml-team, but for other content: config.json, model/weights.bin, notes.py were signed and not "
            "there; other.bin was not signed."
        ),
    ),
}


@pytest.mark.parametrize("make", [signed, enveloped])
@pytest.mark.parametrize("name", CHANGES)
def test_other_files_are_not_what_was_signed(make: Callable[..., bytes], name: str) -> None:
    files, state, sentence = CHANGES[name]
    found = check(make(FILES, KEY), files)
    assert (found.state, found.sentence) == (state, sentence)


def test_what_the_signer_left_out_is_not_covered_whatever_it_says() -> None:
    statement = model_statement("m", digests(FILES), ignore_paths=["more.pkl", ".git", "notes.py"])
    document = making.sign_statement(statement, KEY)
    assert check(document).is_verified
    assert check(document, {**FILES, "more.pkl": b"x"}).state is State.INCOMPLETE
    assert check(document, {**FILES, ".git/x": b"x"}).state is State.INCOMPLETE


def test_changing_what_is_ignored_breaks_the_signature() -> None:
    document = signed(FILES, KEY)
    payload = payload_of(document)
    payload["predicate"]["serialization"]["ignore_paths"] = ["more.pkl"]
    found = check(with_payload(document, json.dumps(payload).encode()), {**FILES, "more.pkl": b"x"})
    assert found.state is State.BAD_SIGNATURE


def test_only_the_signature_itself_may_stay_uncovered() -> None:
    document = signed(FILES, KEY)
    found = check(document, {**FILES, "model.sig": document})
    assert found.is_verified
    assert found.sentence == (
        "Signed by ml-team: covers 3 of 3 files. model.sig is the signature itself, which it cannot cover."
    )
    for more in ({"model.sig": document, "copy.sig": document}, {"deep/model.sig": document}, {"model.sig": b"other"}):
        assert check(document, {**FILES, **more}).state is State.INCOMPLETE, more


def test_a_file_that_is_not_this_document_is_not_spared_by_being_called_so() -> None:
    document = signed(FILES, KEY)
    files = {**FILES, "deep/model.sig": b"anything"}
    assert check(document, files, itself="deep/model.sig").state is State.INCOMPLETE


# ---- the signers


def test_a_key_that_nobody_trusts() -> None:
    found = check(signed(FILES, new_key()))
    assert found.state is State.UNKNOWN_SIGNER
    assert found.sentence.startswith("Signed by an unknown key (")
    assert found.signer and not found.signer.anchor
    nobody = verify(signed(FILES, KEY), digests(FILES), [], NOW)
    assert (nobody.state, "nobody is trusted here yet" in nobody.sentence) == (State.UNKNOWN_SIGNER, True)


@pytest.mark.parametrize(
    ("trust", "state", "words"),
    [
        ({"is_revoked": True}, State.REVOKED, "was revoked here"),
        ({"valid_until": NOW - timedelta(seconds=1)}, State.EXPIRED, "was trusted until 2026-11-29"),
        ({"valid_from": NOW + timedelta(seconds=1)}, State.NOT_YET_VALID, "is trusted from 2026-11-29 on"),
        ({"is_revoked": True, "valid_until": NOW + YEAR}, State.REVOKED, "was revoked here"),
    ],
)
def test_trust_that_does_not_hold_now(trust: dict[str, Any], state: State, words: str) -> None:
    found = check(signed(FILES, KEY), None, trusting("ml-team", public_pem(KEY), **trust))
    assert found.state is state
    assert words in found.sentence


def test_one_trusted_signature_of_several_is_enough() -> None:
    other = new_key()
    mine, theirs = (json.loads(enveloped(FILES, key)) for key in (KEY, other))
    both = edited(json.dumps(mine).encode(), signatures=[*theirs["signatures"], *mine["signatures"]])
    assert check(both).is_verified
    assert check(both, None, trusting("other", public_pem(new_key()))).state is State.UNKNOWN_SIGNER
    revoked = trusting("other", public_pem(other), is_revoked=True)
    assert check(both, None, revoked, TEAM).is_verified
    assert check(both, None, revoked).state is State.REVOKED


# ---- the document


def test_a_tampered_payload_is_a_bad_signature() -> None:
    document = signed(FILES, KEY)
    payload = payload_of(document)
    payload["predicate"]["resources"][0]["digest"] = "0" * 64
    payload["subject"][0]["digest"]["sha256"] = root_digest(
        entry["digest"] for entry in payload["predicate"]["resources"]
    )
    found = check(with_payload(document, json.dumps(payload).encode()))
    assert found.state is State.BAD_SIGNATURE
    assert "ml-team" in found.sentence


def test_another_payload_type_is_not_what_was_signed() -> None:
    envelope = json.loads(signed(FILES, KEY))["dsseEnvelope"]
    swapped = edited(signed(FILES, KEY), dsseEnvelope={**envelope, "payloadType": "application/json"})
    assert check(swapped).state is State.MALFORMED
    signed_as_such = resigned(base64.b64decode(envelope["payload"]), kind="application/json")
    assert check(signed_as_such).state is State.MALFORMED


def test_a_length_in_the_encoding_keeps_type_and_payload_apart() -> None:
    assert pae("a", b"b c") != pae("a 3 b", b"c")
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"  # the example of the specification
    )


def test_a_root_digest_that_is_not_that_of_the_files() -> None:
    payload = payload_of(signed(FILES, KEY))
    payload["subject"][0]["digest"]["sha256"] = "0" * 64
    found = check(resigned(json.dumps(payload).encode()))
    assert (found.state, "root digest" in found.sentence) == (State.MALFORMED, True)


def _statement(**changes: Any) -> bytes:
    return json.dumps({**making.about_files(digests(FILES), "https://example.org/x", {}), **changes}).encode()


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"-----BEGIN PGP SIGNATURE-----",
    "no object": b"[]",
    "a byte order mark": b"\xef\xbb\xbf" + signed(FILES, KEY),
    "something behind it": signed(FILES, KEY) + b"{}",
    "no text": b"\xff\xfe",
    "a name twice": signed(FILES, KEY)[:-1] + b',"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}',
    "NaN": b'{"payloadType": NaN}',
    "deep nesting": b'{"payloadType":' + b"[" * 100_000,
    "less deep nesting": b'{"payloadType":' + b"[" * 100 + b"]" * 100 + b"}",
    "a number with too many digits": b'{"payloadType":' + b"9" * 10_000 + b"}",
    "half a character": edited(enveloped(FILES, KEY), more="\ud800"),
    "NUL": edited(enveloped(FILES, KEY), more="\0"),
    "a bundle of another version": edited(
        signed(FILES, KEY), mediaType="application/vnd.dev.sigstore.bundle.v0.9+json"
    ),
    "a signed message": b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","messageSignature":{}}',
    "no signatures": edited(enveloped(FILES, KEY), signatures=[]),
    "too many signatures": edited(enveloped(FILES, KEY), signatures=[{"sig": "AA=="}] * 11),
    "a payload that is no base64": edited(enveloped(FILES, KEY), payload="%%%"),
    "a certificate that is none": edited(
        signed(FILES, KEY), verificationMaterial={"certificate": {"rawBytes": "AAAA"}}
    ),
    "too many certificates": edited(
        signed(FILES, KEY), verificationMaterial={"x509CertificateChain": {"certificates": [{"rawBytes": "AA=="}] * 11}}
    ),
    "no statement": resigned(b"[]"),
    "a statement with a name twice": resigned(
        _statement()[:-1] + b',"subject":[{"name":"x","digest":{"sha256":"' + b"0" * 64 + b'"}}]}'
    ),
    "an old statement": resigned(_statement(_type="https://in-toto.io/Statement/v0.1")),
    "no predicate type": resigned(_statement(predicateType="")),
    "a digest in capitals": resigned(_statement(subject=[{"name": "a", "digest": {"sha256": "A" * 64}}])),
    "a short digest": resigned(_statement(subject=[{"name": "a", "digest": {"sha256": "ab"}}])),
    "a file without a name": resigned(_statement(subject=[{"digest": {"sha256": "a" * 64}}])),
    "a file twice": resigned(_statement(subject=[{"name": "a", "digest": {"sha256": "a" * 64}}] * 2)),
    "a digest that is no text": resigned(_statement(subject=[{"name": "a", "digest": {"sha256": 7}}])),
    "shards": making.sign_statement(
        {
            **(shards := model_statement("m", digests(FILES))),
            "predicate": {**shards["predicate"], "serialization": {"method": "shards"}},
        },
        KEY,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_malformed_and_says_why(name: str) -> None:
    found = check(BROKEN[name])
    assert found.state is State.MALFORMED
    assert found.sentence.startswith("Nothing that can be verified: ")
    assert found.sentence.endswith(".")


def test_a_document_that_is_too_large_is_not_read() -> None:
    found = check(b" " * 2000, most=1999)
    assert (found.state, "1,999 bytes" in found.sentence) == (State.MALFORMED, True)


def test_subjects_by_another_digest_cover_nothing() -> None:
    subjects = [{"name": path, "digest": {"sha512": "0" * 128}} for path in FILES]
    found = check(resigned(_statement(subject=subjects)))
    assert found.state is State.OTHER_CONTENT
    assert "were not signed" in found.sentence


def test_names_in_sentences_cannot_steer_a_terminal() -> None:
    files = {**FILES, "\x1b[31mred\u202e.py": b"x"}
    assert "\x1b" not in check(signed(FILES, KEY), files).sentence


# ---- any byte


DOCUMENTS = [signed(FILES, KEY), enveloped(FILES, KEY)]
OTHERS = [files for files, _, _ in CHANGES.values()]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(which=st.integers(0, 1), at=st.integers(0, 10**6), bits=st.integers(1, 255), other=st.sampled_from(OTHERS))
def test_no_flipped_byte_makes_it_vouch_for_other_content(
    which: int, at: int, bits: int, other: dict[str, bytes]
) -> None:
    document = bytearray(DOCUMENTS[which])
    document[at % len(document)] ^= bits
    assert not check(bytes(document), other).is_verified


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_no_flipped_byte_of_the_statement_is_verified(data: st.DataObject) -> None:
    document = DOCUMENTS[data.draw(st.integers(0, 1))]
    found = json.loads(document)
    envelope = found.get("dsseEnvelope", found)
    part = data.draw(st.sampled_from(["payload", "sig"]))
    holder = envelope if part == "payload" else envelope["signatures"][0]
    raw = bytearray(base64.b64decode(holder[part]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    holder[part] = base64.b64encode(raw).decode()
    assert not check(json.dumps(found).encode()).is_verified


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "payload",
                        "payloadType",
                        "signatures",
                        "sig",
                        "mediaType",
                        "dsseEnvelope",
                        "verificationMaterial",
                        "keyid",
                    ]
                ),
                x,
            )
        ),
    )
)
def test_any_json_at_all_ends_in_an_answer(value: object) -> None:
    assert not check(json.dumps(value).encode()).is_verified
