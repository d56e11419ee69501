"""Writes large files of the formats that people keep models in, without the libraries that would fill them.

Where a format allows it the numbers are a hole in the file, so a size costs next to nothing on the disk.
"""

import json
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from benchmarks.sparse_zips import StoredZip

FLOAT = 4

Writer = Callable[[Path, int], None]


# ---- pickles by hand: the names in them belong to libraries that are not here


def _name(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def _plain(value: object) -> bytes:
    return pickle.dumps(value, protocol=2)[2:-1]


EMPTY_ORDERED = _name("collections", "OrderedDict") + b")R"
NDARRAY = _name("numpy", "ndarray")
# numpy.dtype("<f4"), made and told its byte order.
FLOATS = (
    _name("numpy", "dtype")
    + _plain(("f4", False, True))
    + b"R("
    + b"".join(map(_plain, (3, "<", None, None, None, -1, -1, 0)))
    + b"tb"
)


def _tensor(count: int, *more: object) -> bytes:
    """A tensor over the storage called 0, as torch.save describes it."""
    storage = b"(" + _plain("storage") + _name("torch", "FloatStorage")
    storage += b"".join(map(_plain, ("0", "cpu", count, *more))) + b"tQ"
    shape = b"".join(map(_plain, (0, (count,), (1,), False)))
    return _name("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + shape + EMPTY_ORDERED + b"tR"


def _state(count: int, *more: object) -> bytes:
    return b"\x80\x02" + EMPTY_ORDERED + b"(" + _plain("w") + _tensor(count, *more) + b"u."


def torch_zip(path: Path, size: int) -> None:
    """A state dictionary with one tensor."""
    with path.open("wb") as out:
        archive = StoredZip(out)
        archive.add("archive/data.pkl", _state(size // FLOAT))
        archive.add("archive/byteorder", b"little")
        archive.add("archive/data/0", hole=size // FLOAT * FLOAT)
        archive.add("archive/version", b"3\n")
        archive.close()


def torch_legacy(path: Path, size: int) -> None:
    """The same in the container of PyTorch before 1.6."""
    count = size // FLOAT
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    with path.open("wb") as out:
        for thing in (0x1950A86A20F9469CFC6C, 1001, system):
            out.write(pickle.dumps(thing, protocol=2))
        out.write(_state(count, None) + pickle.dumps(["0"], protocol=2) + struct.pack("<q", count))
        out.truncate(out.tell() + count * FLOAT)


def pickle_of_arrays(path: Path, size: int) -> None:
    """A dictionary of eight arrays, each with its bytes in the stream."""
    count = size // 8 // FLOAT
    with path.open("wb") as out:
        out.write(b"\x80\x04}(")
        for number in range(8):
            out.write(_plain(f"w{number}") + _name("numpy._core.multiarray", "_reconstruct"))
            out.write(NDARRAY + _plain((0,)) + b"C\x01b\x87R(" + _plain(1) + _plain((count,)) + FLOATS + _plain(False))
            out.write(b"\x8e" + struct.pack("<Q", count * FLOAT))
            out.seek(count * FLOAT, 1)
            out.write(b"tb")
        out.write(b"u.")


def joblib(path: Path, size: int) -> None:
    """A dictionary with one array, whose bytes joblib puts between two opcodes."""
    count = size // FLOAT
    described = b"".join((
        b"\x80\x04}(", _plain("w"), _name("joblib.numpy_pickle", "NumpyArrayWrapper"), b")\x81}(",
        _plain("subclass"), NDARRAY, _plain("shape"), _plain((count,)), _plain("order"), _plain("C"),
        _plain("dtype"), FLOATS, _plain("allow_mmap"), _plain(True), _plain("numpy_array_alignment_bytes"), _plain(16),
        b"ub",
    ))  # fmt: skip
    padding = 16 - (len(described) + 1) % 16
    with path.open("wb") as out:
        out.write(described + bytes([padding]) + b"\xff" * padding)
        out.seek(count * FLOAT, 1)
        out.write(b"u.")


def _npy_header(count: int) -> bytes:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({count},), }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


def npz(path: Path, size: int) -> None:
    """Four arrays."""
    count = size // 4 // FLOAT
    with path.open("wb") as out:
        archive = StoredZip(out)
        for name in "abcd":
            archive.add(f"{name}.npy", _npy_header(count), hole=count * FLOAT)
        archive.close()


def safetensors(path: Path, size: int) -> None:
    """One tensor."""
    size = size // FLOAT * FLOAT
    header = json.dumps({"w": {"dtype": "F32", "shape": [size // FLOAT], "data_offsets": [0, size]}}).encode()
    header += b" " * (-len(header) % 8)
    with path.open("wb") as out:
        out.write(struct.pack("<Q", len(header)) + header)
        out.truncate(8 + len(header) + size)


def gguf(path: Path, size: int) -> None:
    """One tensor and the vocabulary of a small tokenizer."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value.encode())) + value.encode()

    words = [f"word{number}" for number in range(32_000)]
    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    pairs += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, len(words)) + b"".join(map(text, words))
    tensor = text("w") + struct.pack("<IQIQ", 1, size // FLOAT, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + pairs + tensor
    head += bytes(-len(head) % 32)
    with path.open("wb") as out:
        out.write(head)
        out.truncate(len(head) + size // FLOAT * FLOAT)


# ---- ONNX: protocol buffers by hand


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _opened(field: int, length: int) -> bytes:
    return _varint(field << 3 | 2) + _varint(length)


def _message(field: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return _opened(field, len(body)) + body


def _end_of_graph(field: int, name: bytes) -> bytes:
    shape = _message(2, _message(1, _number(1, 1)))
    return _message(field, _message(1, name), _message(2, _message(1, _number(1, 1), shape)))


def _onnx(tensor: bytes, hole: int) -> bytes:
    node = _message(1, _message(1, b"x"), _message(1, b"w"), _message(2, b"y"), _message(4, b"Mul"))
    graph = node + _message(2, b"graph") + _end_of_graph(11, b"x") + _end_of_graph(12, b"y")
    graph += _opened(5, len(tensor) + hole)
    start = _number(1, 8) + _message(2, b"benchmark") + _message(8, _message(1), _number(2, 17))
    return start + _opened(7, len(graph) + len(tensor) + hole) + graph + tensor


def _tensor_proto(count: int) -> bytes:
    return _number(1, count) + _number(2, 1) + _message(8, b"w")


def onnx_inline(path: Path, size: int) -> None:
    """A graph with one weight in it."""
    size = size // FLOAT * FLOAT
    head = _onnx(_tensor_proto(size // FLOAT) + _opened(9, size), size)
    with path.open("wb") as out:
        out.write(head)
        out.truncate(len(head) + size)


def onnx_external(path: Path, size: int) -> None:
    """A folder: a graph, and its weight in a file beside it."""
    size = size // FLOAT * FLOAT
    path.mkdir()
    entries = {b"location": b"weights.bin", b"offset": b"0", b"length": str(size).encode()}
    told = b"".join(_message(13, _message(1, key), _message(2, value)) for key, value in entries.items())
    (path / "model.onnx").write_bytes(_onnx(_tensor_proto(size // FLOAT) + told + _number(14, 1), 0))
    with (path / "weights.bin").open("wb") as out:
        out.truncate(size)


# ---- texts: nothing in them may be a hole


def _rows() -> Iterator[bytes]:
    """The same hundred thousand numbers over and over, farther apart than deflate looks back."""
    block = "".join(
        ",".join(f"{(line * 8 + column) * 7919 % 1000003 / 1000:.6f}" for column in range(8)) + "\n"
        for line in range(16_000)
    ).encode()
    while True:
        yield block


def _filled(path: Path, size: int, start: bytes, pieces: Iterator[bytes], end: bytes) -> None:
    with path.open("wb") as out:
        out.write(start)
        while out.tell() < size:
            out.write(next(pieces))
        out.write(end)


def csv(path: Path, size: int) -> None:
    """A table of numbers."""
    _filled(path, size, b"a,b,c,d,e,f,g,h\n", _rows(), b"")


def text(path: Path, size: int) -> None:
    """Sentences."""
    line = "The registry keeps what was trained and says where it came from. "
    block = "".join(line + f"Line {number} is here.\n" for number in range(10_000)).encode()
    _filled(path, size, b"", iter(lambda: block, b""), b"")


def json_rows(path: Path, size: int) -> None:
    """One list of objects."""
    rows = "".join(f'{{"age": {n}, "town": "Bonn", "income": {n * 1.5}}},\n' for n in range(20_000)).encode()
    _filled(path, size, b"[\n", iter(lambda: rows, b""), b"{}]\n")


def xgboost_json(path: Path, size: int) -> None:
    """A model of many trees with 255 nodes each."""
    nodes, inner = 255, 127
    left = [2 * node + 1 if node < inner else -1 for node in range(nodes)]
    right = [2 * node + 2 if node < inner else -1 for node in range(nodes)]
    parents = [2147483647, *((node - 1) // 2 for node in range(1, nodes))]
    tree = {
        "base_weights": [0.125] * nodes, "categories": [], "categories_nodes": [], "categories_segments": [],
        "categories_sizes": [], "default_left": [0] * nodes, "id": 0, "left_children": left,
        "loss_changes": [0.5] * nodes, "parents": parents, "right_children": right,
        "split_conditions": [0.75] * nodes, "split_indices": [0] * nodes, "split_type": [0] * nodes,
        "sum_hessian": [8.0] * nodes,
        "tree_param": {"num_deleted": "0", "num_feature": "3", "num_nodes": str(nodes), "size_leaf_vector": "1"},
    }  # fmt: skip
    one = json.dumps(tree, separators=(",", ":")).encode()
    count = max(1, size // (len(one) + 1))
    start = b'{"learner":{"attributes":{},"feature_names":[],"feature_types":[],"gradient_booster":{"model":'
    start += b'{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"%d"},"iteration_indptr":' % count
    start += json.dumps(list(range(count + 1))).encode() + b',"tree_info":' + json.dumps([0] * count).encode()
    end = b']},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","boost_from_average":"1","num_class":"0",'
    end += b'"num_feature":"3","num_target":"1"},"objective":{"name":"reg:squarederror","reg_loss_param":'
    end += b'{"scale_pos_weight":"1"}}},"version":[3,2,0]}'
    with path.open("wb") as out:
        out.write(start + b',"trees":[' + one)
        for _ in range(count - 1):
            out.write(b"," + one)
        out.write(end)


def zip_stored(path: Path, size: int) -> None:
    """Tables in an archive, not compressed."""
    _zip_of_tables(path, size, zipfile.ZIP_STORED)


def zip_deflated(path: Path, size: int) -> None:
    """The same, compressed; the size is that of the tables."""
    _zip_of_tables(path, size, zipfile.ZIP_DEFLATED)


def _zip_of_tables(path: Path, size: int, method: int) -> None:
    rows, left = _rows(), size
    with zipfile.ZipFile(path, "w", method) as archive:
        while left > 0:
            block = next(rows)
            archive.writestr(f"tables/{left}.csv", block)
            left -= len(block)


# ---- HDF5 needs its library


def hdf5(path: Path, size: int) -> None:
    """The weights of one layer as Keras lays them out."""
    h5py = import_module("h5py")
    kept = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    kept.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    kept.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/dense/vars")
        space = h5py.h5s.create_simple((size // FLOAT,))
        h5py.h5d.create(group.id, b"0", h5py.h5t.IEEE_F32LE, space, dcpl=kept)


def keras(path: Path, size: int) -> None:
    """The archive of Keras 3 with such weights."""
    weights = path.with_suffix(".h5")
    hdf5(weights, size)
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 1], "name": "in"}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"name": "dense", "units": 1}},
    ]
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "date_saved": "2026-11-01@00:00:00"}))
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights, "model.weights.h5")
    weights.unlink()


FORMATS: dict[str, Writer] = {
    "safetensors": safetensors,
    "torch zip": torch_zip,
    "torch legacy": torch_legacy,
    "pickle of arrays": pickle_of_arrays,
    "joblib": joblib,
    "npz": npz,
    "onnx inline": onnx_inline,
    "onnx external": onnx_external,
    "hdf5": hdf5,
    "keras": keras,
    "gguf": gguf,
    "xgboost json": xgboost_json,
    "zip stored": zip_stored,
    "zip deflated": zip_deflated,
    "csv": csv,
    "text": text,
    "json": json_rows,
}
