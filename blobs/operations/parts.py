"""Uploads in parts: a client sends them to the object store itself; what arrived is hashed before it counts."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from time import monotonic, sleep
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from blobs.models import Blob, Folder, PartUpload
from blobs.operations.uploads import enter_blob
from blobs.stores import store
from lib.errors import Conflict, Invalid, Unavailable

# What S3 takes (Amazon S3 user guide, multipart upload limits).
MOST_PARTS = 10_000
# Whoever joins parts says so every five seconds; a process that was silent for so long is taken for dead.
SILENCE = timedelta(minutes=2)
# How long a second request for the same waits for the first before it is told to come again.
PATIENCE = timedelta(seconds=60)
_SAYS_SO_EVERY = 5.0
_State = PartUpload.State


def begin_parts(folder: Folder, path: str, *, count: int, actor: User) -> PartUpload | None:
    """A new upload of `count` parts to `path`; None if the store takes no parts, or not so many."""
    if count < 1:
        raise Invalid("num_parts", "An upload has at least one part.")
    name = uuid4().hex
    mark = store().begin_parts(name) if count <= MOST_PARTS else None
    if mark is None:
        return None
    return PartUpload.objects.create(name=name, mark=mark, folder=folder, path=path, part_count=count, started_by=actor)


def join_parts(upload: PartUpload, etags: Mapping[int, str], *, actor: User) -> Blob | None:
    """The blob of all parts, read and hashed here; None if the upload is done already.

    Reading takes a while, in which the client may lose patience and ask again: then one of the requests works and the
    others wait for it. Raises Invalid for other parts than begun, Conflict for an upload that is gone or was changed
    meanwhile, Unavailable if somebody else is still at it.
    """
    if sorted(etags) != list(range(1, upload.part_count + 1)):
        raise Invalid("parts", f"Name each of the {upload.part_count} parts once.")
    if not _claim(upload):
        return None
    target = store()
    try:
        with target.join_parts(upload.name, upload.mark, etags, progress=_Sign(upload)) as incoming:
            received = incoming.finish()
            target.publish(incoming, received)
        with transaction.atomic():
            return enter_blob(received, actor=actor)
    except Conflict:
        # Somebody who took us for dead may have brought it to its end.
        if PartUpload.objects.filter(pk=upload.pk, state=_State.DONE).exists():
            return None
        raise
    except Exception:
        reopen_parts(upload, actor=actor)
        raise


def settle_parts(upload: PartUpload, *, actor: User) -> bool:
    """Note that the file gets its name; False if somebody noted it before. Raises Conflict if it was given up."""
    if PartUpload.objects.filter(pk=upload.pk, state=_State.JOINING).update(state=_State.DONE):
        return True
    if PartUpload.objects.filter(pk=upload.pk, state=_State.DONE).exists():
        return False
    raise Conflict("The upload was given up.")


def reopen_parts(upload: PartUpload, *, actor: User) -> None:
    """Let the client ask again at once, as what was joined did not get its name."""
    PartUpload.objects.filter(pk=upload.pk, state=_State.JOINING).update(state=_State.OPEN)


def clear_parts(upload: PartUpload, *, actor: User) -> None:
    """Throw away what was joined, once the file is there for good; the sweeper does it for those who die before."""
    with suppress(Unavailable):
        store().drop_parts(upload.name, upload.mark)


def drop_parts(upload: PartUpload, *, actor: User) -> None:
    """Give an upload up, with all that arrived. What is done stays."""
    if PartUpload.objects.filter(~Q(state=_State.DONE), pk=upload.pk).delete()[0]:
        store().drop_parts(upload.name, upload.mark)


def _claim(upload: PartUpload) -> bool:
    """Whether it is ours to join; False if it is done."""
    ends = monotonic() + PATIENCE.total_seconds()
    while True:
        now = timezone.now()
        free = Q(state=_State.OPEN) | Q(state=_State.JOINING, seen_at__lt=now - SILENCE)
        if PartUpload.objects.filter(free, pk=upload.pk).update(state=_State.JOINING, seen_at=now):
            return True
        state = PartUpload.objects.filter(pk=upload.pk).values_list("state", flat=True).first()
        if state == _State.DONE:
            return False
        if state is None:
            raise Conflict("The upload was given up.")
        if monotonic() > ends:
            raise Unavailable("The parts are being joined and read; ask again.")
        sleep(0.5)


class _Sign:
    """Says from time to time that we are alive. Raises Conflict when the upload was given up."""

    def __init__(self, upload: PartUpload) -> None:
        self.upload = upload
        self.next = monotonic() + _SAYS_SO_EVERY

    def __call__(self) -> None:
        if monotonic() < self.next:
            return
        self.next = monotonic() + _SAYS_SO_EVERY
        if not PartUpload.objects.filter(pk=self.upload.pk, state=_State.JOINING).update(seen_at=timezone.now()):
            raise Conflict("The upload was given up.")
