"""Containers with something hostile inside: archives, arrays, compressed pickles, torch files, polyglots."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib

import numpy as np

from tests.scanning.corpus.assembly import call, name, pickled
from tests.scanning.engine.hostile import Hostile

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0) + bytes(4)


def boxes(marker: str) -> list[Hostile]:
    """The command of the marker wrapped in everything that holds files."""
    run = pickled(call(name("posix", "system"), f"touch {marker}"))
    old = b"cposix\nsystem\n(S'touch " + marker.encode() + b"'\ntR."
    return [*_packed(run), *_arrays(run), *_torch(run), *_zips(run), *_tars(run), *_mixed(run, old)]


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A zip of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as box:
        for title, data in members.items():
            box.writestr(title, data)
    return stream.getvalue()


def _packed(run: bytes) -> list[Hostile]:
    rows = {"gz": gzip.compress(run), "bz2": bz2.compress(run), "xz": lzma.compress(run)}
    items = [Hostile(f"packed.pkl.{kind}", data, "unsafe", True) for kind, data in rows.items()]
    also = {**rows, "zlib": zlib.compress(run), "lzma": lzma.compress(run, lzma.FORMAT_ALONE), "plain": run}
    items += [Hostile(f"packed-{kind}.joblib", data, "unsafe", True) for kind, data in also.items()]
    return [
        *items,
        Hostile("packed-twice.bin", gzip.compress(bz2.compress(run))),
        Hostile("packed-members.gz", gzip.compress(b"weights") + gzip.compress(run)),
        Hostile("packed-tail.gz", gzip.compress(b"weights") + run),
        Hostile("packed-raw-deflate.bin", zlib.compress(run)[2:-4], "needs-review"),
        Hostile("packed-bomb.gz", gzip.compress(bytes(64_000_000)), "needs-review"),
    ]


def _arrays(run: bytes) -> list[Hostile]:
    def npy(header: str, body: bytes, version: int = 1) -> bytes:
        raw = header.encode("latin1") + b"\n"
        size = struct.pack("<H" if version == 1 else "<I", len(raw))
        return b"\x93NUMPY" + bytes([version, 0]) + size + raw + body

    head = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    odd = "{'descr': [('a', '|O'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }"
    lie = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
    plain = io.BytesIO()
    np.save(plain, np.zeros(2))
    return [
        Hostile("array-object.npy", npy(head, run), "unsafe", True),
        Hostile("array-record.npy", npy(odd, run), "unsafe", True),
        Hostile("array-version-3.npy", npy(head, run, 3), "unsafe", True),
        Hostile("array-no-header.npy", run, "unsafe", True),
        Hostile("array-tail.npy", plain.getvalue() + run),
        Hostile("array-lying-dtype.npy", npy(lie, run)),
        Hostile("array-huge-shape.npy", npy(lie.replace("(2,)", "(99999999999999,)"), b""), "needs-review"),
        Hostile("arrays.npz", zipped({"a.npy": plain.getvalue(), "b.npy": npy(head, run)}), "unsafe", True),
        Hostile("arrays-pickle-member.npz", zipped({"a.npy": plain.getvalue(), "b": run})),
    ]


def _torch(run: bytes) -> list[Hostile]:
    good = pickle.dumps({"w": 1.0}, 2)
    legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    script = b"def forward(self, x):\n  return ops.evil.run(x)\n"
    return [
        Hostile("torch.pt", zipped({"m/data.pkl": run, "m/version": b"3\n"}), "unsafe", True),
        Hostile(
            "torch-deflated.pt", zipped({"m/data.pkl": run, "m/version": b"3"}, zipfile.ZIP_DEFLATED), "unsafe", True
        ),
        Hostile("torch-extra.pt", zipped({"m/data.pkl": good, "m/version": b"3", "m/extra/hook.py": b"import os\n"})),
        Hostile("torch-constants.pt", zipped({"m/data.pkl": good, "m/constants.pkl": run, "m/version": b"3"})),
        Hostile("torch-storage-is-pickle.pt", zipped({"m/data.pkl": good, "m/data/0": run, "m/version": b"3"})),
        Hostile(
            "torch-script.pt",
            zipped({"m/data.pkl": good, "m/code/__torch__.py": script, "m/version": b"3"}),
            "needs-review",
        ),
        Hostile("torch-legacy.pt.bin", legacy + run),
        Hostile("torch-two-pickles.pt", zipped({"m/data.pkl": run, "n/data.pkl": good, "m/version": b"3"})),
    ]


def _zips(run: bytes) -> list[Hostile]:
    plain = zipped({"weights.bin": b"w" * 50})
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as box:
        box.writestr(link, "/etc/passwd")
    swapped = zipped({"safe.txt": b"hello", "x": b""}).replace(b"safe.txt", b"evil.pkl", 1)
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as box:
        box.writestr("a.txt", "one")
        box.writestr("a.TXT", "two")
        box.writestr("a.txt ", run)
    return [
        Hostile("slip.zip", zipped({"../../etc/cron.d/x": b"* * * * * root id\n"})),
        Hostile("slip-absolute.zip", zipped({"/etc/x": b"x"})),
        Hostile("slip-backslash.zip", zipped({"..\\..\\x": b"x"}), "needs-review"),
        Hostile("slip-drive.zip", zipped({"C:/Windows/x": b"x"}), "needs-review"),
        Hostile("link.zip", linked.getvalue()),
        Hostile("names-differ.zip", swapped),
        Hostile("nested.zip", zipped({"a.zip": zipped({"b.zip": zipped({"c.pkl": run})})})),
        Hostile("renamed-inside.zip", zipped({"photo.png": run})),
        Hostile("prefixed.zip", run + plain),
        Hostile("two-archives.zip", zipped({"x.pkl": run}) + plain),
        Hostile("in-comment.zip", plain[:-2] + struct.pack("<H", len(run)) + run),
        Hostile("case-twins.zip", twice.getvalue()),
        Hostile(
            "encrypted.zip",
            plain.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
                b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
            ),
            "needs-review",
        ),
        Hostile("bomb.zip", zipped({"a": bytes(60_000_000)}, zipfile.ZIP_DEFLATED), "needs-review"),
        Hostile(
            "jar.zip", zipped({"META-INF/MANIFEST.MF": b"Main-Class: X\n", "X.class": b"\xca\xfe\xba\xbe\0\0\0\x34"})
        ),
    ]


def _tars(run: bytes) -> list[Hostile]:
    def tar(title: str, kind: bytes = tarfile.REGTYPE, target: str = "", data: bytes = b"") -> bytes:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as box:
            entry = tarfile.TarInfo(title)
            entry.type, entry.linkname, entry.size = kind, target, len(data)
            box.addfile(entry, io.BytesIO(data))
        return stream.getvalue()

    return [
        Hostile("slip.tar", tar("../x", data=b"x")),
        Hostile("symbolic.tar", tar("a", tarfile.SYMTYPE, "/etc")),
        Hostile("hard.tar", tar("a", tarfile.LNKTYPE, "../../secret")),
        Hostile("device.tar", tar("a", tarfile.CHRTYPE)),
        Hostile("pickle.tar", tar("model.pkl", data=run)),
        Hostile("pickle.tar.gz", gzip.compress(tar("dir/model", data=run))),
        Hostile("tail.tar", tar("a.txt", data=b"x") + run),
    ]


def _mixed(run: bytes, old: bytes) -> list[Hostile]:
    box = zipped({"m.pkl": run})
    return [
        Hostile("picture-and-zip.png", PNG + box),
        Hostile("picture-is-pickle.png", run, "unsafe", True),
        Hostile("picture-tail.png", PNG + b"\0\0\0\0IEND\xaeB`\x82" + run),
        Hostile("paper-and-zip.pdf", b"%PDF-1.4\n%%EOF\n" + box),
        Hostile("paper-script.pdf", b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF"),
        Hostile("gif-and-pickle.gif", b"GIF89a\x01\0\x01\0\0\0\0;" + run),
        Hostile("text-is-pickle.txt", old, "unsafe", True),
        Hostile("json-is-pickle.json", old),
        Hostile("text-hides-pickle.txt", b"Just a note.\n" + bytes(16) + run),
        Hostile("no-extension", run),
        Hostile("SHOUTED.PKL", run),
        Hostile("weights.safetensors", run),
        Hostile("model.onnx", run),
        Hostile("model.gguf", run),
        Hostile("model.h5", run),
        Hostile("double.pkl.md", run, "unsafe", False),
    ]
