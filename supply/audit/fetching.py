"""Fetching the file of advisories from the server that the operator names; never in the web process."""

import http.client
from collections.abc import Collection
from pathlib import Path

from lib.outside import Unreachable, answer_of

LARGEST_FILE = 512 << 20
LONGEST_FETCH = 900.0  # seconds for the whole file
PIECE = 1 << 18


def fetch_newer(
    url: str, into: Path, *, etag: str, inside: Collection[str], seconds: float = LONGEST_FETCH
) -> str | None:
    """Store the file at this address, unless the server still has the one of this tag; its new tag, or None for that.

    Raises Unreachable for an address that leads inside without being named in `inside`, a redirect or another status
    than 200, a file that is too large, and one that did not come whole or in time.
    """
    headers = {"Accept": "application/zip"} | ({"If-None-Match": etag} if etag else {})
    with answer_of(url, inside=inside, seconds=seconds, headers=headers) as answer:
        if answer.status == 304 and etag:
            return None
        if answer.status != 200:
            raise Unreachable(f"{url!r} answered with status {answer.status}.")
        _store(answer, into, url)
        return (answer.getheader("ETag") or "")[:255]


def _store(answer: http.client.HTTPResponse, into: Path, url: str) -> None:
    size = 0
    with into.open("wb") as file:
        while piece := answer.read(PIECE):
            size += len(piece)
            if size > LARGEST_FILE:
                raise Unreachable(f"{url!r} is larger than {LARGEST_FILE >> 20} MiB.")
            file.write(piece)
    if answer.length:  # read() says nothing of a connection that ended too early
        raise Unreachable(f"{url!r} ended too early.")
