"""Removing bytes that nothing claims. Row and bytes go under one row lock, so an upload of the same content notices."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from blobs.models import Blob, FolderFile, PartUpload, TreeFile
from blobs.queries import LINKS_LAST
from blobs.stores import store

GRACE = timedelta(days=1)


def sweep(*, grace: timedelta = GRACE, actor: User) -> dict[str, int]:
    """Remove uploads that were given up, blobs that nobody names and bytes without a row, all older than `grace`."""
    return {
        "parts": _sweep_parts(grace),
        "uploads": store().sweep_incoming(older_than=grace),
        "blobs": _sweep_blobs(grace),
        "strays": _sweep_strays(grace),
    }


def _sweep_parts(grace: timedelta) -> int:
    """Uploads in parts that were given up or are done, when none of their links is good any more."""
    count = 0
    now = timezone.now()
    for upload in PartUpload.objects.filter(started_at__lt=now - LINKS_LAST - grace, seen_at__lt=now - grace):
        store().drop_parts(upload.name, upload.mark)
        count += upload.delete()[0]
    return count


def _sweep_blobs(grace: timedelta) -> int:
    count = 0
    for pk in _unclaimed(grace).values_list("pk", flat=True).iterator():
        with transaction.atomic():
            blob = _unclaimed(grace).select_for_update(of=("self",)).filter(pk=pk).first()
            if blob is None:
                continue
            blob.delete()
            store().delete(blob.sha256)
            count += 1
    return count


def _unclaimed(grace: timedelta) -> QuerySet[Blob]:
    return Blob.objects.filter(
        ~Exists(TreeFile.objects.filter(blob=OuterRef("pk"))),
        ~Exists(FolderFile.objects.filter(blob=OuterRef("pk"))),
        wanted_at__lt=timezone.now() - grace,
    )


def _sweep_strays(grace: timedelta) -> int:
    """Bytes whose row was never made, because the process died between publishing and the end of its transaction."""
    count, batch = 0, []
    for sha256, stored_at in store().stored():
        if stored_at < timezone.now() - grace:
            batch.append(sha256)
        if len(batch) == 500:
            count, batch = count + _remove_strays(batch), []
    return count + _remove_strays(batch)


def _remove_strays(digests: list[str]) -> int:
    known = set(Blob.objects.filter(sha256__in=digests).values_list("sha256", flat=True))
    strays = [sha256 for sha256 in digests if sha256 not in known]
    for sha256 in strays:
        with transaction.atomic():
            # The row is there only to be locked: an upload of the same bytes waits for it and then finds none.
            lock, is_new = Blob.objects.get_or_create(sha256=sha256, defaults={"size": 0})
            if is_new:
                store().delete(sha256)
                lock.delete()
    return len(strays)
