"""Reading identity tokens, the keys of their issuers, and where those are fetched from."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from accounts.credentials import identity_tokens, issuers
from accounts.credentials.identity_tokens import Refused, check, fits, read, verify
from lib import outside
from lib.errors import Invalid
from tests.services.issuer import Issuer, serve

CLAIMS = {"aud": "gatehouse", "sub": "repo:acme/model", "repository": "acme/model"}


@pytest.fixture
def issuer(settings: Settings) -> Iterator[Issuer]:
    """An issuer that this installation counts as one of its own."""
    issuers.forget()
    with serve() as running:
        settings.ISSUERS_INSIDE = ["127.0.0.1"]
        yield running
    issuers.forget()


def checked(text: str) -> None:
    """All that is asked of a token."""
    token = read(text)
    check(token, audience="gatehouse", claims={"repository": "acme/model"}, now=datetime.now(UTC))
    verify(token)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_that_its_issuer_signed_is_taken(issuer: Issuer, algorithm: str) -> None:
    issuer.keys = {"first": issuer.make_key("RS256"), "other": issuer.make_key(algorithm)}
    checked(issuer.token(CLAIMS, kid="other"))
    checked(issuer.token({**CLAIMS, "aud": ["gatehouse"], "nbf": int(time.time())}, kid="other"))


def changed(text: str, **claims: Any) -> str:
    """Other claims under the old signature."""
    header, payload, signature = text.split(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "==")) | claims
    return f"{header}.{base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b'=').decode()}.{signature}"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "somebody else"}, "audience"),
        ({"aud": ["gatehouse", "somebody else"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"exp": 1_000}, "expired"),
        ({"exp": int(time.time()) - 60}, "expired"),
        ({"exp": None}, "when it ends"),
        ({"exp": "tomorrow"}, "when it ends"),
        ({"exp": True}, "when it ends"),
        ({"exp": 1e300}, "when it ends"),
        ({"iat": None}, "when it was made"),
        ({"iat": int(time.time()) + 86_400}, "not valid yet"),
        ({"nbf": int(time.time()) + 86_400}, "not valid yet"),
        ({"nbf": "soon"}, "when it was made"),
        ({"iat": int(time.time()) - 4000}, "too long ago"),
        ({"repository": "acme/other"}, "repository"),
        ({"repository": None}, "repository"),
        ({"repository": ["acme/model"]}, "repository"),
    ],
)
def test_a_token_that_says_something_else_is_refused_without_asking_for_keys(
    issuer: Issuer, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        checked(issuer.token({**CLAIMS, **claims}))
    assert issuer.asked == []


def test_a_token_that_nobody_known_signed_is_refused(issuer: Issuer) -> None:
    good = issuer.token(CLAIMS)
    forged = [
        issuer.token(CLAIMS, key=issuer.make_key("RS256")),
        issuer.token(CLAIMS, key=issuer.make_key("ES256")),
        issuer.token(CLAIMS, kid="unknown", key=issuer.keys["first"]),
        issuer.unsigned(CLAIMS),
        issuer.unsigned(CLAIMS, "HS256"),
        issuer.unsigned(CLAIMS, "RS256"),
        changed(issuer.token({**CLAIMS, "repository": "evil/model"}), repository="acme/model"),
        good.rpartition(".")[0] + ".AAAA",
        issuer.token(CLAIMS, headers={"crit": ["exp"]}),
        good[:-4] + "AAAA",
    ]
    for text in forged:
        with pytest.raises(Refused):
            checked(text)
    checked(good)


@pytest.mark.parametrize(
    "text",
    ["", "x", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "W10.W10.W10", ".e30.", "é.é.é", "a." * 20_000, "a\0b.c.d"],
)
def test_garbage_is_no_token(text: str) -> None:
    with pytest.raises(Refused):
        read(text)


def test_a_key_that_says_where_it_is_kept_is_not_asked_for_there(issuer: Issuer) -> None:
    stranger = issuer.make_key("RS256")
    headers = {"jwk": stranger.published("first"), "jku": f"{issuer.address}/theirs", "x5u": f"{issuer.address}/theirs"}
    with pytest.raises(Refused, match="signature"):
        checked(issuer.token(CLAIMS, key=stranger, headers=headers))
    assert "/theirs" not in issuer.asked


def test_keys_are_kept_and_a_new_one_is_found(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(issuer.token(CLAIMS))
    checked(issuer.token(CLAIMS))
    assert len(issuer.asked) == 2  # the discovery document and the keys, once
    issuer.keys = {"second": issuer.make_key("ES256")}
    with pytest.raises(Refused, match="publishes no key"):
        checked(issuer.token(CLAIMS, kid="second"))
    assert len(issuer.asked) == 2  # not again within a minute
    issuers._shelf(issuer.address).ask_again_at = 0
    checked(issuer.token(CLAIMS, kid="second"))
    with pytest.raises(Refused):
        checked(issuer.token(CLAIMS, kid="first", key=issuer.make_key("RS256")))


def test_keys_outlast_a_short_trouble_of_their_issuer(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(issuer.token(CLAIMS))
    issuer.habit = "broken"
    monkeypatch.setattr(issuers, "FRESH_FOR", 0)
    issuers._shelf(issuer.address).ask_again_at = 0
    checked(issuer.token(CLAIMS))
    monkeypatch.setattr(issuers, "STALE_FOR", 0)
    with pytest.raises(Refused, match="could not be had"):
        checked(issuer.token(CLAIMS))


@pytest.mark.parametrize("habit", ["slow", "huge", "redirecting", "broken", "another issuer"])
def test_an_issuer_with_bad_habits_is_not_waited_for(
    issuer: Issuer, habit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "LONGEST_FETCH", 0.5)
    monkeypatch.setattr(issuers.fetch, "__defaults__", (0.5,))
    issuer.habit = habit
    with pytest.raises(Refused, match="could not be had"):
        checked(issuer.token(CLAIMS))
    asked = len(issuer.asked)
    with pytest.raises(Refused, match="could not be had"):
        checked(issuer.token(CLAIMS))
    assert len(issuer.asked) == asked == 1


INSIDE = [
    "http://169.254.169.254/",
    "https://169.254.169.254",
    "https://127.0.0.1",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://0",
    "https://2130706433",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://localhost",
    "https://localhost.",
    "https://db.localhost",
    "https://metadata.google.internal",
    "https://10.0.0.1",
    "https://intranet",
    "file:///etc/passwd",
    "gopher://example.org",
    "http://example.org",
    "ftp://example.org",
    "//example.org",
    "example.org",
    "https://",
    "https://example.org:0",
    "https://example.org:99999",
    "https://user@example.org",
    "https://user:word@example.org",
    "https://example.org?x=1",
    "https://example.org#x",
    "https://example.org\\@127.0.0.1",
    "https://exa mple.org",
    "https://ｅxample.org",
    "https://example.org\n",
    "",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_issuer_that_could_lead_inside_is_not_trusted(address: str) -> None:
    with pytest.raises(Invalid) as refusal:
        issuers.check(address)
    assert refusal.value.field == "issuer"


@pytest.mark.parametrize(
    "address",
    [
        "https://token.actions.githubusercontent.com",
        "https://gitlab.com",
        "https://gitlab.example.org:8443/path/",
        "https://oidc.circleci.com/org/123",
    ],
)
def test_a_public_issuer_may_be_trusted(address: str) -> None:
    issuers.check(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "240.0.0.1", "192.0.0.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *(
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "::7f00:1",
        ),
    ],
)
def test_an_address_inside_is_known_as_one(address: str) -> None:
    assert not outside.is_public(address)


def test_a_public_address_is_known_as_one() -> None:
    assert all(outside.is_public(address) for address in ("140.82.112.3", "2606:50c0:8000::153", "::ffff:140.82.112.3"))


def test_a_public_name_with_an_address_inside_is_never_connected_to(
    issuer: Issuer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(issuer.address.rpartition(":")[2])
    found: list[list[str]] = [["127.0.0.1"], ["140.82.112.3", "127.0.0.1"]]

    def resolve(host: str, port: int, **_: Any) -> Any:
        return [(0, 0, 0, "", (address, port)) for address in found.pop(0)]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    for _ in range(2):
        with pytest.raises(issuers.Unreachable, match="no public address"):
            issuers.fetch(f"https://ci.example.org:{port}/keys")
    assert issuer.asked == []


def test_a_certificate_of_another_name_is_not_taken(issuer: Issuer, settings: Settings) -> None:
    settings.ISSUERS_INSIDE = ["127.0.0.1"]
    with pytest.raises(issuers.Unreachable, match="did not answer"):
        issuers.fetch(issuer.address.replace("http:", "https:"))


def test_an_issuer_outside_leads_nobody_inside(
    issuer: Issuer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = "https://ci.example.org"
    documents = {
        f"{outside}/.well-known/openid-configuration": {"issuer": outside, "jwks_uri": f"{issuer.address}/keys"}
    }
    real = issuers.fetch
    monkeypatch.setattr(issuers, "fetch", lambda url, *rest: documents.get(url) or real(url, *rest))
    with pytest.raises(issuers.Unreachable, match="leads inside"):
        issuers.key_of(outside, "first")
    assert issuer.asked == []


@pytest.mark.parametrize("address", ["http://169.254.169.254/keys", "file:///etc/passwd", "https://10.0.0.1/", 7, None])
def test_the_place_of_the_keys_is_guarded_as_well(issuer: Issuer, address: Any) -> None:
    issuer.jwks_address = address or " "
    with pytest.raises(Refused, match="could not be had"):
        checked(issuer.token(CLAIMS))


@pytest.mark.parametrize(
    ("given", "wanted", "is_so"),
    [
        ("acme/model", "acme/model", True),
        ("acme/model", "acme/*", True),
        ("acme/model/x", "acme/*", False),
        ("acme/", "acme/*", False),
        ("acme", "acme/*", False),
        ("refs/heads/release-7", "refs/heads/release-*", True),
        ("refs/heads/release-", "refs/heads/release-*", False),
        ("refs/heads/x/release-7", "refs/heads/release-*", False),
        ("Acme/model", "acme/model", False),
        (True, "true", True),
        (12, "12", True),
        (1.0, "1.0", False),
        (None, "", False),
        ({"a": 1}, "*", False),
    ],
)
def test_a_claim_fits_a_pattern(given: object, wanted: str, is_so: bool) -> None:
    assert fits(given, wanted) == is_so


def test_a_token_is_named_by_what_was_signed(issuer: Issuer) -> None:
    token = read(issuer.token(CLAIMS))
    respelled = read(token.text + "A")
    assert token.digest == respelled.digest
    numbered = [
        read(issuer.token({**CLAIMS, "jti": "7"})).digest,
        read(issuer.token({**CLAIMS, "jti": "7", "x": 1})).digest,
    ]
    assert numbered[0] == numbered[1] != token.digest
    assert identity_tokens.read(issuer.token({**CLAIMS, "jti": "8"})).digest != numbered[0]
