"""Hostile HDF5 and Keras files. Payloads only make an empty marker file; for `runs` see hostile_graphs.py."""

import json
import pickle
from collections.abc import Iterator

import h5py
import numpy as np

from tests.scanning.engine import graph_builders as build
from tests.scanning.engine.builders import archive, tensors
from tests.scanning.engine.graph_builders import keras_archive, keras_hdf5, layer, sequential
from tests.scanning.engine.hostile import PNG, Hostile, call


def hdf5(marker: str) -> Iterator[Hostile]:
    """Links to other files, code in attributes, bytes that belong to nothing, trees that bite their tail."""
    payload = call("os", "system", f"touch {marker}")
    numbers = np.arange(100.0)

    def linked(file: h5py.File) -> None:
        file["out"] = h5py.ExternalLink("/etc/passwd", "/")

    def relative(file: h5py.File) -> None:
        file["out"] = h5py.ExternalLink("other.h5", "/x")

    def stored(file: h5py.File) -> None:
        file.create_dataset("out", (4,), "u1", external=[("/etc/passwd", 0, 4)])

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((4,), "f8")
        layout[:] = h5py.VirtualSource("/etc/x.h5", "x", (4,))
        file.create_virtual_dataset("out", layout)

    yield Hostile("external-link.h5", build.hdf5(linked))
    yield Hostile("external-link-beside.h5", build.hdf5(relative))
    yield Hostile("external-link-new.h5", build.hdf5(linked, libver="latest"))
    yield Hostile("external-storage.h5", build.hdf5(stored))
    yield Hostile("virtual.h5", build.hdf5(virtual))

    def pickled(file: h5py.File) -> None:
        file.attrs["TITLE"] = np.bytes_(b"cos\nsystem\n(S'touch " + marker.encode() + b"'\ntR.")

    def opaque(file: h5py.File) -> None:
        file.attrs["object"] = np.void(payload)

    def rows(file: h5py.File) -> None:
        file.create_dataset("object", data=np.frombuffer(payload, "u1"))

    def pieces(file: h5py.File) -> None:
        file.create_dataset("object", data=np.frombuffer(payload, "u1"), chunks=(len(payload),))

    def listed(file: h5py.File) -> None:
        file.create_dataset("object", (1,), h5py.vlen_dtype("u1"))[0] = np.frombuffer(payload, "u1")

    for name, write in {"attribute": pickled, "opaque": opaque, "array": rows, "piece": pieces, "list": listed}.items():
        yield Hostile(f"pickle-in-{name}.h5", build.hdf5(write))

    def referring(file: h5py.File) -> None:
        file.create_group("g")
        file.attrs["r"] = file["g"].ref

    def named(file: h5py.File) -> None:
        file["kind"] = np.dtype("f8")
        file.create_dataset("x", data=numbers, dtype=file["kind"])

    yield Hostile("reference.h5", build.hdf5(referring), "needs-review")
    yield Hostile("named-type.h5", build.hdf5(named), "needs-review")
    yield Hostile(
        "block-before.h5", build.hdf5(lambda file: file.create_group("g"), userblock_size=512), "needs-review"
    )
    yield from _bent_hdf5(payload, numbers)


def _bent_hdf5(payload: bytes, numbers: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Iterator[Hostile]:
    plain = build.hdf5(lambda file: file.create_dataset("x", data=numbers))
    packed = build.hdf5(lambda file: file.create_dataset("x", data=numbers, chunks=(50,), compression="gzip"))
    yield Hostile("and-zip.h5", plain + archive({"a.pkl": payload}))
    yield Hostile("trailing.h5", plain + b"hello", "needs-review")
    yield Hostile("cut.h5", plain[:-100], "needs-review")
    at = plain.index(b"SNOD") + 200
    yield Hostile("hidden-in-a-node.h5", plain[:at] + b"hidden" + plain[at + 6 :], "needs-review")

    def deleted(file: h5py.File) -> None:
        file.create_dataset("x", data=numbers)
        file.create_dataset("y", data=numbers)
        del file["x"]

    yield Hostile("deleted.h5", build.hdf5(deleted), "needs-review")
    pipeline = packed.index(b"deflate") - 8
    yield Hostile("unknown-filter.h5", packed[:pipeline] + b"\x39\x30" + packed[pipeline + 2 :], "needs-review")
    tree = plain.index(b"TREE")
    child = plain.index(b"SNOD").to_bytes(8, "little")
    looped = plain.replace(child, tree.to_bytes(8, "little"), 1)
    yield Hostile("looped-tree.h5", looped, "needs-review")
    levels = bytearray(looped)
    levels[tree + 5] = 1
    yield Hostile("looped-levels.h5", bytes(levels), "needs-review")
    root = int.from_bytes(plain[64:72], "little")
    header = bytearray(plain)
    header[root + 16 : root + 40] = (
        (16).to_bytes(2, "little")
        + (16).to_bytes(2, "little")
        + bytes(4)
        + (root + 16).to_bytes(8, "little")
        + (24).to_bytes(8, "little")
    )
    yield Hostile("looped-header.h5", bytes(header), "needs-review")
    overlapping = plain.replace((800).to_bytes(8, "little"), (400).to_bytes(8, "little"), 1)
    yield Hostile("wrong-size.h5", overlapping, "needs-review")
    yield Hostile("nothing.h5", b"\x89HDF\r\n\x1a\n" + bytes(200), "needs-review")
    loaded = keras_hdf5(sequential(build.lambda_layer("/nowhere")))
    covered = bytes(512 - 8 - 80) + loaded
    described: dict[str, object] = {"t": {"dtype": "U8", "shape": [len(covered)], "data_offsets": [0, len(covered)]}}
    head = tensors(described, covered)
    shift = 512 - (len(head) - len(loaded))
    covered = bytes(512 - 8 - 80 + shift) + loaded
    described = {"t": {"dtype": "U8", "shape": [len(covered)], "data_offsets": [0, len(covered)]}}
    yield Hostile("also-hdf5.safetensors", tensors(described, covered))
    yield Hostile("also-hdf5.png", (PNG + bytes(512 - len(PNG))) + loaded)
    broken = loaded.replace(b"SNOD", b"SNOX")
    yield Hostile("behind-damage.h5", broken)
    yield Hostile("many.h5.zip", archive({"a.h5": keras_hdf5({"class_name": "Lambda", "config": {}})}))


def keras(marker: str) -> Iterator[Hostile]:
    """Configurations that hold code, or have the loader import, fetch or read something."""
    held = build.lambda_layer(marker)
    yield Hostile("lambda.keras", keras_archive(sequential(held)), runs=True)
    yield Hostile("lambda.h5", keras_hdf5(sequential(held)), runs=True)
    wrapped = layer("TimeDistributed", {"name": "t", "layer": held})
    yield Hostile("wrapped.keras", keras_archive(sequential(wrapped)))
    nested = {**sequential(held), "module": "keras"}
    yield Hostile("nested.keras", keras_archive(sequential(nested)), runs=True)
    shaped = layer(
        "Lambda", {"name": "l", "function": "relu", "output_shape": build.lambda_code(marker), "arguments": {}}
    )
    yield Hostile("shape.keras", keras_archive(sequential(shaped)))
    old = {"class_name": "Lambda", "config": {"function": ["4wE=", None, None], "function_type": "lambda"}}
    yield Hostile("old-lambda.h5", keras_hdf5({"class_name": "Sequential", "config": {"layers": [old]}}))
    yield Hostile("old-lambda.json", json.dumps({"class_name": "Sequential", "config": {"layers": [old]}}).encode())
    dense = layer("Dense", {"name": "d", "units": 2, "activation": build.lambda_code(marker)})
    yield Hostile("activation.keras", keras_archive(sequential(dense)))
    compiled = {**sequential(), "compile_config": {"loss": build.lambda_code(marker)}}
    yield Hostile("loss.keras", keras_archive(compiled))
    yield Hostile("training.h5", keras_hdf5({"loss": build.lambda_code(marker)}, "training_config"))
    imported = {
        "os": ("os", "system"),
        "subprocess": ("subprocess", "Popen"),
        "builtins": ("builtins", "exec"),
        "main": ("__main__", "Anything"),
        "theirs": ("theirs.layers", "Layer"),
        "dotted": ("keras.layers", "Dense.__init__"),
        "loader": ("keras.saving", "KerasFileEditor"),
        "callback": ("keras.callbacks", "LambdaCallback"),
        "internals": ("keras.src.utils.file_utils", "File"),
        "torch": ("keras.layers", "TorchModuleWrapper"),
        "saved": ("keras.layers", "TFSMLayer"),
        "flax": ("keras.layers", "FlaxLayer"),
        "old-spelling": ("tensorflow.keras.layers", "Lambda"),
        "other-package": ("tf_keras.src.layers.core.lambda_layer", "Lambda"),
    }
    for name, (module, cls) in imported.items():
        yield Hostile(f"{name}.keras", keras_archive(sequential(layer(cls, {"name": "x"}, module))))
    functions = {
        "fetch": ("keras.utils", "get_file"),
        "unlock": ("keras.config", "enable_unsafe_deserialization"),
        "load": ("keras.models", "load_model"),
        "shell": ("os", "system"),
        "eval": ("builtins", "eval"),
        "import": ("builtins", "__import__"),
        "scan": ("keras.ops", "while_loop"),
    }
    for name, (module, function) in functions.items():
        named = {"class_name": "function", "config": function, "module": module, "registered_name": function}
        yield Hostile(f"function-{name}.keras", keras_archive(sequential(layer("Dense", {"activation": named}))))
    yield from _more_keras(marker, held)


def _more_keras(marker: str, held: dict[str, object]) -> Iterator[Hostile]:
    pretended = layer("Popen", {}, "subprocess") | {"registered_name": "theirs>Popen"}
    yield Hostile("pretended.keras", keras_archive(sequential(pretended)))
    custom = layer("Theirs", {}, "theirs.layers") | {"registered_name": "theirs>Theirs"}
    yield Hostile("custom.keras", keras_archive(sequential(custom)), "needs-review")
    yield Hostile("custom-old.h5", keras_hdf5({"class_name": "theirs>Layer", "config": {}}), "needs-review")
    yield Hostile("newer.keras", keras_archive(sequential(layer("Newer", {}))), "needs-review")
    wanted = {"class_name": "function", "config": "theirs", "module": "builtins", "registered_name": "function"}
    yield Hostile(
        "custom-function.keras", keras_archive(sequential(layer("Dense", {"activation": wanted}))), "needs-review"
    )
    for name, words in {"file": "/etc/passwd", "address": "http://127.0.0.1:9/x", "beside": "words.txt"}.items():
        yield Hostile(f"words-{name}.keras", keras_archive(sequential(layer("StringLookup", {"vocabulary": words}))))
    spec: dict[str, object] = {
        "class_name": "__typespec__",
        "spec_name": "system",
        "module": "os",
        "registered_name": None,
        "config": [],
    }
    yield Hostile("spec.keras", keras_archive(sequential(layer("Dense", {"x": spec}))))
    for name, function in {"write": "io.write_file", "python": "py_function", "raw": "raw_ops.ReadFile"}.items():
        called = layer("TFOpLambda", {"name": "t", "function": function}, None)
        yield Hostile(f"calls-{name}.h5", keras_hdf5(sequential(called)))
    unlisted = layer("TFOpLambda", {"name": "t", "function": "theirs"}, None)
    yield Hostile("calls-unknown.h5", keras_hdf5(sequential(unlisted)), "needs-review")
    operator = layer("TensorFlowOpLayer", {"name": "t", "node_def": {"name": "r", "op": "ReadFile"}}, None)
    yield Hostile("operator.h5", keras_hdf5(sequential(operator)))
    method = layer("InstanceMethod", {"name": "t", "method_name": "eval"}, None)
    yield Hostile("method.h5", keras_hdf5(sequential(method)), "needs-review")
    twice = json.dumps(sequential())[:-1] + ', "config": {"layers": [' + json.dumps(held) + "]}}"
    yield Hostile("named-twice.keras", keras_archive(twice.encode()))
    hidden = json.dumps(sequential(held))[:-1] + ', "config": {"layers": []}}'
    yield Hostile("named-twice-hidden.keras", keras_archive(hidden.encode()))
    yield Hostile("wide.keras", keras_archive(json.dumps(sequential(held)).encode("utf-16")), runs=True)
    yield Hostile("no-json.keras", keras_archive(b"{"), "needs-review")
    payload = call("os", "system", f"touch {marker}")
    yield Hostile("asset.keras", keras_archive(sequential(), {"assets/words.txt": payload}))
    yield Hostile("outside.keras", keras_archive(sequential(), {"../x": b"x"}))
    yield Hostile("weights.keras", keras_archive(sequential(), {"extra.pkl": pickle.dumps(1) + payload}))
