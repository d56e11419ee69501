"""Taking bytes in: stream, hash once, publish, and only then make the row that says they are there."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from blobs.models import Blob
from blobs.stores import Received, store
from lib.errors import Invalid, Unavailable
from lib.inserts import Insert

_wanted_now = Insert(Blob, "sha256", "size", "wanted_at", once_per=["sha256"], replacing=["wanted_at"])


def store_bytes(pieces: Iterable[bytes], *, length: int | None, actor: User) -> Blob:
    """Store a body as `receive_bytes` does, with its row."""
    received = receive_bytes(pieces, length=length, actor=actor)
    with transaction.atomic():
        return enter_blob(received, actor=actor)


def receive_bytes(pieces: Iterable[bytes], *, length: int | None, actor: User) -> Received:
    """Store a body of `length` bytes that arrives in pieces, never holding more than one piece; its row is made later.

    A connection that was cut looks like an end, so the count must fit: raises Invalid, and keeps nothing, if fewer or
    more bytes came than announced. Without a length only an empty body is accepted.
    """
    target = store()
    with target.begin() as incoming:
        for piece in pieces:
            incoming.write(piece)
            if incoming.size > (length or 0):
                break
        if incoming.size != (length or 0):
            raise Invalid("body", _miscount(incoming.size, length))
        received = incoming.finish()
        target.publish(incoming, received)
    return received


def enter_blob(received: Received, *, actor: User) -> Blob:
    """The row for published bytes, in a transaction of the caller.

    It locks them against the sweeper, who deletes row and bytes under the same lock.
    """
    now = timezone.now()
    [(pk,)] = _wanted_now.rows([(received.sha256, received.size, now)], returning=["id"])
    blob = Blob(pk=pk, sha256=received.sha256, size=received.size, wanted_at=now)
    if not store().exists(received.sha256):
        raise Unavailable("The same bytes were being swept away at this moment; send them again.")
    return blob


def _miscount(came: int, announced: int | None) -> str:
    if announced is None:
        return "A body without Content-Length could be cut unnoticed; send its length."
    return f"The upload was cut or is not as long as it said: {came} bytes came, Content-Length said {announced}."
