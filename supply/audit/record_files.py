"""Zip files of OSV records, read one record at a time and without trusting what the file says about itself."""

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import orjson

LARGEST_FILE = 1 << 30
LARGEST_DIRECTORY = 48 << 20
MOST_RECORDS = 400_000
LARGEST_RECORD = 16 << 20
LARGEST_WHOLE = 4 << 30
_END = b"PK\x05\x06"
_LOCATOR64 = b"PK\x06\x07"
_END64 = b"PK\x06\x06"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class BadFile(Exception):
    """What is wrong with a file of records, as a sentence."""


def records_in(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each record, at most one in memory. Raises BadFile."""
    _check_size(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_RECORDS:
                raise BadFile(f"The file holds more than {MOST_RECORDS:,} records.")
            left = LARGEST_WHOLE
            for member in members:
                content = _content(archive, member)
                left -= len(content)
                if left < 0:
                    raise BadFile(f"The records are larger than {LARGEST_WHOLE >> 30} GiB together.")
                yield member.filename, content
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, UnicodeDecodeError, ValueError):
        raise BadFile("The file is no zip file, or a damaged one.") from None


def write_records(records: Iterable[tuple[str, object]], path: Path) -> int:
    """Write records under their identifiers, the same ones always as the same bytes; says how many there were."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED) as archive:
            for identifier, document in records:
                member = zipfile.ZipInfo(f"{identifier}.json", date_time=(1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, orjson.dumps(document, option=orjson.OPT_SORT_KEYS))
                count += 1
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return count


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.flag_bits & 1 or member.compress_type not in _METHODS or not member.filename.endswith(".json"):
        raise BadFile(f"The file holds {member.filename[:100]!r}, which is no record.")
    with archive.open(member) as opened:
        content = opened.read(LARGEST_RECORD + 1)
    if len(content) > LARGEST_RECORD:
        raise BadFile(f"The record {member.filename[:100]!r} is larger than {LARGEST_RECORD >> 20} MiB.")
    return content


def _check_size(file: BinaryIO) -> None:
    """Refuse a directory of entries that would fill the memory, before zipfile reads it at once."""
    size = file.seek(0, os.SEEK_END)
    if size > LARGEST_FILE:
        raise BadFile(f"The file is larger than {LARGEST_FILE >> 20:,} MiB.")
    start = max(0, size - 65_557)
    file.seek(start)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise BadFile("The file is no zip file, or a damaged one.")
    directory = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end >= 20 and tail[end - 20 : end - 16] == _LOCATOR64:
        file.seek(min(int.from_bytes(tail[end - 12 : end - 4], "little"), size))
        end64 = file.read(56)
        if end64[:4] != _END64:
            raise BadFile("The file is no zip file, or a damaged one.")
        directory = max(directory if directory != 0xFFFFFFFF else 0, int.from_bytes(end64[40:48], "little"))
    if directory > LARGEST_DIRECTORY:
        raise BadFile("The file holds more records than can be read.")
    file.seek(0)
