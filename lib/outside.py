"""Asking a server outside, at an address that somebody has typed, without being led to a machine inside.

A name is resolved here, every address that it has must be a public one, and the connection goes to an address that was
checked, so that a second answer of the name service changes nothing. Redirects are not followed, time is bounded.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from urllib.parse import SplitResult, urlsplit

_PUBLIC_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\Z", re.IGNORECASE)
_NAMES_INSIDE = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain")
# Networks whose addresses hold another one, which may lead anywhere.
_WRAPPING = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class Unreachable(Exception):
    """What was asked for could not be had; the text says why."""


@contextmanager
def answer_of(
    url: str, *, inside: Collection[str], seconds: float, headers: Mapping[str, str]
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a GET, to be read within the block; the whole of it ends after `seconds`.

    `inside` are hosts (or host:port) of one's own, which may have a private address and do without https. Raises
    Unreachable, also for what goes wrong within the block while the answer is read.
    """
    if reason := fault(url, inside):
        raise Unreachable(f"The address {url!r} {reason}.")
    parts = urlsplit(url)
    end = time.monotonic() + seconds
    try:
        with closing(_connected(parts, seconds, inside)) as connected:
            # A timeout of the socket begins anew with every byte that trickles in; this one does not.
            watch = threading.Timer(max(0.0, end - time.monotonic()), _cut, [connected])
            watch.daemon = True
            watch.start()
            try:
                with _asked(connected, parts, headers) as answer:
                    yield answer
            finally:
                watch.cancel()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"{url!r} did not answer: {type(error).__name__} {error}.") from error


def fault(url: str, inside: Collection[str]) -> str:
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
    if is_inside(parts, inside):
        return ""
    if parts.scheme != "https":
        return "has to begin with https://"
    name = parts.hostname.lower()
    if not _PUBLIC_NAME.match(name) or name.endswith(_NAMES_INSIDE):
        return "has to be named by a public host name"
    return ""


def is_inside(parts: SplitResult, inside: Collection[str]) -> bool:
    """Whether whoever runs this installation has said that this host is one of their own."""
    try:
        named = {parts.hostname, f"{parts.hostname}:{parts.port}"}
    except ValueError:
        return False
    return bool(parts.hostname) and not named.isdisjoint(inside)


def is_public(address: str) -> bool:
    """Whether an address belongs to the public network, whatever it is wrapped in."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            found = found.ipv4_mapped
        elif any(found in net for net in _WRAPPING):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _connected(parts: SplitResult, seconds: float, inside: Collection[str]) -> socket.socket:
    """A connection to an address of the host that was checked; with https, TLS that has not shaken hands yet."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(info[4][0]) for info in found]
    if not addresses or (not is_inside(parts, inside) and not all(is_public(address) for address in addresses)):
        raise Unreachable(f"The host {host!r} has no public address.")
    connected = socket.create_connection((addresses[0], port), timeout=max(0.1, seconds))
    if parts.scheme == "http":
        return connected
    return ssl.create_default_context().wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)


def _asked(connected: socket.socket, parts: SplitResult, headers: Mapping[str, str]) -> http.client.HTTPResponse:
    if isinstance(connected, ssl.SSLSocket):
        connected.do_handshake()  # which checks the certificate and the name in it
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.sock = connected
    where = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", where, headers={"User-Agent": "Gatehouse", "Connection": "close", **headers})
    return connection.getresponse()


def _cut(connected: socket.socket) -> None:
    """End a connection that another thread waits for."""
    with suppress(OSError, ValueError):
        connected.shutdown(socket.SHUT_RDWR)
