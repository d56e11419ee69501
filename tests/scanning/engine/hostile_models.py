"""Hostile files of joblib, NumPy, PyTorch, the boosters, R and compiled Python. See hostile_pickles.py."""

import bz2
import gzip
import lzma
import marshal
import pickle
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from tests.scanning.engine.builders import archive, npy, tar
from tests.scanning.engine.hostile import Hostile, call, text, value
from tests.scanning.engine.opcodes import name, protocol, state_of

TORCH_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
SYSTEM = pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {}}, 2)


def wrapper(payload: bytes) -> bytes:
    """A description of an array of bytes, followed by them: operations to anybody but joblib."""
    described = state_of({
        "subclass": name("numpy", "ndarray"), "shape": value((len(payload),)), "order": text("C"),
        "dtype": name("numpy", "dtype") + text("u1") + b"\x85R", "allow_mmap": b"\x89",
    })  # fmt: skip
    return name("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + described + b"b" + payload


def joblib_files(marker: str) -> Iterator[Hostile]:
    evil = call("os", "system", f"touch {marker}")
    body = evil[2:-1]
    yield Hostile("plain.joblib", evil, runs=True)
    for label, packed in {
        "zlib": zlib.compress(evil), "gzip": gzip.compress(evil), "bz2": bz2.compress(evil), "xz": lzma.compress(evil),
        "lzma": lzma.compress(evil, lzma.FORMAT_ALONE),
    }.items():  # fmt: skip
        yield Hostile(f"{label}.joblib", packed, runs=True)
    described = state_of({
        "subclass": name("numpy", "ndarray"), "shape": value((1,)), "order": text("C"), "allow_mmap": b"\x89",
        "dtype": name("numpy", "dtype") + text("O") + b"\x85R",
    })  # fmt: skip
    objects = name("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + described + b"b"
    yield Hostile("array-of-objects.joblib", b"\x80\x03" + objects + evil + b"N.", runs=True)
    for label, entries in {
        "own-reader": {"read": name("numpy", "log")}, "own-alignment": {"safe_get_numpy_array_alignment_bytes": b"N"},
    }.items():  # fmt: skip
        extra = objects[:-1] + state_of(entries) + b"b"
        yield Hostile(f"{label}.joblib", protocol(3, extra), "needs-review")
    yield Hostile("second-with-array.pkl", pickle.dumps(1) + b"\x80\x03" + wrapper(body + b".") + b".")
    yield Hostile("array-then-second.pkl", b"\x80\x03" + wrapper(b"N." + evil) + b".")
    real = b"\x80\x03" + wrapper(name("numpy", "array") + b"0" + body + b".") + b"."
    yield Hostile("behind-a-real-pair.pkl", real, runs=True)
    old = name("joblib.numpy_pickle_compat", "NDArrayWrapper") + b")\x81"
    for label, file, verdict in (("beside", "x_01.npy", "needs-review"), ("outside", "../../x.npy", "unsafe")):
        state = state_of({"filename": text(file), "subclass": name("numpy", "ndarray"), "allow_mmap": b"\x88"})
        yield Hostile(f"old-array-{label}.pkl", protocol(2, old + state + b"b"), verdict)


def numpy_files(marker: str) -> Iterator[Hostile]:
    evil = call("os", "system", f"touch {marker}")
    header = b"{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    field = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + evil
    yield Hostile("field-of-objects.npy", field, runs=True)
    yield Hostile("two-types.npy", npy("O,i4", evil), runs=True)
    yield Hostile("protocol-0.npy", npy("|O", b"cos\nsystem\n(S'touch %s'\ntR." % marker.encode()), runs=True)
    yield Hostile("inside.npz", archive({"a.npy": npy("|O", evil)}), runs=True)


def torch_zip(members: dict[str, bytes]) -> bytes:
    return archive({f"m/{key}": data for key, data in members.items()}, zipfile.ZIP_STORED)


def torch_files(marker: str) -> Iterator[Hostile]:
    evil = call("os", "system", f"touch {marker}")
    storage = value("storage") + name("torch", "FloatStorage") + text("0") + text("cpu") + value(1)
    kept = b"\x80\x02(" + storage + b"NtQ."
    legacy = TORCH_MAGIC + SYSTEM
    keys, number = pickle.dumps(["0"], 2), struct.pack("<Qf", 1, 0.5)
    zipped = b"\x80\x02(" + storage + b"tQ."
    nested = name("torch.storage", "_load_from_bytes")
    raw = b"B" + struct.pack("<I", len(evil)) + evil
    called = b"NNtQ" + text("x") + b"\x85R"
    items: dict[str, tuple[bytes, str]] = {
        "object.pt": (legacy + evil + pickle.dumps([], 2), "unsafe"),
        "system.pt": (TORCH_MAGIC + evil, "unsafe"),
        "keys.pt": (legacy + kept + evil, "unsafe"),
        "behind.pt": (legacy + kept + keys + number + evil, "needs-review"),
        "missing-numbers.pt": (legacy + kept + keys + number[:-1], "needs-review"),
        "other-count.pt": (legacy + kept + keys + struct.pack("<Qf", 2, 0.5), "needs-review"),
        "array-in-old.pt": (legacy + b"\x80\x03" + wrapper(evil[2:]) + b"." + pickle.dumps([], 2), "unsafe"),
        "array-in-zip.pt": (torch_zip({"data.pkl": b"\x80\x03" + wrapper(evil[2:]) + b"."}), "unsafe"),
        "storage-size.pt": (torch_zip({"data.pkl": zipped, "data/0": b"x"}), "needs-review"),
        "storage-missing.pt": (torch_zip({"data.pkl": zipped}), "needs-review"),
        "extra-text.pt": (torch_zip({"data.pkl": zipped, "data/0": b"xxxx", "notes.txt": b"hello"}), "needs-review"),
        "version.pt": (torch_zip({"data.pkl": zipped, "data/0": b"xxxx", "version": evil}), "unsafe"),
        "other-id.pt": (torch_zip({"data.pkl": protocol(2, text("x") + b"Q")}), "needs-review"),
        "class-id.pt": (
            torch_zip({"data.pkl": protocol(2, b"(" + text("module") + name("os", "system") + called)}), "unsafe"),
        "class-id-called.pt": (
            torch_zip({"data.pkl": protocol(2, b"(" + text("module") + name("numpy", "log") + called)}), "unsafe"),
        "script.pt": (torch_zip({"data.pkl": zipped, "data/0": b"xxxx", "constants.pkl": evil}), "unsafe"),
        "script-code.pt": (torch_zip({"constants.pkl": pickle.dumps((), 2), "code/x.py": b"x = 1\n"}), "needs-review"),
        "package.pt": (torch_zip({".data/extern_modules": b"os\n", "model.pkl": evil}), "unsafe"),
        "package-code.pt": (torch_zip({".data/extern_modules": b"", "x.py": b"import os\n"}), "needs-review"),
        "program.pt2": (torch_zip({"archive_format": b"pt2", "data/weights/weight_0": evil}), "unsafe"),
        "tensor.pkl": (protocol(3, nested + raw + b"\x85R"), "unsafe"),
        "tensor-encoded.pkl": (
            protocol(2, nested + name("_codecs", "encode") + text("x" * 300) + text("latin1") + b"\x86R\x85R"),
            "needs-review"),
        "computed-tensor.pkl": (protocol(2, nested + b"K\x01\x85R"), "needs-review"),
        "hub.pkl": (call("torch.hub", "load", "x", "y"), "unsafe"),
        "load.pkl": (call("torch", "load", "x"), "unsafe"),
        "jit.pkl": (call("torch.jit", "load", "x"), "unsafe"),
        "collect.pkl": (call("torch.utils.collect_env", "run", f"touch {marker}"), "unsafe"),
    }  # fmt: skip
    for label, (data, verdict) in items.items():
        yield Hostile(f"torch-{label}", data, verdict)
    info = [tarfile.TarInfo(part) for part in ("sys_info", "pickle", "storages", "tensors")]
    described = protocol(2, value("0") + value("cpu") + name("torch", "FloatStorage") + b"\x87")
    storages = pickle.dumps(1, 2) + described + number
    for label, rest, verdict in (("plain", b"", "needs-review"), ("evil", evil, "unsafe")):
        parts = (SYSTEM, pickle.dumps(1, 2), storages + rest, pickle.dumps(0, 2))
        yield Hostile(f"torch-{label}.tar", tar(*zip(info, parts, strict=True)), verdict)


def other_files(marker: str) -> Iterator[Hostile]:
    """Boosters that are not what they seem, R data, and compiled Python."""
    evil = call("os", "system", f"touch {marker}")
    learner = b'{"learner":{"attributes":{},"feature_names":[],%s},"version":[3,0,0]}'
    review, seven = "needs-review", b"L" + struct.pack(">Q", 7)
    items: dict[str, tuple[bytes, str]] = {
        "extra-key.json": (learner % b'"code":"import os"', review),
        "second-key.json": (learner % b'"attributes":{}', review),
        "not-numbers.json": (learner % b'"feature_types":[1,2]', review),
        "commas.json": (b'{"learner":{},"version":[3,,0]}', review),
        "cut.json": (b'{"learner":{"attributes":{}', review),
        "trailing.json": (learner % b'"feature_types":[]' + b"{}", review),
        "deep.json": (b'{"learner":{"metrics":[{"x":' + b"[" * 5_000, review),
        "cut.ubj": (b"{" + seven + b"learner{L", review),
        "long.ubj": (b"{" + seven + b"learner{}" + seven + b"version[$L#L\x7f" + bytes(7), review),
        "behind.ubj": (b"{" + seven + b"learner{}}" + evil, review),
        "old.bin": (b"binf" + bytes(200), review),
        "short.cbm": (b"CBM1" + struct.pack("<I", 999) + bytes(20), review),
        "nonsense.cbm": (b"CBM1" + struct.pack("<I", 20) + b"\xff" * 20, review),
        "line.txt": (b"tree\nversion=v4\nimport=os\ntree_sizes=\n\nend of trees\n", review),
        "sizes.txt": (b"tree\nversion=v4\ntree_sizes=9\n\nTree=1\nx\nend of trees\n", review),
        "end.txt": (b"tree\nversion=v4\ntree_sizes=\n\nend of trees\n\nimport os\n", review),
        "catboost.json": (b'{"features_info":{"float_features":[]},"code":1}', review),
        "promise.rds": (b"X\n" + struct.pack(">iiii", 2, 0, 0, 5) + struct.pack(">ii", 254, 254), "unsafe"),
        "function.rds": (b"X\n" + struct.pack(">iiiiii", 2, 0, 0, 3, 254, 254), review),
        "bytecode.RData": (b"RDX3\nX\n" + struct.pack(">iiii", 3, 0, 0, 5) + b"UTF-8" + struct.pack(">i", 21), review),
        "ascii.RData": (b"RDA3\nA\n3\n", review),
        "behind.rds": (b"X\n" + struct.pack(">iiii", 2, 0, 0, 254) + b"hello", review),
        "marshal": (marshal.dumps(compile("import os", "x", "exec")), "unsafe"),
        "header.pyc": (b"\xa7\x0d\x0d\x0a" + bytes(12) + marshal.dumps(compile("1", "x", "exec")), "unsafe"),
    }  # fmt: skip
    for label, (data, verdict) in items.items():
        yield Hostile(label, data, verdict)


MAKERS = (joblib_files, numpy_files, torch_files, other_files)
