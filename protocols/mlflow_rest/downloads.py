"""Sending a file: whole or a range of it, always as an attachment that no browser runs."""

import mimetypes
import re
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from blobs.models import Blob
from blobs.queries import read

_PIECE = 1024 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TEXT = (
    "txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb "
    "MLmodel MLproject"
)


class _File(FileResponse):
    """A file in pieces of a mebibyte."""

    block_size = _PIECE


def download(request: HttpRequest, blob: Blob, path: str) -> HttpResponseBase:
    """The bytes of `blob` under the last part of `path`; obeys Range, If-Range and If-None-Match."""
    etag = f'"{blob.sha256}"'
    if etag in _listed(request.headers.get("If-None-Match", "")):
        response: HttpResponseBase = HttpResponse(status=304)
    elif (wanted := _wanted(request, blob.size, etag)) is None:
        response = _whole(request, blob)
    elif wanted.start >= blob.size:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{blob.size}"})
    else:
        response = _part(request, blob, wanted)
    name = path.rpartition("/")[2]
    response.headers["ETag"] = etag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Type"] = _content_type(name)
    response.headers["Content-Disposition"] = attachment(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def attachment(name: str) -> str:
    """Content-Disposition for a file of this name, in ASCII (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^ !#$%&\'()*+,\-.0-9;=@A-Z\[\]^_`a-z{|}~]", "_", name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~')}"
    return f'attachment; filename="{plain}"{extended}'


def _whole(request: HttpRequest, blob: Blob) -> HttpResponseBase:
    response = HttpResponse() if request.method == "HEAD" else _File(read(blob))
    response.headers["Content-Length"] = str(blob.size)
    return response


def _part(request: HttpRequest, blob: Blob, wanted: range) -> HttpResponseBase:
    if request.method == "HEAD":
        response: HttpResponseBase = HttpResponse(status=206)
    else:
        response = StreamingHttpResponse(_pieces(read(blob, wanted.start, len(wanted))), status=206)
    response.headers["Content-Length"] = str(len(wanted))
    response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{blob.size}"
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


def _content_type(name: str) -> str:
    if name.rpartition(".")[2] in _TEXT.split():
        return "text/plain"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
