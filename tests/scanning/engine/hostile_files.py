"""Hostile files that are no texts: programs, models with gaps, two formats in one, archives that mean two things."""

import io
import json
import marshal
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from tests.scanning.engine import gguf_builder as gguf
from tests.scanning.engine.builders import archive, tar
from tests.scanning.engine.hostile import PNG, Hostile, call

REVIEW = "needs-review"
RUNNERS: dict[str, str] = {}
GIF = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG picture."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def models(marker: str) -> Iterator[Hostile]:
    """GGUF files that are not what they say."""
    one = gguf.tensor("w", [8], 0, 0)
    payload = call("os", "system", f"touch {marker}")
    good = gguf.model([], [one], bytes(32))
    for name, data in {
        "tail": good + b"hello",
        "gap": gguf.model([], [gguf.tensor("w", [8], 0, 32)], bytes(64)),
        "overlap": gguf.model([], [one, gguf.tensor("v", [8], 0, 0)], bytes(32)),
        "hidden-padding": gguf.model([], [gguf.tensor("w", [1], 0, 0)], b"\0\0\0\0" + b"x" * 28),
        "short": good[:-1],
        "unknown-type": gguf.model([], [gguf.tensor("w", [8], 99, 0)], bytes(32)),
        "removed-type": gguf.model([], [gguf.tensor("w", [32], 4, 0)], bytes(32)),
        "half-block": gguf.model([], [gguf.tensor("w", [31], 8, 0)], bytes(64)),
        "twice": gguf.model([], [one, gguf.tensor("w", [8], 0, 32)], bytes(64)),
        "key-twice": gguf.model([gguf.key("a", gguf.BOOL, b"\1")] * 2, [one], bytes(32)),
        "unknown-value": gguf.model([gguf.key("a", 13, b"\0" * 8)], [one], bytes(32)),
        "long-text": gguf.model([gguf.key("a", gguf.TEXT, struct.pack("<Q", 1 << 60))], [one], bytes(32)),
        "long-list": gguf.model([gguf.key("a", gguf.ARRAY, struct.pack("<IQ", 8, 1 << 60))], [one], bytes(32)),
        "deep-list": gguf.model([gguf.key("a", gguf.ARRAY, struct.pack("<IQ", 9, 1) * 99)], [one], bytes(32)),
        "many": gguf.model([], [one], bytes(32), count=1 << 60),
        "many-keys": gguf.model([], [one], bytes(32), entries=1 << 60),
        "version-1": gguf.model([], [one], bytes(32), version=1),
        "alignment": gguf.model([gguf.key("general.alignment", 4, struct.pack("<I", 0))], [one], bytes(32)),
        "huge-shape": gguf.model([], [gguf.tensor("w", [1 << 63, 1 << 63], 0, 0)], bytes(32)),
        "not-text": gguf.model([gguf.key("a", gguf.TEXT, gguf.text(b"\xff"))], [one], bytes(32)),
    }.items():
        yield Hostile(f"{name}.gguf", data, REVIEW)
    yield Hostile("and-zip.gguf", good + archive({"a.pkl": payload}))


def programs(marker: str) -> Iterator[Hostile]:
    """Programs under names of models and pictures, and documents that act."""
    windows = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(64)
    for name, data in {
        "weights.bin": b"\x7fELF\x02\x01\x01" + bytes(60),
        "model.onnx": windows,
        "dos.json": b"MZ\x90\0" + bytes(90),
        "a.txt": b"\xcf\xfa\xed\xfe" + bytes(60),
        "big-endian.txt": b"\xfe\xed\xfa\xcf" + bytes(60),
        "fat.png": b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(60),
        "A.class": b"\xca\xfe\xba\xbe\0\0\0\x37" + bytes(60),
        "a.wasm": b"\0asm\x01\0\0\0",
        "a.dex": b"dex\n035\0" + bytes(60),
        "lua": b"\x1bLuaS\0" + bytes(20),
        "a.lnk": b"\x4c\0\0\0\x01\x14\x02\0" + bytes(60),
        "a.deb": b"!<arch>\ndebian-binary   " + bytes(60),
        "a.rpm": b"\xed\xab\xee\xdb\x03\0" + bytes(60),
        "disc": bytes(0x8001) + b"CD001\x01" + bytes(100),
        "new.pyc": b"\xa7\x0d\x0d\x0a" + bytes(12) + marshal.dumps(compile("1", "x", "exec")),
        "old.pyc": b"\x03\xf3\x0d\x0a" + bytes(4) + b"c\0\0\0\0" + bytes(20),
        "macros.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "_VBA_PROJECT".encode("utf-16-le"),
        "macros.docm": archive({"[Content_Types].xml": b"x", "word/vbaProject.bin": b"x"}),
        "library.zip": archive({"lib/x.so": b"\x7fELF" + bytes(60)}),
        "package.whl": archive({"x/y.so": b"\x7fELF" + bytes(60), "x-1.dist-info/RECORD": b""}),
        "a.jar": archive({"META-INF/MANIFEST.MF": b"x", "A.class": b"\xca\xfe\xba\xbe\0\0\0\x37" + bytes(9)}),
        "script.pdf": PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript /JS (x) >>"),
        "escaped.pdf": PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /J#61vaScript >>"),
    }.items():
        yield Hostile(name, data)
    for name, data in {
        "plain.pdf": PDF,
        "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
        "code.whl": archive({"x/__init__.py": b"import os\n", "x-1.dist-info/RECORD": b""}),
        "library.a": b"!<arch>\nx.o/            " + bytes(60),
        "a.cpio": b"070701" + b"0" * 104,
        "a.zst": b"\x28\xb5\x2f\xfd" + bytes(20),
        "a.lz4": b"\x04\x22\x4d\x18" + bytes(20),
        "a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(20),
        "a.rar": b"Rar!\x1a\x07\x01\0" + bytes(20),
        "a.parquet": b"PAR1" + bytes(20) + b"PAR1",
        "a.rds": b"X\n\0\0\0\x03" + bytes(20),
        "a.ser": b"\xac\xed\0\x05sr\0" + bytes(20),
    }.items():
        yield Hostile(name, data, REVIEW)


def polyglots(marker: str) -> Iterator[Hostile]:
    """Two formats in one file."""
    payload = call("os", "system", f"touch {marker}")
    zipped = archive({"a.pkl": payload})
    python = archive({"__main__.py": f"import os; os.system('touch {marker}')".encode()})
    RUNNERS["picture-and-program.png"] = RUNNERS["gif-and-program.gif"] = RUNNERS["text-and-program.txt"] = "python"
    for name, data in {
        "gif-and-zip.gif": GIF + zipped,
        "gif-and-pickle.gif": GIF + payload,
        "png-and-pickle.png": PNG + payload,
        "pdf-and-zip.pdf": PDF + zipped,
        "text-and-zip.txt": b"hello\n" + zipped,
        "json-and-zip.json": b'{"a": 1}\n' + zipped,
        "sound-and-pickle.wav": b"RIFF" + struct.pack("<I", 12) + b"WAVEdata\0\0\0\0" + payload,
    }.items():
        yield Hostile(name, data)
    for name, data in {
        "picture-and-program.png": PNG + python,
        "gif-and-program.gif": GIF + python,
        "text-and-program.txt": b"hello\n" + python,
        "gif-and-script.gif": GIF + b"\n#!/bin/sh\nx\n",
        "two-pictures.png": PNG + PNG,
        "gif-script.gif": b"GIF89a/*" + bytes(5) + b"*/=1;alert(1)//",
        "png-and-pdf.png": PNG[:33] + _chunk(b"tEXt", b"%PDF-1.4\n") + PNG[33:] + b"%%EOF",
        "unknown-chunk.png": PNG[:33] + _chunk(b"evIl", b"1234") + PNG[33:],
        "odd.webp": b"RIFF" + struct.pack("<I", 12) + b"WEBPEVIL\0\0\0\0",
        "tail.bmp": b"BM"
        + struct.pack("<IHHI", 58, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
        + bytes(4)
        + b"hello" * 9,
    }.items():
        yield Hostile(name, data, REVIEW)


def _local_member(name: bytes, extra: bytes, data: bytes, flags: int = 0, mode: int = 0) -> bytes:
    """A zip file of one stored member, written by hand."""
    checksum = zlib.crc32(data)
    head = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 20, flags, 0, 0, 0, checksum, len(data), len(data), len(name), len(extra)
    )
    local = head + name + extra + data
    central = struct.pack(
        "<4s6H3L5H2L",
        b"PK\1\2", 0x314, 20, flags, 0, 0, 0, checksum, len(data), len(data), len(name), len(extra), 0, 0,
        0, mode << 16, 0,
    )  # fmt: skip
    directory = central + name + extra
    return local + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), len(local), 0)


def _overlapping() -> bytes:
    """Two entries of the directory that share one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a", b"x" * 100)
        packed.filelist.append(zipfile.ZipInfo("b"))
        packed.filelist[1].header_offset = 0
        packed.filelist[1].file_size = packed.filelist[1].compress_size = 100
        packed.filelist[1].CRC = packed.filelist[0].CRC
    return out.getvalue()


def _special(name: str, kind: bytes, **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in changes.items():
        setattr(info, key, value)
    return info, b""


def archives(marker: str) -> Iterator[Hostile]:
    """Archives whose members mean something else to another program."""
    payload = call("os", "system", f"touch {marker}")
    nested = b"hello"
    for _ in range(200):
        nested = archive({"x": nested})
    unicode_path = struct.pack("<HHBL", 0x7075, 9, 1, 0) + b"evil"
    for name, data in {
        "nested-200.zip": nested,
        "second-name.zip": _local_member(b"good", unicode_path, b"x"),
        "encrypted.zip": _local_member(b"a", b"", b"x" * 20, flags=1),
        "patched.zip": _local_member(b"a", b"", b"x", flags=0x20),
        "overlapping.zip": _overlapping(),
        "same-name.zip": archive({"Model.bin": b"x", "model.BIN": b"y"}),
        "same-form.zip": archive({"caf\u00e9": b"x", "cafe\u0301": b"y"}),
        "file-and-folder.zip": archive({"a": b"x", "a/b": b"y"}),
        "reserved.zip": archive({"aux.txt": b"x"}),
        "trailing-dot.zip": archive({"model.bin.": b"x"}),
        "stream.zip": archive({"a.txt:b": b"x"}),
        "lookalike.zip": archive({"m\u043edel.txt": b"x"}),
        "direction.zip": archive({"gpj.\u202etxt": b"x"}),
        "many.zip": archive({f"{number}": b"" for number in range(60_000)}, zipfile.ZIP_STORED),
    }.items():
        yield Hostile(name, data, REVIEW)
    yield Hostile("device.zip", _local_member(b"a", b"", b"x", mode=0o020666))
    yield Hostile("pipe.zip", _local_member(b"a", b"", b"x", mode=0o010666))
    for name, kind in {"hard-link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE, "pipe": tarfile.FIFOTYPE}.items():
        yield Hostile(f"{name}.tar", tar(_special("a", kind, linkname="/etc/passwd")))
    long = tarfile.TarInfo("x" * 150 + "/../../../y")
    yield Hostile("long-name.tar", tar((long, b"x")))
    extended = io.BytesIO()
    with tarfile.open(fileobj=extended, mode="w", format=tarfile.PAX_FORMAT) as packed:
        info = tarfile.TarInfo("a")
        info.size, info.pax_headers = 1, {"path": "../../b"}
        packed.addfile(info, io.BytesIO(b"x"))
    yield Hostile("extended-name.tar", extended.getvalue())
    good = tar((tarfile.TarInfo("a"), b"x"))
    yield Hostile("hidden.tar", good[:520] + b"hidden" + good[526:], REVIEW)
    yield Hostile("behind.tar", good + payload, REVIEW)
    yield Hostile("lookalike.tar", tar((tarfile.TarInfo("mod\u0435l"), b"x")), REVIEW)
    yield Hostile("config-in.zip", archive({"config.json": json.dumps({"_target_": "os.system"}).encode()}))
    yield Hostile("template-in.zip", archive({"x": b"{{ lipsum.__globals__ }}"}))


def files(marker: str) -> Iterator[Hostile]:
    """All of them."""
    for make in (models, programs, polyglots, archives):
        yield from make(marker)
