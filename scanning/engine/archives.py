"""Archives and compressed files.

Every member is read by its content. What special archives mean is asked of their own readers.
"""

import tarfile
from io import BufferedIOBase
from typing import cast

from scanning.engine import (
    file_names,
    graph_files,
    keras_configs,
    skops_trees,
    tensors,
    torch_checkpoints,
    torch_legacy,
    zip_directory,
)
from scanning.engine.compression import (
    BZ2,
    DEFLATE,
    Compression,
    Damaged,
    open_damaged,
    open_inflated,
    yields_nothing,
)
from scanning.engine.context import Context, LimitReached, Reader
from scanning.engine.folders import Folder
from scanning.engine.paths import leads_outside
from scanning.engine.sources import BytesSource, Slice, Source
from scanning.engine.zip_directory import BadZip, Member

MEMBER_BYTES = 1 << 30
HEADER_BYTES = 64 << 20
BLOCK = 512
# What tar programs write into extended headers; anything else may change what a member is.
PAX_KEYS = frozenset(
    {"path", "size", "mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment", "LIBARCHIVE.creationtime"}
)
# As many of a tar archive's members as its meaning could depend on.
TAR_WINDOW = 8
OUTSIDE = "The member {!r} would be unpacked outside of its folder."


def compressed_with(compression: Compression) -> Reader:
    """The reader of files that are one stream of this kind."""

    def read(source: Source, context: Context, /) -> None:
        read_compressed(source, context, compression)

    return read


def read_compressed(source: Source, context: Context, compression: Compression) -> None:
    """One compressed stream: what is in it is read as a file of its own."""
    try:
        inside: Source | None = open_inflated(source, compression, context)
    except Damaged as problem:
        if tensors.is_safetensors(source) and yields_nothing(source, compression):
            # The length of a header of tensors can look like the beginning of a stream.
            tensors.read_safetensors(source, context)
            return
        context.found("content.malformed", str(problem))
        inside = open_damaged(source, compression, context)
    if inside is not None:
        context.read_member(f"({compression.name})", inside)
        if isinstance(inside, BytesSource):
            context.budget.kept += inside.size


def read_zip(source: Source, context: Context) -> None:
    """Every member by content; afterwards what the archive as a whole is, if it is one that model libraries write."""
    end = zip_directory.find_end(source)
    if end is None:
        context.found("archive.headers", "The zip file has no directory.")
        _read_local_members(source, context)
        return
    try:
        found = zip_directory.members(source, end)
    except BadZip as problem:
        context.found("archive.headers", str(problem))
        _read_local_members(source, context)
        return
    _judge_names([member.name for member in found], context)
    opened: dict[str, Source] = {}
    for member in found:
        inside = _open(source, member, context)
        if inside is not None:
            opened[member.name] = inside
    expected: set[str] = set()
    if skops_trees.is_skops(opened):
        context.recognised("skops")
        skops_trees.read_skops(opened, context)
    elif torch_checkpoints.is_torch(opened):
        context.recognised("torch")
        expected = torch_checkpoints.read_torch(opened, context)
    elif keras_configs.is_keras(opened):
        context.recognised("keras")
        keras_configs.read_archive(opened, context)
    elif opened and all(name.endswith(".npy") for name in opened):
        context.recognised("npz")
    folder = Folder({name: inside.size for name, inside in opened.items()})
    for name in sorted(opened, key=lambda name: not graph_files.describes_others(name, opened[name])):
        inside = opened.pop(name)
        if name not in expected:
            context.read_member(name, inside, folder)
        if isinstance(inside, BytesSource):
            context.budget.kept += inside.size


def _judge_names(names: list[str], context: Context) -> None:
    """What the names of the members say together."""
    for name, sentence in file_names.remarks(names):
        context.found("archive.name", sentence, subject=name)
    lower = [name.lower() for name in names]
    if any(name.endswith("vbaproject.bin") for name in lower):
        context.found("content.executable", "The file is an Office document with macros.", subject="macros")
    if any(name.endswith((".dist-info/record", ".dist-info/wheel")) or name.startswith("egg-info/") for name in lower):
        context.found("archive.package", "The archive is a Python package, which is code to install.")
    elif "meta-inf/manifest.mf" in lower:
        context.found("archive.package", "The archive is a Java package, which is code to run.")


def _open(source: Source, member: Member, context: Context) -> Source | None:
    """The bytes of a member, or None with the reason reported."""
    if leads_outside(member.name):
        context.found("archive.path", OUTSIDE.format(member.name))
    if member.is_link:
        context.found("archive.link", f"The member {member.name!r} is a link or a device, not a file.")
    if member.is_folder and not member.size:
        return None
    if member.flags & zip_directory.ENCRYPTED or member.flags & ~zip_directory.KNOWN_FLAGS:
        context.found("archive.unread", f"The member {member.name!r} is encrypted or patched.")
        return None
    data = Slice(source, zip_directory.data_offset(source, member), member.packed)
    if member.method == zip_directory.STORED:
        if member.packed != member.size:
            context.found("archive.headers", f"The size of the member {member.name!r} is wrong.")
        return data
    compression = {zip_directory.DEFLATED: DEFLATE, zip_directory.BZIPPED: BZ2}.get(member.method)
    if compression is None:
        context.found(
            "archive.unread", f"The member {member.name!r} is compressed in a way that the gate does not read."
        )
        return None
    try:
        inside = open_inflated(data, compression, context, MEMBER_BYTES)
    except LimitReached as limit:
        context.found(limit.rule, f"The member {member.name!r}: {limit.message}")
        return None
    except Damaged as damage:
        context.found("content.malformed", f"The member {member.name!r}: {damage}")
        return open_damaged(data, compression, context)
    if inside.size != member.size:
        context.found("archive.headers", f"The size of the member {member.name!r} is wrong.")
    return inside


def _read_local_members(source: Source, context: Context) -> None:
    """A zip file that is not in order.

    Look into whatever a careless reader could unpack, by the members' own headers.
    """
    for at in _signatures(source):
        head = source.read(at, 30)
        if len(head) < 30:
            continue
        method, packed = int.from_bytes(head[8:10], "little"), int.from_bytes(head[18:22], "little")
        start = at + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        if start >= source.size:
            continue
        rest = Slice(source, start, min(packed or source.size, source.size - start))
        if method == zip_directory.STORED:
            context.read_member(f"byte {at}", rest)
        elif method == zip_directory.DEFLATED and (inside := open_damaged(rest, DEFLATE, context)):
            context.read_member(f"byte {at}", inside)


def _signatures(source: Source) -> list[int]:
    """Offsets of what looks like the header of a zip member."""
    found: list[int] = []
    at, kept = 0, b""
    for piece in source.pieces():
        window = kept + piece
        index = window.find(zip_directory.LOCAL)
        while index >= 0 and len(found) < 100:
            found.append(at - len(kept) + index)
            index = window.find(zip_directory.LOCAL, index + 1)
        at += len(piece)
        kept = window[-3:]
    return found


class _File(BufferedIOBase):
    """As much of a file as tarfile needs."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0

    def read(self, size: int | None = -1, /) -> bytes:
        size = self.source.size - self.at if size is None or size < 0 else size
        if size > HEADER_BYTES:
            raise LimitReached("archive.limit", "A header of the tar archive is larger than the gate reads.")
        data = self.source.read(self.at, size)
        self.at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.at = offset + (0, self.at, self.source.size)[whence]
        return self.at

    def tell(self) -> int:
        return self.at


def is_tar(source: Source) -> bool:
    """Whether the first block has the checksum of a tar header; old archives have no other signature."""
    block = source.read(0, BLOCK)
    if len(block) < BLOCK or not block[0]:
        return False
    try:
        stated = int(block[148:156].strip(b"\0 ") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + 8 * 32 + sum(block[156:])


def read_tar(source: Source, context: Context) -> None:
    """Every regular file by content; links and devices are refused."""
    end = 0
    inside: dict[str, Source] = {}
    names: list[str] = []
    try:
        with tarfile.open(fileobj=cast("BufferedIOBase", _File(source)), mode="r:") as archive:
            for member in archive:
                names.append(member.name)
                end = _read_tar_member(source, member, context) or end
                if member.isreg() and len(inside) < TAR_WINDOW:
                    inside[member.name] = Slice(source, member.offset_data, member.size)
    except (tarfile.TarError, UnicodeError, ValueError, OverflowError) as problem:
        context.found("content.malformed", f"The tar archive is damaged: {problem}.")
        return
    finally:
        _judge_names(names, context)
    if torch_legacy.is_legacy_tar(inside):
        context.recognised("torch")
        torch_legacy.read_legacy_tar(inside, context)
    if source.size - end < 2 * BLOCK:
        context.found("archive.headers", "The tar archive has no end mark.")
    if any(piece.strip(b"\0") for piece in source.pieces(min(end, source.size))):
        context.found("content.trailing", "Something follows the last file of the tar archive.", end)


def _read_tar_member(source: Source, member: tarfile.TarInfo, context: Context) -> int | None:
    """Judge one member; returns where it ends, if it has bytes."""
    if leads_outside(member.name):
        context.found("archive.path", OUTSIDE.format(member.name))
    for key in member.pax_headers.keys() - PAX_KEYS:
        context.found("archive.headers", f"The member {member.name!r} has the unusual header {key!r}.", subject=key)
    if member.isdir():
        return member.offset_data
    if not member.isreg() or member.issparse():
        context.found("archive.link", f"The member {member.name!r} is a link or a device, not a file.")
        return None
    stop = member.offset_data + member.size
    end = member.offset_data + -(-member.size // BLOCK) * BLOCK
    if member.size < 0 or stop > source.size:
        raise tarfile.ReadError("it ends too early")
    context.read_member(member.name, Slice(source, member.offset_data, member.size))
    if source.read(stop, end - stop).strip(b"\0"):
        context.found("content.trailing", f"Something is hidden behind the member {member.name!r}.", stop)
    return end
