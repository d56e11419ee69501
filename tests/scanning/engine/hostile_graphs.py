"""Hostile graphs and weights: ONNX, TensorFlow, HDF5 and Keras. Payloads only make an empty marker file.

`runs` says that loading the file with its own library, without asking it to be careful, makes the marker: see
verify_hostile_graphs.py, which tries it where those libraries are installed.
"""

import json
import pickle
from collections.abc import Iterator

import h5py
import numpy

from tests.scanning.engine import graph_builders as build
from tests.scanning.engine.builders import archive, tensors
from tests.scanning.engine.graph_builders import (
    field,
    keras_archive,
    keras_hdf5,
    layer,
    onnx_branch,
    onnx_external,
    onnx_function,
    onnx_graph,
    onnx_model,
    onnx_node,
    onnx_tensor,
    sequential,
    tf_call,
    tf_const,
    tf_function,
    tf_model,
    tf_node,
)
from tests.scanning.engine.hostile import PNG, Hostile, call


def onnx(marker: str) -> Iterator[Hostile]:
    """Operators that are code, tensors from elsewhere, and files that are more than a model."""
    payload = call("os", "system", f"touch {marker}")
    python = onnx_node("PyOp", "ai.onnx.contrib")
    plain = onnx_graph(onnx_node("Relu"))
    yield Hostile("python.onnx", onnx_model(onnx_graph(python)))
    yield Hostile("custom-python.onnx", onnx_model(onnx_graph(onnx_node("PyCustomOp_1", "ai.onnx.contrib"))))
    yield Hostile("training-python.onnx", onnx_model(onnx_graph(onnx_node("PythonOp", "com.microsoft"))))
    yield Hostile("compiled.onnx", onnx_model(onnx_graph(onnx_node("EPContext", "com.microsoft"))))
    yield Hostile("foreign-operator.onnx", onnx_model(onnx_graph(onnx_node("Tokenizer", "theirs"))), "needs-review")
    yield Hostile("other-domain.onnx", onnx_model(onnx_graph(onnx_node("Relu", "theirs"))), "needs-review")
    yield Hostile("unknown-operator.onnx", onnx_model(onnx_graph(onnx_node("Relux"))), "needs-review")
    inner = onnx_node("If", "", onnx_branch(onnx_graph(python)))
    yield Hostile("in-a-branch.onnx", onnx_model(onnx_graph(inner)))
    yield Hostile("in-two-branches.onnx", onnx_model(onnx_graph(onnx_node("If", "", onnx_branch(onnx_graph(inner))))))
    yield Hostile(
        "in-a-function.onnx", onnx_model(onnx_graph(onnx_node("F", "own")), field(25, onnx_function("F", python)))
    )
    yield Hostile("in-the-training.onnx", onnx_model(plain, field(20, field(2, onnx_graph(python)))))
    yield Hostile("in-a-second-graph.onnx", onnx_model(plain, field(7, onnx_graph(python))))
    yield Hostile("graph-first.onnx", field(7, onnx_graph(python)) + field(8, field(2, 18)) + field(1, 8))
    yield Hostile("unknown-field-first.onnx", field(99, "x") + onnx_model(onnx_graph(python)))
    for name, location in {
        "absolute": "/etc/passwd",
        "above": "../../../etc/passwd",
        "inside-out": "data/../../x",
        "windows": "C:\\x",
        "home": "~/x",
        "address": "file:///etc/passwd",
        "memory": "*/_ORT_MEM_ADDR_/*",
    }.items():
        yield Hostile(f"external-{name}.onnx", onnx_model(onnx_graph(tensors=[onnx_external(location)])))
    based = onnx_external("x", basepath="/etc")
    yield Hostile("external-base.onnx", onnx_model(onnx_graph(tensors=[based])))
    yield Hostile(
        "external-missing.onnx", onnx_model(onnx_graph(tensors=[onnx_external("weights.bin")])), "needs-review"
    )
    yield Hostile("wrong-size.onnx", onnx_model(onnx_graph(tensors=[onnx_tensor(b"abcd", length=9)])), "needs-review")
    yield Hostile("wrong-type.onnx", onnx_model(onnx_graph(tensors=[onnx_tensor(b"abcd", 99)])), "needs-review")
    yield Hostile(
        "huge-shape.onnx",
        onnx_model(onnx_graph(tensors=[onnx_tensor(b"", length=1 << 60) + field(1, 1 << 60)])),
        "needs-review",
    )
    yield Hostile("pickle-in-a-tensor.onnx", onnx_model(onnx_graph(tensors=[onnx_tensor(payload)])))
    old = b"cos\nsystem\n(S'touch " + marker.encode() + b"'\ntR."
    yield Hostile("old-pickle-in-a-tensor.onnx", onnx_model(onnx_graph(tensors=[onnx_tensor(old)])))
    texts = field(1, 1) + field(2, 8) + field(8, "t") + field(6, payload)
    yield Hostile("pickle-in-a-text.onnx", onnx_model(onnx_graph(tensors=[texts])))
    yield Hostile("and-zip.onnx", onnx_model(plain) + archive({"a.pkl": payload}))
    yield Hostile("zip-in-the-last-tensor.onnx", onnx_model(plain, field(6, archive({"a.pkl": payload}))))
    yield Hostile("trailing.onnx", onnx_model(plain) + b"\xff\xff\xff\xff", "needs-review")
    yield Hostile("cut.onnx", onnx_model(onnx_graph(tensors=[onnx_tensor(bytes(99))]))[:-40], "needs-review")
    yield Hostile("unknown-field.onnx", onnx_model(plain, field(77, "hidden")), "needs-review")
    yield Hostile("group.onnx", onnx_model(plain, b"\xeb\x04hello\xec\x04"), "needs-review")
    yield Hostile("endless-number.onnx", onnx_model(plain, b"\x28" + b"\xff" * 12), "needs-review")
    deep = plain
    for _ in range(200):
        deep = onnx_graph(onnx_node("If", "", onnx_branch(deep)))
    yield Hostile("deep.onnx", onnx_model(deep), "needs-review")
    yield Hostile("in-a-zip.zip", archive({"m/model.onnx": onnx_model(onnx_graph(python))}))


def tensorflow(marker: str) -> Iterator[Hostile]:
    """Operators that touch files or run Python, and names of files that lead out of the model."""
    name, text = tf_const("name", marker), tf_const("text", "x")
    write = tf_node("write", "WriteFile", ["name", "text"])
    yield Hostile("write/saved_model.pb", tf_model([name, text, write], [], build.tf_main("write")), runs=True)
    yield Hostile("read.pb", tf_model([name, tf_node("r", "ReadFile", ["name"])]))
    yield Hostile("list.pb", tf_model([name, tf_node("m", "MatchingFiles", ["name"])]))
    for operator in (
        "PyFunc",
        "EagerPyFunc",
        "PyFuncStateless",
        "RpcClient",
        "TFRecordDatasetV2",
        "Abort",
        "DumpTensor",
    ):
        yield Hostile(f"{operator}.pb", tf_model([tf_node("n", operator)]))
    yield Hostile("mapped.pb", tf_model([tf_node("n", "ImmutableConst", memory_region_name=field(2, "/etc/passwd"))]))
    yield Hostile("in-a-function.pb", tf_model([tf_call("c", "f")], [tf_function("f", [], name, text, write)]))
    yield Hostile("unknown.pb", tf_model([tf_node("n", "TheirOperator")]), "needs-review")
    yield Hostile("unknown-call.pb", tf_model([tf_node("n", "XlaCallModule")]), "needs-review")
    shadow = tf_function("Relu", [], name, text, write)
    yield Hostile("function-named-as-an-operator.pb", tf_model([tf_node("n", "Relu")], [shadow]))
    printed = tf_node("p", "PrintV2", ["text"], output_stream=field(2, f"file://{marker}"), end=field(2, ""))
    yield Hostile("print/saved_model.pb", tf_model([text, printed], [], build.tf_main("p")), runs=True)
    described = {"descriptor_source": field(2, "/etc/passwd")}
    yield Hostile("proto.pb", tf_model([tf_node("d", "DecodeProtoV2", ["text"], **described)]))
    words = {"vocab_file": field(2, "/etc/passwd")}
    yield Hostile("sampler.pb", tf_model([tf_node("s", "FixedUnigramCandidateSampler", ["text"], **words)]))
    debug = tf_node("d", "DebugIdentity", ["text"], T=build.STRING)
    yield Hostile("debug.pb", tf_model([text, debug]))
    yield from saving(marker)
    yield Hostile("asset.pb", tf_model([], [], build.tf_asset("../../../etc/passwd")))
    payload = call("os", "system", f"touch {marker}")
    yield Hostile("pickle-in-a-constant.pb", tf_model([tf_const("c", payload)]))
    content = field(8, field(1, 4) + field(2, field(2, field(1, len(payload)))) + field(4, payload))
    yield Hostile("pickle-in-numbers.pb", tf_model([tf_node("c", "Const", dtype=field(6, 4), value=content)]))
    wrong = field(8, field(1, 4) + field(2, field(2, field(1, 9))) + field(4, b"abcd"))
    yield Hostile("wrong-size.pb", tf_model([tf_node("c", "Const", value=wrong)]), "needs-review")
    yield Hostile("unknown-field.pb", tf_model([text]) + field(9, "hidden"), "needs-review")
    yield Hostile("two-graphs.pb", field(1, 1) + field(2, _two_graphs(write)))
    yield Hostile("cut.pb", tf_model([text, name])[:-9], "needs-review")
    yield Hostile("and-zip.pb", tf_model([text]) + archive({"a.pkl": payload}))
    held = json.dumps(build.lambda_layer(marker))
    yield Hostile("layer.pb", tf_model([], [], build.tf_layer("_tf_keras_layer", held)))
    saved = field(1, field(2, 1) + field(3, "root") + field(4, "_tf_keras_layer") + field(5, held))
    yield Hostile("keras_metadata.pb", saved)
    yield Hostile("saved_model.pbtxt", b"saved_model_schema_version: 1\nmeta_graphs {\n}\n", "needs-review")
    yield Hostile("any.pb", tf_model([], [], field(1, field(3, field(1, "theirs")))), "needs-review")


def _two_graphs(write: bytes) -> bytes:
    """A second graph, which readers merge with the first or take in its place."""
    return field(1, b"") + field(2, build.tf_graph([tf_node("n", "NoOp")])) + field(2, build.tf_graph([write]))


def saving(marker: str) -> Iterator[Hostile]:
    """The operators that every model has for saving itself, given other names."""
    names = [build.tf_texts("names", "w"), build.tf_texts("slices", ""), build.tf_texts("value", "x")]
    given = ["names", "slices", "value"]
    kinds = {"dtypes": field(1, field(6, 7))}
    yield Hostile(
        "save/saved_model.pb",
        tf_model(
            [tf_const("prefix", marker), *names, tf_node("save", "SaveV2", ["prefix", *given], **kinds)],
            [],
            build.tf_main("save"),
        ),
        runs=True,
    )
    inner = tf_function("saver", ["prefix"], *names, tf_node("s", "SaveV2", ["prefix", "names:output:0"], **kinds))
    yield Hostile("save-in-a-function.pb", tf_model([tf_const("p", marker), tf_call("c", "saver", ["p"])], [inner]))
    outer = tf_function("outer", ["x"], tf_call("c", "saver", ["x"]))
    nested = [tf_const("p", marker), tf_call("c", "outer", ["p"])]
    yield Hostile("save-in-two-functions.pb", tf_model(nested, [inner, outer]))
    joined = [tf_const("a", "/etc"), tf_const("b", "x"), tf_node("j", "StringJoin", ["a", "b"])]
    yield Hostile("save-joined.pb", tf_model([*joined, tf_node("s", "SaveV2", ["j", *given])]))
    home = [tf_const("a", "~/.bashrc"), tf_node("i", "Identity", ["a"]), tf_node("s", "SaveV2", ["i", *given])]
    yield Hostile("save-at-home.pb", tf_model(home))
    decoded = [tf_const("a", "L2V0Yy94"), tf_node("d", "DecodeBase64", ["a"]), tf_node("s", "SaveV2", ["d", *given])]
    yield Hostile("save-decoded.pb", tf_model(decoded), "needs-review")
    asked = [tf_node("where", "Placeholder"), tf_node("s", "SaveV2", ["where", *given])]
    yield Hostile("save-where-asked.pb", tf_model(asked, [], build.tf_signature("where")))
    table = tf_node("i", "InitializeTableFromTextFileV2", ["t", "p"])
    yield Hostile("table.pb", tf_model([tf_const("p", "/etc/passwd"), tf_node("t", "HashTableV2"), table]))
    remote = [tf_const("p", "http://127.0.0.1:9/x"), tf_node("r", "RestoreV2", ["p", *given])]
    yield Hostile("restore-from-an-address.pb", tf_model(remote))
    variable = [
        tf_node("v", "VarHandleOp"),
        tf_const("p", "/etc/x"),
        tf_node("a", "AssignVariableOp", ["v", "p"]),
        tf_node("g", "ReadVariableOp", ["v"]),
        tf_node("s", "RestoreV2", ["g", *given]),
    ]
    yield Hostile("restore-by-a-variable.pb", tf_model(variable))
    unassigned = [variable[0], variable[3], variable[4]]
    yield Hostile("restore-by-a-stored-variable.pb", tf_model(unassigned), "needs-review")
    bound = field(2, field(1, "saver") + field(2, field(2, 0)))
    objects = field(7, field(1, field(9, field(1, "p"))) + bound)
    yield Hostile("save-bound.pb", tf_model([tf_const("p", marker)], [inner], objects))


def bundles(marker: str) -> Iterator[Hostile]:
    """Checkpoints whose shards are something else. A folder is packed, so that it is one item."""
    payload = call("os", "system", f"touch {marker}")
    inner = archive({"a.pkl": payload})
    yield Hostile("pickle-as-a-shard.zip", archive(build.bundle(payload)))
    yield Hostile("zip-as-a-shard.zip", archive(build.bundle(inner)))
    yield Hostile("program-as-a-shard.zip", archive(build.bundle(b"\x7fELF" + bytes(60))))
    yield Hostile("shard-alone.zip", archive({"v.data-00000-of-00001": bytes(range(256))}), "needs-review")
    yield Hostile("shard-too-long.zip", archive(build.bundle(bytes(range(256)), 200)), "needs-review")
    yield Hostile("shard-too-short.zip", archive(build.bundle(bytes(range(256)), 300)), "needs-review")
    yield Hostile("shard-missing.zip", archive(build.bundle(bytes(range(256)), shards=2)), "needs-review")
    yield Hostile("gap-in-the-index.zip", archive(build.bundle(bytes(256), gap=b"hidden")), "needs-review")
    damaged = build.bundle(bytes(256))
    index = damaged["variables/variables.index"]
    yield Hostile("damaged.index", index[:3] + b"\xff" + index[4:], "needs-review")
    yield Hostile("index-without-header.index", build.table([(b"w", b"")]), "needs-review")
    yield Hostile("unordered.index", build.table([(b"", field(1, 1)), (b"b", b""), (b"a", b"")]), "needs-review")
    hidden = {"model.onnx": onnx_model(onnx_graph(tensors=[onnx_external("w.bin", len(payload))])), "w.bin": payload}
    yield Hostile("pickle-as-external-data.zip", archive(hidden))
    torch = archive({"m/data.pkl": payload})
    hidden = {"model.onnx": onnx_model(onnx_graph(tensors=[onnx_external("w.pt", len(torch))])), "w.pt": torch}
    yield Hostile("checkpoint-as-external-data.zip", archive(hidden))


def hdf5(marker: str) -> Iterator[Hostile]:
    """Links to other files, code in attributes, bytes that belong to nothing, trees that bite their tail."""
    payload = call("os", "system", f"touch {marker}")
    numbers = numpy.arange(100.0)

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
        file.attrs["TITLE"] = numpy.bytes_(b"cos\nsystem\n(S'touch " + marker.encode() + b"'\ntR.")

    def opaque(file: h5py.File) -> None:
        file.attrs["object"] = numpy.void(payload)

    def rows(file: h5py.File) -> None:
        file.create_dataset("object", data=numpy.frombuffer(payload, "u1"))

    def pieces(file: h5py.File) -> None:
        file.create_dataset("object", data=numpy.frombuffer(payload, "u1"), chunks=(len(payload),))

    def listed(file: h5py.File) -> None:
        file.create_dataset("object", (1,), h5py.vlen_dtype("u1"))[0] = numpy.frombuffer(payload, "u1")

    for name, write in {"attribute": pickled, "opaque": opaque, "array": rows, "piece": pieces, "list": listed}.items():
        yield Hostile(f"pickle-in-{name}.h5", build.hdf5(write))

    def referring(file: h5py.File) -> None:
        file.create_group("g")
        file.attrs["r"] = file["g"].ref

    def named(file: h5py.File) -> None:
        file["kind"] = numpy.dtype("f8")
        file.create_dataset("x", data=numbers, dtype=file["kind"])

    yield Hostile("reference.h5", build.hdf5(referring), "needs-review")
    yield Hostile("named-type.h5", build.hdf5(named), "needs-review")
    yield Hostile(
        "block-before.h5", build.hdf5(lambda file: file.create_group("g"), userblock_size=512), "needs-review"
    )
    yield from _bent_hdf5(payload, numbers)


def _bent_hdf5(payload: bytes, numbers: "numpy.ndarray[tuple[int], numpy.dtype[numpy.float64]]") -> Iterator[Hostile]:
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
    spec = {"class_name": "__typespec__", "spec_name": "system", "module": "os", "registered_name": None, "config": []}
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
    yield Hostile("wide.keras", keras_archive(json.dumps(sequential(held)).encode("utf-16")))
    yield Hostile("no-json.keras", keras_archive(b"{"), "needs-review")
    payload = call("os", "system", f"touch {marker}")
    yield Hostile("asset.keras", keras_archive(sequential(), {"assets/words.txt": payload}))
    yield Hostile("outside.keras", keras_archive(sequential(), {"../x": b"x"}))
    yield Hostile("weights.keras", keras_archive(sequential(), {"extra.pkl": pickle.dumps(1) + payload}))


def corpus(folder: str) -> list[Hostile]:
    """Every hostile graph. Whatever runs makes the file `marker` in `folder`."""
    marker = f"{folder}/marker"
    return [item for make in (onnx, tensorflow, bundles, hdf5, keras) for item in make(marker)]
