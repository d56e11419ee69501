"""The keys of those who issue identity tokens: where they may be fetched from, fetching them, and keeping them a while.

This is the one place where the web process fetches anything, and only from issuers that a trust names, by way of
lib.outside. Size and time are bounded.
"""

import json
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from lib import outside
from lib.errors import Invalid
from lib.outside import Unreachable

__all__ = ["Unreachable", "check", "fetch", "forget", "key_of"]

LONGEST_ANSWER = 256 * 1024  # bytes
LONGEST_FETCH = 5.0  # seconds, for both documents together
FRESH_FOR = 600.0  # seconds that keys are used without asking again
STALE_FOR = 3600.0  # seconds that keys are used when the issuer does not answer
PATIENCE = 60.0  # seconds between two questions to one issuer
PATIENCE_IN_TROUBLE = 10.0  # the same when it did not answer
MOST_KEYS = 100

logger = logging.getLogger(__name__)


def check(issuer: str) -> None:
    """Return if a trust may name this issuer; raises Invalid for what could lead to a machine inside."""
    if reason := outside.fault(issuer, settings.ISSUERS_INSIDE) or ("holds a query" if "?" in issuer else ""):
        raise Invalid("issuer", f"The issuer {reason}.")


def key_of(issuer: str, kid: str | None) -> dict[str, Any] | None:
    """The issuer's key of this name as it publishes it (a JWK), or the only one where the token names none.

    Raises Unreachable.
    """
    return _shelf(issuer).key(kid)


def forget() -> None:
    """Begin anew, for tests."""
    _shelves.clear()


def fetch(url: str, seconds: float = LONGEST_FETCH) -> Any:
    """The JSON at an address that passes the guard. Raises Unreachable."""
    inside, headers = settings.ISSUERS_INSIDE, {"Accept": "application/json"}
    with outside.answer_of(url, inside=inside, seconds=seconds, headers=headers) as answer:
        status, body = answer.status, answer.read(LONGEST_ANSWER + 1)
    if status != 200:
        raise Unreachable(f"{url!r} answered with status {status}.")
    if len(body) > LONGEST_ANSWER:
        raise Unreachable(f"{url!r} answered with more than {LONGEST_ANSWER:,} bytes.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"{url!r} did not answer with JSON.") from error


@dataclass
class _Shelf:
    """The keys of one issuer."""

    issuer: str
    keys: list[dict[str, Any]] = field(default_factory=list)
    fetched_at: float = float("-inf")
    ask_again_at: float = float("-inf")
    trouble: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, kid: str | None) -> dict[str, Any] | None:
        """From the shelf while it is fresh; else, or for an unknown name, from the issuer, but not every time."""
        if (found := self._named(kid)) and time.monotonic() - self.fetched_at < FRESH_FOR:
            return found
        with self.lock:
            if time.monotonic() >= self.ask_again_at:
                self._ask()
        now = time.monotonic()
        if now - self.fetched_at < STALE_FOR:
            return self._named(kid)
        raise Unreachable(self.trouble)

    def _named(self, kid: str | None) -> dict[str, Any] | None:
        if kid is None:
            return self.keys[0] if len(self.keys) == 1 else None
        return next((key for key in self.keys if key.get("kid") == kid), None)

    def _ask(self) -> None:
        try:
            self.keys = _published(self.issuer)
        except Unreachable as why:
            self.trouble = str(why)
            self.ask_again_at = time.monotonic() + PATIENCE_IN_TROUBLE
            logger.warning("The keys of the issuer %r were not had: %s", self.issuer, why)
        else:
            self.fetched_at = time.monotonic()
            self.ask_again_at = self.fetched_at + PATIENCE


_shelves: dict[str, _Shelf] = {}


def _shelf(issuer: str) -> _Shelf:
    return _shelves.setdefault(issuer, _Shelf(issuer))


def _published(issuer: str) -> list[dict[str, Any]]:
    """What the discovery document of the issuer leads to (OpenID Connect Discovery 1.0, RFC 7517)."""
    end = time.monotonic() + LONGEST_FETCH
    document = fetch(issuer.rstrip("/") + "/.well-known/openid-configuration")
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise Unreachable("Its discovery document names another issuer.")
    address = document.get("jwks_uri")
    if not isinstance(address, str) or len(address) > 2000:
        raise Unreachable("Its discovery document names no keys.")
    # Only who is inside may lead inside.
    inside = settings.ISSUERS_INSIDE
    if outside.is_inside(urlsplit(address), inside) and not outside.is_inside(urlsplit(issuer), inside):
        raise Unreachable("Its discovery document leads inside.")
    found = fetch(address, end - time.monotonic())
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list):
        raise Unreachable("It publishes no keys.")
    return [key for key in keys[:MOST_KEYS] if isinstance(key, dict) and key.get("use") in (None, "sig")]
