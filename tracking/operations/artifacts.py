"""Files of runs and logged models: putting them in and taking them out. The bytes themselves are kept by blobs."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from accounts import access
from accounts.models import User
from accounts.rights import Right
from blobs.models import FolderFile, PartUpload
from blobs.operations import folders, parts
from blobs.operations.uploads import receive_bytes
from blobs.queries import find_parts
from events.kinds import Kind
from events.record import record
from lib import paths
from tracking.locks import check_active, lock_active_logged_model, lock_active_run
from tracking.models import LoggedModel, Run

Owner = Run | LoggedModel


def put_file(owner: Owner, path: str, pieces: Iterable[bytes], *, length: int | None, actor: User) -> FolderFile:
    """Store a body of `length` bytes under `path`, replacing what was there.

    Rights and path are judged before the first byte is read; bytes that come in vain are not kept. Not one
    transaction: an upload of an hour must not hold locks for an hour.
    """
    access.require(actor, Right.EDIT, owner)
    paths.clean(path)
    check_active(owner)
    received = receive_bytes(pieces, length=length, actor=actor)
    with transaction.atomic():
        _lock(owner)
        return folders.keep_file(owner.folder_id, path, received, actor=actor)


def begin_parts(owner: Owner, path: str, *, count: int, actor: User) -> PartUpload | None:
    """Begin an upload to `path` whose parts the client sends to the object store; None if the store takes none."""
    access.require(actor, Right.EDIT, owner)
    paths.clean(path)
    check_active(owner)
    return parts.begin_parts(owner.folder, path, count=count, actor=actor)


def complete_parts(owner: Owner, path: str, name: str, etags: Mapping[int, str], *, actor: User) -> None:
    """Join the parts of an upload, by their numbers, and store the file under `path`. Done once, however often asked.

    Not one transaction, as in `put_file`: reading the bytes to hash them takes its time.
    """
    access.require(actor, Right.EDIT, owner)
    check_active(owner)
    upload = find_parts(owner.folder, path, name, actor=actor)
    blob = parts.join_parts(upload, etags, actor=actor)
    if blob is None:
        return
    try:
        with transaction.atomic():
            _lock(owner)
            if parts.settle_parts(upload, actor=actor):
                folders.put_file(owner.folder, path, blob, actor=actor)
    except Exception:
        parts.reopen_parts(upload, actor=actor)
        raise
    parts.clear_parts(upload, actor=actor)


def abort_parts(owner: Owner, path: str, name: str, *, actor: User) -> None:
    """Give an upload in parts up."""
    access.require(actor, Right.EDIT, owner)
    parts.drop_parts(find_parts(owner.folder, path, name, actor=actor), actor=actor)


@transaction.atomic
def remove(owner: Owner, path: str, *, actor: User) -> int:
    """Take out a file, or a folder with all that is below it; the empty path means everything. How many files went."""
    access.require(actor, Right.EDIT, owner)
    owner = _lock(owner)
    count = folders.remove(owner.folder, path, actor=actor)
    if count:
        record(
            Kind.ARTIFACT_DELETED,
            actor=actor,
            subject=owner,
            registry_id=owner.experiment.registry_id,
            path=path,
            files=count,
        )
    return count


def _lock(owner: Owner) -> Owner:
    return lock_active_run(owner) if isinstance(owner, Run) else lock_active_logged_model(owner)
