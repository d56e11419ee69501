"""Blobs in a bucket of an S3-compatible object store. Needs boto3: import it only when such a store is configured."""

import io
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from django.core.exceptions import ImproperlyConfigured
from django.utils.http import content_disposition_header

from blobs.layout import BLOBS, INCOMING, blob_digest, blob_path, checked, incoming_path
from blobs.stores import s3_parts
from blobs.stores.answers import PastTheEnd, answering, taking
from blobs.stores.base import Incoming, Store
from lib.errors import NotFound, TooLarge, Unavailable

MIB = 1024 * 1024
# S3 takes 10,000 parts: 117 GiB. All of one size, which some servers insist on. Two of them are in memory at a time.
PART = 12 * MIB
PARTS = 10_000
# One request copies 5 GiB at most, and takes long for that; above this size several copy at once.
COPY_PART = 512 * MIB
_CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=120,
    retries={"mode": "standard", "max_attempts": 3},
    max_pool_connections=64,
    # The newer checksums are beyond many servers that speak S3.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class S3Store(Store):
    """Blobs in `bucket` below `prefix`."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        prefix: str = "",
        *,
        signer: Any = None,
        part: int = PART,
        copy_part: int = COPY_PART,
    ) -> None:
        self.client = client
        # Signs the links that clients get; it may know the store by another address than we do.
        self.signer = signer or client
        self.is_public = signer is not None
        self.bucket = bucket
        self.prefix = prefix
        self.part = part
        self.copy_part = copy_part
        self.senders = ThreadPoolExecutor(max_workers=32, thread_name_prefix="s3-part")

    @classmethod
    def from_url(cls, url: str, access_key_id: str, secret_access_key: str) -> "S3Store":
        """From `s3://bucket/prefix?endpoint=https://host&region=name&public=https://host`; most may be left out.

        `public` is where clients reach the store: named, they are told to send and fetch large files there themselves.
        Without keys boto3 looks where it always looks: its own variables, its files, the machine's role.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        if parts.scheme != "s3" or not parts.netloc or not options.keys() <= {"endpoint", "region", "public"}:
            raise ImproperlyConfigured(
                "STORAGE_URL must look like s3://bucket/prefix?endpoint=https://host&region=name&public=https://host"
            )
        connect = partial(
            boto3.client,
            "s3",
            region_name=options.get("region", "us-east-1"),
            aws_access_key_id=access_key_id or None,
            aws_secret_access_key=secret_access_key or None,
            config=_CONFIG,
        )
        folder = parts.path.strip("/")
        return cls(
            connect(endpoint_url=options.get("endpoint")),
            parts.netloc,
            f"{folder}/" if folder else "",
            signer=connect(endpoint_url=options["public"]) if "public" in options else None,
        )

    def begin(self) -> Incoming:
        return _S3Incoming(self)

    def open(self, sha256: str, *, start: int = 0, length: int | None = None) -> BinaryIO:
        address = self.address(blob_path(sha256))
        if length == 0:
            self.size(sha256)
            return io.BytesIO()
        end = "" if length is None else start + length - 1
        wanted = {} if start == 0 and length is None else {"Range": f"bytes={start}-{end}"}
        try:
            with answering():
                body = self.client.get_object(**address, **wanted)["Body"]
        except PastTheEnd:
            return io.BytesIO()
        return io.BufferedReader(_Body(body), buffer_size=256 * 1024)

    def exists(self, sha256: str) -> bool:
        try:
            self.size(sha256)
        except NotFound:
            return False
        return True

    def size(self, sha256: str) -> int:
        with answering():
            return int(self.client.head_object(**self.address(blob_path(sha256)))["ContentLength"])

    def delete(self, sha256: str) -> None:
        with suppress(NotFound), answering():
            self.client.delete_object(**self.address(blob_path(sha256)))

    def stored(self, after: str | None = None) -> Iterator[tuple[str, datetime]]:
        for path, modified in self._objects(f"{BLOBS}/", after=blob_path(after) if after else ""):
            if sha256 := blob_digest(path):
                yield sha256, modified

    def sweep_incoming(self, *, older_than: timedelta) -> int:
        oldest = datetime.now(UTC) - older_than
        finished = [path for path, modified in self._objects(f"{INCOMING}/") if modified < oldest]
        for path in finished:
            with suppress(NotFound), answering():
                self.client.delete_object(**self.address(path))
        # Below the blobs: copies in parts that never came to their end.
        unfinished = [
            upload
            for folder in (INCOMING, BLOBS)
            for upload in self._pages("list_multipart_uploads", "Uploads", Prefix=f"{self.prefix}{folder}/")
            if upload["Initiated"] < oldest and self._last_part(upload) < oldest
        ]
        for upload in unfinished:
            with suppress(NotFound), answering():
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        return len(finished) + len(unfinished)

    def local_path(self, sha256: str) -> Path | None:
        checked(sha256)
        return None

    def url(self, sha256: str, *, filename: str, content_type: str, expires: timedelta) -> str | None:
        answer = {
            "ResponseContentDisposition": content_disposition_header(as_attachment=True, filename=filename),
            "ResponseContentType": content_type,
        }
        link: str = self.signer.generate_presigned_url(
            "get_object",
            Params=self.address(blob_path(sha256)) | answer,
            ExpiresIn=int(expires.total_seconds()),
        )
        return link

    def begin_parts(self, name: str) -> str | None:
        return s3_parts.begin(self, name)

    def part_url(self, name: str, mark: str, number: int, *, expires: timedelta) -> str:
        link: str = self.signer.generate_presigned_url(
            "upload_part",
            Params=self.address(incoming_path(name)) | {"UploadId": mark, "PartNumber": number},
            ExpiresIn=int(expires.total_seconds()),
        )
        return link

    def join_parts(self, name: str, mark: str, etags: Mapping[int, str], *, progress: Callable[[], None]) -> Incoming:
        return s3_parts.join(self, name, mark, etags, progress=progress)

    def drop_parts(self, name: str, mark: str) -> None:
        s3_parts.drop(self, name, mark)

    def address(self, path: str) -> dict[str, str]:
        """Bucket and key of `path`, in the words of every S3 request."""
        return {"Bucket": self.bucket, "Key": self.prefix + path}

    def _objects(self, folder: str, *, after: str = "") -> Iterator[tuple[str, datetime]]:
        for entry in self._pages(
            "list_objects_v2", "Contents", Prefix=self.prefix + folder, StartAfter=self.prefix + after if after else ""
        ):
            yield entry["Key"].removeprefix(self.prefix), entry["LastModified"]

    def _pages(self, request: str, what: str, **wanted: str) -> Iterator[dict[str, Any]]:
        with answering():
            for page in self.client.get_paginator(request).paginate(Bucket=self.bucket, **wanted):
                yield from page.get(what, ())

    def _last_part(self, upload: dict[str, Any]) -> datetime:
        """When the upload took its last bytes; a slow one may be older than the sweeper's patience and still alive."""
        latest: datetime = upload["Initiated"]
        with suppress(NotFound):
            for part in self._pages("list_parts", "Parts", Key=upload["Key"], UploadId=upload["UploadId"]):
                latest = max(latest, part["LastModified"])
        return latest


class _S3Incoming(Incoming):
    """What fits into one part waits in memory and is put under its digest; more goes up in parts and is copied."""

    def __init__(self, store: S3Store) -> None:
        super().__init__()
        self._store = store
        self._address = store.address(incoming_path(self.name))
        self._buffer = bytearray()
        self._upload: dict[str, str] = {}
        self._parts: list[dict[str, Any]] = []
        self._sending: Future[dict[str, Any]] | None = None
        self._complete = False

    def _keep(self, piece: bytes) -> None:
        rest = memoryview(piece)
        while rest:
            room = self._store.part - len(self._buffer)
            self._buffer += rest[:room]
            rest = rest[room:]
            if len(self._buffer) == self._store.part:
                self._send()

    def _seal(self) -> None:
        if not self._upload:
            return
        if self._buffer:
            self._send()
        self._collect()
        with taking():
            self._store.client.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})
        self._complete = True

    def _land(self, sha256: str) -> None:
        store, final = self._store, self._store.address(blob_path(sha256))
        if not self._upload:
            with taking():
                store.client.put_object(**final, Body=self._buffer)
            return
        with taking():
            config = TransferConfig(multipart_threshold=store.copy_part, multipart_chunksize=store.copy_part)
            store.client.copy(self._address, final["Bucket"], final["Key"], Config=config)
        self._discard()

    def _discard(self) -> None:
        self._buffer = bytearray()
        with suppress(Unavailable, NotFound):
            if self._complete:
                with answering():
                    self._store.client.delete_object(**self._address)
            elif self._upload:
                # A part that arrives after the end of its upload would stay and be paid for.
                with suppress(Unavailable, NotFound):
                    self._collect()
                with answering():
                    self._store.client.abort_multipart_upload(**self._upload)

    def _send(self) -> None:
        """Send the buffer as the next part while the caller brings the one after it."""
        self._collect()
        if not self._upload:
            with taking():
                begun = self._store.client.create_multipart_upload(**self._address)
            self._upload = {**self._address, "UploadId": begun["UploadId"]}
        number = len(self._parts) + 1
        if number > PARTS:
            raise TooLarge(f"The object store takes files up to {self._store.part * PARTS // MIB:,} MiB.")
        body, self._buffer = self._buffer, bytearray()
        self._sending = self._store.senders.submit(self._put_part, number, body)

    def _put_part(self, number: int, body: bytearray) -> dict[str, Any]:
        with taking():
            answer = self._store.client.upload_part(**self._upload, PartNumber=number, Body=body)
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _collect(self) -> None:
        """Wait for the part that is under way."""
        sending, self._sending = self._sending, None
        if sending:
            self._parts.append(sending.result())


class _Body(io.RawIOBase):
    """The body of an answer as a file; an answer that breaks off raises Unavailable."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        with answering():
            piece = self._body.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._body.close()
        super().close()
