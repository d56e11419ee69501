"""Sending bytes over HTTP: whole or a range of them, always as an attachment that no browser runs."""

import base64
import mimetypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from lib import digests

_PIECE = 1024 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TEXT = (
    "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb "
    "MLmodel MLproject"
)


@dataclass(frozen=True)
class Download:
    """What is sent: its path, of which the last part is told, its SHA-256, its size, and how to read it.

    `read(start, length)` opens the bytes from `start` on, all of them without a length.
    """

    path: str
    sha256: str
    size: int
    read: Callable[[int, int | None], BinaryIO]
    content_type: str = "application/octet-stream"


def of_bytes(path: str, content: bytes, *, content_type: str) -> Download:
    """Something small that was just made, to be sent like a file."""

    def read(start: int, length: int | None) -> BinaryIO:
        return BytesIO(content[start : None if length is None else start + length])

    return Download(path, digests.of_bytes(content), len(content), read, content_type)


class _File(FileResponse):
    """A file in pieces of a mebibyte."""

    block_size = _PIECE


def send(request: HttpRequest, file: Download) -> HttpResponseBase:
    """The answer to a request for the file; obeys Range, If-Range and If-None-Match."""
    etag = f'"{file.sha256}"'
    if etag in _listed(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=304)
    elif (wanted := _wanted(request, file.size, etag)) is None:
        response = _whole(request, file)
    elif wanted.start >= file.size:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    else:
        response = _part(request, file, wanted)
    name = file.path.rpartition("/")[2]
    response.headers["ETag"] = etag
    response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Type"] = file.content_type
    response.headers["Content-Disposition"] = attachment(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def attachment(name: str) -> str:
    """Content-Disposition for a file of this name, in ASCII (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^ !#$%&\'()*+,\-.0-9;=@A-Z\[\]^_`a-z{|}~]", "_", name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"
    return f'attachment; filename="{plain}"{extended}'


def content_type_of(path: str) -> str:
    """The type that the name of a file promises; text for what people read."""
    name = path.rpartition("/")[2]
    if name.rpartition(".")[2] in _TEXT.split():
        return "text/plain"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _whole(request: HttpRequest, file: Download) -> HttpResponseBase:
    response = HttpResponse() if request.method == "HEAD" else _File(file.read(0, None))
    response.headers["Content-Length"] = str(file.size)
    return response


def _part(request: HttpRequest, file: Download, wanted: range) -> HttpResponseBase:
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(status=206)
    else:
        response = StreamingHttpResponse(_pieces(file.read(wanted.start, len(wanted))), status=206)
    response.headers["Content-Length"] = str(len(wanted))
    response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{file.size}"
    return response


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _wanted(request: HttpRequest, size: int, etag: str) -> range | None:
    """The bytes that the Range header asks for; None for all of them. Several ranges at once are answered with all."""
    if request.headers.get("If-Range", etag) != etag:
        return None
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        return range(max(0, size - int(last)), size) if int(last) else range(size, size)
    stop = min(size, int(last) + 1) if last else size
    if last and int(last) < int(first):
        return None
    return range(int(first), max(stop, int(first)))


def _listed(header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in header.split(",")]
