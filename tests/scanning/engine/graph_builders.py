"""Builds graphs byte by byte, without the libraries that read them: ONNX models, saved models, indexes, Keras files."""

import base64
import io
import json
import marshal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import h5py

from scanning.engine.tensor_bundles import checksum
from tests.scanning.engine.builders import archive

# ---- Messages


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | str | bytes) -> bytes:
    """A field that is a number or has a length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def fields(number: int, values: Sequence[int | str | bytes]) -> bytes:
    return b"".join(field(number, value) for value in values)


# ---- ONNX


def onnx_node(operator: str, domain: str = "", *attributes: bytes) -> bytes:
    return field(1, "x") + field(2, "y") + field(4, operator) + field(7, domain) + fields(5, attributes)


def onnx_branch(graph: bytes) -> bytes:
    """An attribute that holds a graph."""
    return field(1, "then_branch") + field(6, graph) + field(20, 5)


def onnx_tensor(raw: bytes, kind: int = 2, length: int | None = None) -> bytes:
    return field(1, len(raw) if length is None else length) + field(2, kind) + field(8, "t") + field(9, raw)


def onnx_external(location: str, length: int = 4, **entries: str) -> bytes:
    """A tensor of bytes in another file."""
    pairs = {"location": location, "offset": "0", "length": str(length)} | entries
    where = fields(13, [field(1, key) + field(2, value) for key, value in pairs.items()])
    return field(1, length) + field(2, 2) + field(8, "t") + where + field(14, 1)


def onnx_graph(*nodes: bytes, tensors: Sequence[bytes] = ()) -> bytes:
    return fields(1, nodes) + field(2, "graph") + fields(5, tensors)


def onnx_function(name: str, *nodes: bytes) -> bytes:
    return field(1, name) + fields(7, nodes) + field(10, "own")


def onnx_model(graph: bytes, *more: bytes) -> bytes:
    return field(1, 8) + field(2, "builder") + field(7, graph) + field(8, field(2, 18)) + b"".join(more)


# ---- TensorFlow

STRING = field(6, 7)


def tf_text(text: str | bytes) -> bytes:
    """The value of a constant text, as an attribute."""
    return field(8, field(1, 7) + field(2, b"") + field(8, text))


def tf_node(name: str, operator: str, inputs: Sequence[str] = (), **attributes: bytes) -> bytes:
    pairs = [field(1, key) + field(2, value) for key, value in attributes.items()]
    return field(1, name) + field(2, operator) + fields(3, inputs) + fields(5, pairs)


def tf_const(name: str, text: str | bytes) -> bytes:
    return tf_node(name, "Const", dtype=STRING, value=tf_text(text))


def tf_texts(name: str, *texts: str) -> bytes:
    """A constant list of texts."""
    shape = field(2, field(1, len(texts)))
    value = field(8, field(1, 7) + field(2, shape) + fields(8, texts))
    return tf_node(name, "Const", dtype=STRING, value=value)


def tf_call(name: str, function: str, inputs: Sequence[str] = ()) -> bytes:
    kinds = field(1, fields(6, [7] * len(inputs)))
    return tf_node(
        name, "StatefulPartitionedCall", inputs, f=field(10, field(1, function)), Tin=kinds, Tout=field(1, b"")
    )


def tf_function(name: str, arguments: Sequence[str], *nodes: bytes) -> bytes:
    signature = field(1, name) + fields(2, [field(1, argument) + field(3, 7) for argument in arguments])
    return field(1, signature + field(17, 1)) + fields(3, nodes)


def tf_signature(*inputs: str) -> bytes:
    pairs = [field(1, name) + field(2, field(1, f"{name}:0")) for name in inputs]
    return field(5, field(1, "serving_default") + field(2, fields(1, pairs)))


def tf_asset(filename: str, tensor: str = "asset") -> bytes:
    return field(6, field(1, field(1, f"{tensor}:0")) + field(2, filename))


def tf_main(*nodes: str) -> bytes:
    """What is run as soon as the model is loaded."""
    return field(4, field(1, "saved_model_main_op") + field(2, field(1, fields(1, nodes))))


def tf_graph(nodes: Sequence[bytes], functions: Sequence[bytes] = ()) -> bytes:
    return fields(1, nodes) + field(2, fields(1, functions)) + field(4, field(1, 1882))


def tf_model(nodes: Sequence[bytes], functions: Sequence[bytes] = (), *more: bytes) -> bytes:
    meta = field(1, field(4, "serve")) + field(2, tf_graph(nodes, functions)) + b"".join(more)
    return field(1, 1) + field(2, meta)


def tf_layer(identifier: str, metadata: str) -> bytes:
    """An object of a saved model that Keras would revive."""
    return field(7, field(1, field(4, field(1, identifier) + field(3, metadata))))


# ---- Indexes of tensors


def masked(value: int) -> int:
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def table_block(entries: Sequence[tuple[bytes, bytes]]) -> bytes:
    body = b"".join(varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in entries)
    body += bytes(4) + (1).to_bytes(4, "little")
    return body + b"\0" + masked(checksum(body + b"\0")).to_bytes(4, "little")


def table(entries: Sequence[tuple[bytes, bytes]], gap: bytes = b"") -> bytes:
    """A table of one block, with something between the blocks if wanted."""
    data = table_block(entries)
    meta = table_block([])
    handle = varint(0) + varint(len(data) - 5)
    index = table_block([(entries[-1][0] + b"\xff", handle)])
    start = len(data) + len(gap)
    handles = varint(start) + varint(len(meta) - 5) + varint(start + len(meta)) + varint(len(index) - 5)
    footer = handles.ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little")
    return data + gap + meta + index + footer


def bundle(shard: bytes, length: int | None = None, gap: bytes = b"", shards: int = 1) -> dict[str, bytes]:
    """A checkpoint of one tensor of bytes, which is the whole shard unless a length is given."""
    size = len(shard) if length is None else length
    entry = field(1, 4) + field(2, field(2, field(1, size))) + field(5, size)
    index = table([(b"", field(1, shards)), (b"weight", entry)], gap)
    return {"variables/variables.index": index, f"variables/variables.data-00000-of-{shards:05}": shard}


# ---- Keras and HDF5


def lambda_code(marker: str) -> dict[str, object]:
    """A function in a configuration that makes the marker and hands on what it is given."""
    space: dict[str, Any] = {}
    exec(f"def made(x):\n    open({marker!r}, 'w').close()\n    return x\n", space)
    code = base64.b64encode(marshal.dumps(space["made"].__code__)).decode()
    return {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}


def layer(name: str, config: Mapping[str, object], module: str | None = "keras.layers") -> dict[str, object]:
    made: dict[str, object] = {"class_name": name, "config": dict(config), "registered_name": None}
    return made if module is None else made | {"module": module}


def input_layer(**more: object) -> dict[str, object]:
    return layer("InputLayer", {"batch_shape": [None, 2], "dtype": "float32", "name": "in", **more})


def sequential(*layers: dict[str, object]) -> dict[str, object]:
    return layer("Sequential", {"name": "s", "layers": [input_layer(), *layers]}, "keras")


def lambda_layer(marker: str) -> dict[str, object]:
    return layer("Lambda", {"name": "l", "function": lambda_code(marker), "arguments": {}})


def hdf5(write: Callable[[h5py.File], object], **options: object) -> bytes:
    """What h5py writes."""
    out = io.BytesIO()
    with h5py.File(out, "w", **options) as file:
        write(file)
    return out.getvalue()


def keras_archive(config: object, more: Mapping[str, bytes] | None = None) -> bytes:
    raw = config if isinstance(config, bytes) else json.dumps(config).encode()
    weights = hdf5(lambda file: file.create_group("layers"))
    members = {"metadata.json": b'{"keras_version": "3.15.1"}', "config.json": raw, "model.weights.h5": weights}
    return archive({**members, **(more or {})})


def keras_hdf5(config: object, attribute: str = "model_config") -> bytes:
    def write(file: h5py.File) -> None:
        file.attrs["keras_version"] = "3.15.1"
        file.attrs["backend"] = "tensorflow"
        file.attrs[attribute] = json.dumps(config)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = []
        weights.attrs["keras_version"] = "3.15.1"
        weights.attrs["backend"] = "tensorflow"

    return hdf5(write)
