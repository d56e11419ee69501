"""Reading identity tokens (JSON Web Tokens of RFC 7519) and telling whether they are what a trust asks for.

Whatever is wrong raises Refused with the exact reason, which is for the log and never for who sent the token. All that
needs no key is looked at first, so that nobody makes the server ask an issuer for keys with a token that says nothing.
"""

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard

import jwt
import orjson
from django.conf import settings

from accounts.credentials import issuers
from lib import digests

LONGEST_TOKEN = 16 * 1024  # characters
LEEWAY = timedelta(seconds=30)
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# What a token says of itself, which is checked for every trust and never chosen.
RESERVED = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})

_PART = re.compile(r"[A-Za-z0-9_-]+\Z")


class Refused(Exception):
    """The token is not taken; the text says why, for those who may read the log."""


@dataclass(frozen=True)
class IdentityToken:
    """What a token says. Nothing of it is proven before `verify` returned."""

    text: str
    algorithm: str
    kid: str | None
    issuer: str
    claims: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Names the token for good: its issuer's own number for it, or else what was signed.

        Not the signature, which can be spelled in several ways.
        """
        number = self.claims.get("jti")
        named = isinstance(number, str) and number
        return digests.of_bytes(orjson.dumps([self.issuer, number]) if named else self.text.rpartition(".")[0].encode())

    @property
    def ends_at(self) -> datetime:
        """When nobody takes it any more."""
        longest = timedelta(minutes=settings.IDENTITY_TOKEN_LONGEST_AGE_MINUTES).total_seconds()
        return datetime.fromtimestamp(min(self.claims["exp"], self.claims["iat"] + longest), UTC) + LEEWAY

    def shown(self, name: str) -> str:
        """A claim as text, short and harmless in a log."""
        return repr(self.claims.get(name))[:200]


def read(text: str) -> IdentityToken:
    """What the token says, unproven."""
    parts = text.split(".")
    if len(text) > LONGEST_TOKEN or len(parts) != 3 or not all(_PART.match(part) for part in parts):
        raise Refused("It is no signed JSON Web Token.")
    header, claims = _object(parts[0]), _object(parts[1])
    algorithm, kid, issuer = header.get("alg"), header.get("kid"), claims.get("iss")
    if not isinstance(algorithm, str) or not isinstance(kid, str | None) or not isinstance(issuer, str):
        raise Refused("It names no algorithm or no issuer.")
    if "crit" in header or "b64" in header:
        raise Refused("Its header asks for what is not known here.")
    return IdentityToken(text, algorithm, kid, issuer, claims)


def check(token: IdentityToken, *, audience: str, claims: Mapping[str, str], now: datetime) -> None:
    """Return if the token is for this audience, holds these claims and is good now; no key is asked for."""
    if token.algorithm not in ALGORITHMS:
        raise Refused(f"It is signed with {token.algorithm[:50]!r}, which is not taken.")
    given = token.claims.get("aud")
    if given not in (audience, [audience]):
        raise Refused(f"It is for the audience {token.shown('aud')}.")
    _check_times(token.claims, now)
    for name, wanted in claims.items():
        if not fits(token.claims.get(name), wanted):
            raise Refused(f"Its claim {name!r} is {token.shown(name)}, not {wanted!r}.")


def verify(token: IdentityToken) -> None:
    """Return if the issuer has signed the token; asks the issuer for its keys, but not every time."""
    try:
        published = issuers.key_of(token.issuer, token.kid)
    except issuers.Unreachable as why:
        raise Refused(f"The keys of its issuer could not be had: {why}") from why
    if published is None:
        raise Refused(f"Its issuer publishes no key {str(token.kid)[:100]!r}.")
    if published.get("alg") not in (None, token.algorithm):
        raise Refused("It is signed with another algorithm than its key is for.")
    try:
        key = jwt.PyJWK(published, algorithm=token.algorithm)
        signed = jwt.PyJWS(options={"enforce_minimum_key_length": True})
        signed.decode(token.text, key, algorithms=[token.algorithm])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Refused(f"Its signature is not that of its issuer ({type(error).__name__}).") from error


def fits(given: object, wanted: str) -> bool:
    """Whether a claim has this value; "*" in a part of it stands for some text without a slash."""
    if isinstance(given, bool):
        given = str(given).lower()
    elif isinstance(given, int):
        given = str(given)
    if not isinstance(given, str):
        return False
    parts, patterns = given.split("/"), wanted.split("/")
    return len(parts) == len(patterns) and all(map(_part_fits, parts, patterns))


def _part_fits(part: str, pattern: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return part == pattern
    return len(part) > len(before) + len(after) and part.startswith(before) and part.endswith(after)


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    made, ends, begins = (claims.get(name) for name in ("iat", "exp", "nbf"))
    longest = timedelta(minutes=settings.IDENTITY_TOKEN_LONGEST_AGE_MINUTES)
    moment, leeway = now.timestamp(), LEEWAY.total_seconds()
    begins = made if begins is None else begins
    if not _is_moment(made) or not _is_moment(ends) or not _is_moment(begins):
        raise Refused("It does not say when it was made and when it ends.")
    if moment > ends + leeway:
        raise Refused("It has expired.")
    if moment < max(made, begins) - leeway:
        raise Refused("It is not valid yet.")
    if moment > made + longest.total_seconds() + leeway:
        raise Refused("It was made too long ago.")


def _is_moment(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 < value < 1e11


def _object(part: str) -> dict[str, Any]:
    try:
        found = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError as error:
        raise Refused("It is no signed JSON Web Token.") from error
    if not isinstance(found, dict):
        raise Refused("It is no signed JSON Web Token.")
    return found
