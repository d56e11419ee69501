"""Hostile graphs: ONNX, TensorFlow and what keeps their tensors. Payloads only make an empty marker file.

`runs` says that loading the file with its own library, without asking it to be careful, makes the marker: see
verify_hostile_graphs.py, which tries it where those libraries are installed.
"""

import json
from collections.abc import Iterator

from tests.scanning.engine import graph_builders as build
from tests.scanning.engine.builders import archive
from tests.scanning.engine.graph_builders import (
    field,
    onnx_branch,
    onnx_external,
    onnx_function,
    onnx_graph,
    onnx_model,
    onnx_node,
    onnx_tensor,
    tf_call,
    tf_const,
    tf_function,
    tf_model,
    tf_node,
)
from tests.scanning.engine.hostile import Hostile, call
from tests.scanning.engine.hostile_weights import hdf5, keras


def onnx(marker: str) -> Iterator[Hostile]:
    """Operators that are code, tensors from elsewhere, and files that are more than a model."""
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
    yield Hostile("in-a-zip.zip", archive({"m/model.onnx": onnx_model(onnx_graph(python))}))
    yield from _bent_onnx(marker, plain)


def _bent_onnx(marker: str, plain: bytes) -> Iterator[Hostile]:
    payload = call("os", "system", f"touch {marker}")
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
    fields_before = b"".join(field(4, "x") for _ in range(200))
    yield Hostile("behind-many-fields.onnx", fields_before + onnx_model(onnx_graph(onnx_node("PyOp"))))
    long = field(1, "x") + field(4, "Relu" * 20_000)
    yield Hostile("behind-a-long-name.onnx", onnx_model(onnx_graph(long, onnx_node("PyOp"))))
    yield Hostile("trailing.onnx", onnx_model(plain) + b"\xff\xff\xff\xff", "needs-review")
    yield Hostile("cut.onnx", onnx_model(onnx_graph(tensors=[onnx_tensor(bytes(99))]))[:-40], "needs-review")
    yield Hostile("unknown-field.onnx", onnx_model(plain, field(77, "hidden")), "needs-review")
    yield Hostile("group.onnx", onnx_model(plain, b"\xeb\x04hello\xec\x04"), "needs-review")
    yield Hostile("endless-number.onnx", onnx_model(plain, b"\x28" + b"\xff" * 12), "needs-review")
    deep = plain
    for _ in range(200):
        deep = onnx_graph(onnx_node("If", "", onnx_branch(deep)))
    yield Hostile("deep.onnx", onnx_model(deep), "needs-review")


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
    called = [name, text, tf_call("c", "f", ["name", "text"])]
    body = tf_node("write", "WriteFile", ["a", "b"])
    function = tf_function("f", ["a", "b"], body)
    yield Hostile("call/saved_model.pb", tf_model(called, [function], build.tf_main("c")), runs=True)
    yield from saving(marker)
    text_in_bytes = field(8, field(1, 7) + field(2, b"") + field(4, b"\x06/etc/x"))
    kept = [tf_node("p", "Const", dtype=build.STRING, value=text_in_bytes), tf_node("s", "SaveV2", ["p"])]
    yield Hostile("save-in-bytes.pb", tf_model(kept), "needs-review")
    many = [build.tf_texts("p", *["x"] * 40, "/etc/x"), tf_node("m", "MergeV2Checkpoints", ["p", "p"])]
    yield Hostile("merge-many.pb", tf_model(many))
    yield Hostile("asset.pb", tf_model([], [], build.tf_asset("../../../etc/passwd")))
    yield from _bent_tensorflow(marker)


def _bent_tensorflow(marker: str) -> Iterator[Hostile]:
    name, text = tf_const("name", marker), tf_const("text", "x")
    write = tf_node("write", "WriteFile", ["name", "text"])
    payload = call("os", "system", f"touch {marker}")
    yield Hostile("pickle-in-a-constant.pb", tf_model([tf_const("c", payload)]))
    content = field(8, field(1, 4) + field(2, field(2, field(1, len(payload)))) + field(4, payload))
    yield Hostile("pickle-in-numbers.pb", tf_model([tf_node("c", "Const", dtype=field(6, 4), value=content)]))
    wrong = field(8, field(1, 4) + field(2, field(2, field(1, 9))) + field(4, b"abcd"))
    yield Hostile("wrong-size.pb", tf_model([tf_node("c", "Const", value=wrong)]), "needs-review")
    yield Hostile("unknown-field.pb", tf_model([text]) + field(9, "hidden"), "needs-review")
    yield Hostile("frozen.pb", build.tf_graph([name, tf_node("r", "ReadFile", ["name"])]))
    long = tf_node("n" * 70_000, "NoOp")
    yield Hostile("behind-a-long-name.pb", tf_model([long, tf_node("n", "PyFunc")]))
    yield Hostile("behind-damage.pb", tf_model([b"\x0a\x7f", tf_node("n", "PyFunc")]))
    registered = field(7, field(1, field(13, "theirs.Object")))
    yield Hostile("registered.pb", tf_model([text], [], registered), "needs-review")
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


def corpus(folder: str) -> list[Hostile]:
    """Every hostile graph. Whatever runs makes the file `marker` in `folder`."""
    marker = f"{folder}/marker"
    return [item for make in (onnx, tensorflow, bundles, hdf5, keras) for item in make(marker)]
