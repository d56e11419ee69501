"""The keys of those who issue identity tokens: where they may be fetched from, fetching them, and keeping them a while.

This is the one place where the web process fetches anything, and only from issuers that a trust names. A name is
resolved here, every address that it has must be a public one, and the connection goes to an address that was checked,
so that a second answer of the name service changes nothing. Redirects are not followed; size and time are bounded.
"""

import http.client
import ipaddress
import json
import logging
import re
import socket
import ssl
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from lib.errors import Invalid

LONGEST_ANSWER = 256 * 1024  # bytes
LONGEST_FETCH = 5.0  # seconds, for both documents together
FRESH_FOR = 600.0  # seconds that keys are used without asking again
STALE_FOR = 3600.0  # seconds that keys are used when the issuer does not answer
PATIENCE = 60.0  # seconds between two questions to one issuer
PATIENCE_IN_TROUBLE = 10.0  # the same when it did not answer
MOST_KEYS = 100

_PUBLIC_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z", re.IGNORECASE)
_NAMES_INSIDE = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain")
# Networks whose addresses hold another one, which may lead anywhere.
_WRAPPING = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]

logger = logging.getLogger(__name__)


class Unreachable(Exception):
    """The issuer's keys could not be had; the text says why."""


def check(issuer: str) -> None:
    """Return if a trust may name this issuer; raises Invalid for what could lead to a machine inside."""
    if reason := _fault(issuer) or ("holds a query" if "?" in issuer else ""):
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
    if reason := _fault(url):
        raise Unreachable(f"The address {url!r} {reason}.")
    parts = urlsplit(url)
    end = time.monotonic() + seconds
    try:
        with closing(_connected(parts, seconds)) as connected:
            # A timeout of the socket begins anew with every byte that trickles in; this one does not.
            watch = threading.Timer(max(0.0, end - time.monotonic()), _cut, [connected])
            watch.daemon = True
            watch.start()
            try:
                status, body = _answer(connected, parts)
            finally:
                watch.cancel()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{url!r} did not answer: {type(error).__name__} {error}.") from error
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
    if _is_inside(urlsplit(address)) and not _is_inside(urlsplit(issuer)):
        raise Unreachable("Its discovery document leads inside.")
    found = fetch(address, end - time.monotonic())
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list):
        raise Unreachable("It publishes no keys.")
    return [key for key in keys[:MOST_KEYS] if isinstance(key, dict) and key.get("use") in (None, "sig")]


def _fault(url: str) -> str:
    """What is wrong with an address, as the rest of a sentence; empty for one that may be asked."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not an address"
    if len(url) > 2000 or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return "is not an address"
    if not parts.hostname or parts.scheme not in ("https", "http") or port == 0:
        return "has to begin with https:// and a host"
    if parts.username is not None or parts.password is not None or "#" in url:
        return "holds more than a host and a path"
    if _is_inside(parts):
        return ""
    if parts.scheme != "https":
        return "has to begin with https://"
    name = parts.hostname.lower()
    if not _PUBLIC_NAME.match(name) or name.endswith(_NAMES_INSIDE):
        return "has to be named by a public host name"
    return ""


def _is_inside(parts: SplitResult) -> bool:
    """Whether whoever runs this installation has said that this host is one of their own."""
    try:
        named = {parts.hostname, f"{parts.hostname}:{parts.port}"}
    except ValueError:
        return False
    return bool(parts.hostname) and not named.isdisjoint(settings.ISSUERS_INSIDE)


def _is_public(address: str) -> bool:
    """Whether an address belongs to the public network, whatever it is wrapped in."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif any(found in net for net in _WRAPPING):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _connected(parts: SplitResult, seconds: float) -> socket.socket:
    """A connection to an address of the host that was checked; with https, TLS that has not shaken hands yet."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    if not addresses or (not _is_inside(parts) and not all(_is_public(address) for address in addresses)):
        raise Unreachable(f"The host {host!r} has no public address.")
    connected = socket.create_connection((addresses[0], port), timeout=max(0.1, seconds))
    if parts.scheme == "http":
        return connected
    return ssl.create_default_context().wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)


def _answer(connected: socket.socket, parts: SplitResult) -> tuple[int, bytes]:
    if isinstance(connected, ssl.SSLSocket):
        connected.do_handshake()  # which checks the certificate and the name in it
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.sock = connected
    headers = {"Accept": "application/json", "User-Agent": "Gatehouse", "Connection": "close"}
    where = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", where, headers=headers)
    with connection.getresponse() as answer:
        return answer.status, answer.read(LONGEST_ANSWER + 1)


def _cut(connected: socket.socket) -> None:
    """End a connection that another thread waits for."""
    with suppress(OSError, ValueError):
        connected.shutdown(socket.SHUT_RDWR)
