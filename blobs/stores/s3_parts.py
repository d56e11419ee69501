"""Uploads in parts that clients send to the object store themselves. What they sent is hashed here before it counts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from blobs.layout import blob_path, incoming_path
from blobs.stores.answers import answering, taking
from blobs.stores.base import Incoming
from lib.errors import Conflict, Invalid, NotFound, Unavailable

if TYPE_CHECKING:
    from blobs.stores.s3 import S3Store

_PIECE = 1024 * 1024
_WRONG_PARTS = ("InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML", "InvalidArgument")
_CHANGED = ("PreconditionFailed", "412")


class JoinedParts(Incoming):
    """The parts of one upload, joined to one object that no link leads to.

    Reading and copying name the version of the object that was found, so nothing can be put in between.
    """

    def __init__(self, store: "S3Store", name: str, etag: str, progress: Callable[[], None]) -> None:
        super().__init__()
        self.name = name
        self._store = store
        self._address = store.address(incoming_path(name))
        self._etag = etag
        self._progress = progress

    def _keep(self, piece: bytes) -> None:
        raise ValueError("The bytes of this upload are in the store already.")

    def _seal(self) -> None:
        with _unchanged(), answering():
            body = self._store.client.get_object(**self._address, IfMatch=self._etag)["Body"]
        with body:
            while piece := _read(body):
                self._hash(piece)
                self.size += len(piece)
                self._progress()

    def _land(self, sha256: str) -> None:
        final = self._store.address(blob_path(sha256))
        config = TransferConfig(multipart_threshold=self._store.copy_part, multipart_chunksize=self._store.copy_part)
        with _unchanged(), answering():
            self._store.client.copy(
                self._address,
                final["Bucket"],
                final["Key"],
                ExtraArgs={"CopySourceIfMatch": self._etag},
                Config=config,
            )

    def _discard(self) -> None:
        """Nothing: when the client asks again, after whatever went wrong, the joined bytes must still be there."""


def begin(store: "S3Store", name: str) -> str:
    """The store's mark of a new upload."""
    with taking():
        return str(store.client.create_multipart_upload(**store.address(incoming_path(name)))["UploadId"])


def join(
    store: "S3Store", name: str, mark: str, etags: Mapping[int, str], *, progress: Callable[[], None]
) -> JoinedParts:
    """Join the parts, or find what was joined by a process that died over it."""
    address = store.address(incoming_path(name))
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(etags.items())]
    try:
        with _wrong_parts(), answering():
            joined = store.client.complete_multipart_upload(**address, UploadId=mark, MultipartUpload={"Parts": parts})
        return JoinedParts(store, name, joined["ETag"], progress)
    except NotFound:
        pass
    try:
        with answering():
            found = store.client.head_object(**address)
    except NotFound as error:
        raise Conflict("This upload has ended or was swept away; send the file again.") from error
    return JoinedParts(store, name, found["ETag"], progress)


def drop(store: "S3Store", name: str, mark: str) -> None:
    """Throw the parts away, joined or not."""
    address = store.address(incoming_path(name))
    with suppress(NotFound), answering():
        store.client.abort_multipart_upload(**address, UploadId=mark)
    with suppress(NotFound), answering():
        store.client.delete_object(**address)


def _read(body: Any) -> bytes:
    with answering():
        piece: bytes = body.read(_PIECE)
    return piece


@contextmanager
def _wrong_parts() -> Iterator[None]:
    """Invalid where the store does not have the parts that the client named."""
    try:
        yield
    except Unavailable as error:
        if _code(error) in _WRONG_PARTS:
            raise Invalid("parts", f"The object store refuses the parts ({_code(error)}).") from error
        raise


@contextmanager
def _unchanged() -> Iterator[None]:
    """Conflict where the object is not the one that was joined."""
    try:
        yield
    except NotFound as error:
        raise Conflict("The upload was removed while it was read; send the file again.") from error
    except Unavailable as error:
        if _code(error) in _CHANGED:
            raise Conflict("The upload was changed while it was read; send the file again.") from error
        raise


def _code(error: Unavailable) -> str:
    cause = error.__cause__
    return str(cause.response["Error"]["Code"]) if isinstance(cause, ClientError) else ""
