"""Files that are small and become large, deep or endless in the hands of whoever opens them."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.scanning.engine.builders import archive, npy, tar

GIB = 1 << 30
PIECE = bytes(1 << 20)


def inflating(compress: Callable[[bytes], bytes], flush: Callable[[], bytes], size: int = GIB) -> bytes:
    """So many zeros, compressed as a stream."""
    return b"".join([*(compress(PIECE) for _ in range(size >> 20)), flush()])


def of_zlib(window: int, size: int = GIB) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, window)
    return inflating(stream.compress, stream.flush, size)


def zip_of(packed: bytes, size: int, names: int = 1, *, overlapping: bool = False) -> bytes:
    """An archive whose members all say that they hold `packed`; each its own copy, or all the same one."""
    out, directory = io.BytesIO(), b""
    header = 0
    for number in range(names):
        name = f"{number:06}.bin".encode()
        if not overlapping or number == 0:
            header = out.tell()
            out.write(struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0))
            out.write(name + packed)
        common = (20, 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0, 0, 0, 0, 0, header)
        directory += struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *common) + name
    start = out.tell()
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, names, names, len(directory), start, 0)
    return out.getvalue() + directory + end


def branching(depth: int, width: int) -> bytes:
    """Archives in archives: `width` in each, `depth` deep, a gigabyte in all at the bottom of each branch."""
    inner = archive({"0": bytes(1 << 24)})
    for _ in range(depth):
        inner = archive({f"{number}.zip": inner for number in range(width)})
    return inner


def nested(wrap: Callable[[bytes], bytes], times: int, core: bytes) -> bytes:
    for _ in range(times):
        core = wrap(core)
    return core


def tar_in(data: bytes) -> bytes:
    return tar((tarfile.TarInfo("x"), data))


def zip_in(data: bytes) -> bytes:
    return archive({"x": data}, zipfile.ZIP_STORED)


HOSTILE = b"cos\nsystem\n(S'touch marker'\ntR."


def bombs() -> Iterator[tuple[str, bytes]]:
    """Everything that becomes large."""
    raw = of_zlib(-15)
    yield "zip", zip_of(raw, GIB)
    yield "zip-many", zip_of(of_zlib(-15, 1 << 28), 1 << 28, 60)
    yield "zip-overlapping", zip_of(of_zlib(-15, 1 << 24), 1 << 24, 20_000, overlapping=True)
    yield "zip-that-lies", zip_of(raw, 100)
    yield "zip-of-zips", branching(3, 6)
    yield "gzip", of_zlib(31)
    yield "gzip-twice", gzip.compress(of_zlib(31))
    yield "gzip-members", gzip.compress(b"") * 20_000
    yield "zlib", of_zlib(15)
    packer = bz2.BZ2Compressor()
    yield "bz2", inflating(packer.compress, packer.flush, 1 << 28) * 40
    strong = lzma.LZMACompressor(preset=0)
    yield "xz", inflating(strong.compress, strong.flush)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20}]
    asking = bytearray(lzma.compress(b"x" * 100, format=lzma.FORMAT_ALONE, filters=filters))
    asking[1:5] = struct.pack("<L", 0xFFFFFFFF)
    yield "lzma-that-wants-four-gigabytes", bytes(asking)


def depths() -> Iterator[tuple[str, bytes]]:
    """Everything that goes deep, two hundred levels or far more, with something hostile at the bottom or nothing."""
    yield "zip-200", nested(zip_in, 200, HOSTILE)
    yield "gzip-200", nested(gzip.compress, 200, HOSTILE)
    yield "tar-200", nested(tar_in, 200, HOSTILE)
    yield "zip-tar-gzip-200", nested(lambda data: gzip.compress(tar_in(zip_in(data))), 67, HOSTILE)
    yield "json", b"[" * 1_000_000 + b"]" * 1_000_000
    yield "json-objects", b'{"a":' * 200_000 + b"1" + b"}" * 200_000
    yield "conda.yaml/yaml-flow", b"a: " + b"[" * 100_000 + b"]" * 100_000
    yield "conda.yaml/yaml-block", b"".join(b" " * level + b"a:\n" for level in range(3_000))
    yield "npy-header", npy("<f4", b"").replace(b"(1,)", b"(" * 30 + b"1" + b",)" * 30)
    yield "mark-stack", b"\x80\x02" + b"(" * 5_000_000 + b"."


def loops() -> Iterator[tuple[str, bytes]]:
    """Everything that refers to itself or says that it has no end."""
    yield "conda.yaml/yaml-anchor", b"&a [*a, *a]\n"
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [" % (n, n) + b", ".join([b"*a%d" % (n - 1)] * 9) + b"]" for n in range(1, 12)]
    yield "conda.yaml/yaml-billion", b"\n".join(lines) + b"\n"
    yield "pickle-long", b"\x80\x02\x8b" + struct.pack("<i", 0x7FFFFFFF) + bytes(1000)
    yield "pickle-endless-line", b"\x80\x02I" + b"9" * 20_000_000
    yield "pickle-frames", b"\x80\x04" + b"\x95" + struct.pack("<Q", 2**63) + b"N."
    yield "directory-of-itself", zip64_around()
    yield "tar-endless", tar_in(b"")[:512] * 30_000
    tensors = {f"t{n}": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]} for n in range(100_000)}
    header = json.dumps(tensors).encode()
    yield "tensors-on-each-other", struct.pack("<Q", len(header)) + header + bytes(4)


def harmless() -> Iterator[tuple[str, bytes]]:
    """What looks like it and is nothing but unusual: a reader comes to its end."""
    yield "pickle-in-itself", b"\x80\x02]q\x00h\x00a."
    doubling = b"".join(b"(h%ch%ctq%c" % (n, n, n + 1) for n in range(200))
    yield "pickle-doubling", b"\x80\x02]q\x00" + doubling + b"."
    yield "pickle-tuples", b"\x80\x02" + b"(" * 500_000 + b"t" * 500_000 + b"."
    # Bytes in bytes: nobody unpickles them unasked.
    yield "pickle-in-pickle", nested(pickle.dumps, 200, HOSTILE)
    yield "json-number", b"[" + b"9" * 5_000_000 + b"]"
    yield "text-of-one-line", b"9" * 20_000_000


def zip64_around() -> bytes:
    """A zip file whose end says that the directory is the end itself."""
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**63, 2**63, 2**63, 0)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return end64 + locator + end
