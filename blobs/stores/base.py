"""What every store of bytes promises. One suite, tests/contracts/test_blob_stores.py, holds them all to it."""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self
from uuid import uuid4

from lib.errors import Conflict

_NO_PARTS = "Files are kept in another store now, which takes no parts: begin the upload again."
# Below this a thread costs more than it saves.
_LARGE = 256 * 1024


@cache
def _hashers() -> ThreadPoolExecutor:
    """Threads that hash, which Python lets run beside each other."""
    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="hash")


os.register_at_fork(after_in_child=_hashers.cache_clear)


class Received(NamedTuple):
    """What came in: the digest and the number of bytes, both counted by us."""

    sha256: str
    size: int


class Incoming(ABC):
    """One upload on its way in. In a `with` block, whatever was not published at the end is thrown away."""

    def __init__(self) -> None:
        self.name = uuid4().hex
        self.size = 0
        self.received: Received | None = None
        self._digest = hashlib.sha256()
        self._hashing: Future[None] | None = None
        self._settled = False

    def write(self, piece: bytes) -> None:
        """Keep the next bytes. Raises Unavailable, and throws the upload away, if the store cannot take them."""
        if self._settled or self.received:
            raise ValueError("This upload has ended.")
        self._hash(piece)
        self.size += len(piece)
        try:
            self._keep(piece)
        except BaseException:
            self.abort()
            raise

    def finish(self) -> Received:
        """No more bytes will come; those that came are safe. Whether they are all that was meant, the caller knows."""
        try:
            self._seal()
        except BaseException:
            self.abort()
            raise
        self._hash(b"")
        self.received = Received(self._digest.hexdigest(), self.size)
        return self.received

    def abort(self) -> None:
        """Throw the bytes away unless they are published. Never raises: what cannot be removed now is swept later."""
        if not self._settled:
            self._settled = True
            self._discard()

    def publish(self, received: Received) -> None:
        """Use `Store.publish`."""
        if received != self.received:
            raise ValueError("Only what this upload received can be published from it.")
        self._land(received.sha256)
        self._settled = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.abort()

    def _hash(self, piece: bytes) -> None:
        """Add to the digest; a large piece while the caller writes it and brings the next one."""
        hashing, self._hashing = self._hashing, None
        if hashing:
            hashing.result()
        if len(piece) < _LARGE:
            self._digest.update(piece)
        else:
            self._hashing = _hashers().submit(self._digest.update, piece)

    @abstractmethod
    def _keep(self, piece: bytes) -> None:
        """Write the next bytes, holding no more than a part in memory."""

    @abstractmethod
    def _seal(self) -> None:
        """Bring everything to rest."""

    @abstractmethod
    def _land(self, sha256: str) -> None:
        """Show the bytes under their digest, all at once."""

    @abstractmethod
    def _discard(self) -> None:
        """Remove what was written, as far as the store answers."""


class Store(ABC):
    """Bytes by digest. What takes a digest raises Invalid when it is none, and Unavailable when the store is broken."""

    # Whether clients reach the store by themselves and should.
    is_public = False

    @abstractmethod
    def begin(self) -> Incoming:
        """Somewhere to write one upload to."""

    def publish(self, incoming: Incoming, received: Received) -> None:
        """Show the bytes under their digest: whole or not at all, lasting, and the same however often it is done.

        Publishing what is there already makes it young again, so that the sweeper leaves it alone.
        """
        incoming.publish(received)

    @abstractmethod
    def open(self, sha256: str, *, start: int = 0, length: int | None = None) -> BinaryIO:
        """Read from byte `start`, at most `length` bytes; past the end there are none. Raises NotFound.

        A local store returns a real file standing at `start`, so that a web server may use sendfile.
        """

    @abstractmethod
    def exists(self, sha256: str) -> bool:
        """Whether the blob can be read."""

    @abstractmethod
    def size(self, sha256: str) -> int:
        """Its length in bytes. Raises NotFound."""

    @abstractmethod
    def delete(self, sha256: str) -> None:
        """Remove the blob; fine if there is none. Readers that have it open may finish."""

    @abstractmethod
    def stored(self, after: str | None = None) -> Iterator[tuple[str, datetime]]:
        """Every digest with the time it was last published, in order, from the first one greater than `after`."""

    @abstractmethod
    def sweep_incoming(self, *, older_than: timedelta) -> int:
        """Remove uploads that nobody published and that took no byte for so long; returns how many."""

    @abstractmethod
    def local_path(self, sha256: str) -> Path | None:
        """The file itself, for readers that need one; None if the bytes are elsewhere. Raises NotFound."""

    @abstractmethod
    def url(self, sha256: str, *, filename: str, content_type: str, expires: timedelta) -> str | None:
        """A link from which anybody who holds it may download the bytes until it expires, if the store gives any."""

    def begin_parts(self, name: str) -> str | None:
        """Begin an upload whose parts clients send to the store themselves: the store's mark of it.

        `name` is 32 hexadecimal digits. None from a store that takes no parts, which is the answer of most.
        """
        return None

    def part_url(self, name: str, mark: str, number: int, *, expires: timedelta) -> str:
        """A link to which anybody who holds it may send this one part until it expires or the upload ends.

        Raises Conflict from a store that takes no parts: the upload was begun in another one.
        """
        raise Conflict(_NO_PARTS)

    def join_parts(self, name: str, mark: str, etags: Mapping[int, str], *, progress: Callable[[], None]) -> Incoming:
        """The parts as one upload, of which only `finish` and `publish` are left to do.

        `finish` reads every byte to hash it and calls `progress` on its way. What the store joined before is found
        again. Raises Invalid for parts that did not arrive as the client says, Conflict if the upload is gone.
        """
        raise Conflict(_NO_PARTS)

    @abstractmethod
    def drop_parts(self, name: str, mark: str) -> None:
        """Throw the parts away, joined or not; fine if there are none."""
