"""Writes graph_samples/: small graphs as real libraries save them. The tests only read what it wrote.

Run it twice, each time in an environment of its own: with skl2onnx, onnx, torch, keras and h5py
(`KERAS_BACKEND=torch python make_graph_samples.py others`), and with TensorFlow (`... tensorflow`).
"""

import os
import shutil
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).with_name("graph_samples")


def place(name: str) -> Path:
    """Where the sample of this name goes; whatever was there is gone."""
    path = SAMPLES / name
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


# ---- ONNX


def write_skl2onnx() -> None:
    """Pipelines of scikit-learn, whose operators are those for classical models."""
    numpy, skl2onnx = import_module("numpy"), import_module("skl2onnx")
    ensemble, linear, svm = (import_module(f"sklearn.{name}") for name in ("ensemble", "linear_model", "svm"))
    scaling, make_pipeline = import_module("sklearn.preprocessing"), import_module("sklearn.pipeline").make_pipeline
    rows = numpy.linspace(0, 1, 48).reshape(24, 2).astype("float32")
    classes = numpy.arange(24) % 3
    for name, model in {
        "logistic": make_pipeline(scaling.StandardScaler(), linear.LogisticRegression()),
        "forest": ensemble.RandomForestClassifier(n_estimators=2, max_depth=2, random_state=1),
        "machine": svm.SVC(probability=False),
        "regression": make_pipeline(scaling.MinMaxScaler(), linear.Ridge()),
    }.items():
        model.fit(rows, classes)
        place(f"{name}.onnx").write_bytes(skl2onnx.to_onnx(model, rows[:1]).SerializeToString())


def write_onnx() -> None:
    """Graphs made by hand: branches, a function of the model's own, every element type, tensors in another file."""
    onnx, numpy = import_module("onnx"), import_module("numpy")
    helper, numpy_helper, kind = onnx.helper, onnx.numpy_helper, onnx.TensorProto
    condition = helper.make_tensor_value_info("c", kind.BOOL, [])
    number = helper.make_tensor_value_info("x", kind.FLOAT, [2])
    out = helper.make_tensor_value_info("y", kind.FLOAT, [2])

    def branch(operator: str) -> Any:
        inner = helper.make_tensor_value_info("z", kind.FLOAT, [2])
        return helper.make_graph([helper.make_node(operator, ["x"], ["z"])], operator, [], [inner])

    twice = helper.make_function(
        "own", "Twice", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    nodes = [
        helper.make_node("If", ["c"], ["i"], then_branch=branch("Relu"), else_branch=branch("Neg")),
        helper.make_node("Twice", ["i"], ["y"], domain="own"),
    ]
    types = [
        helper.make_tensor(f"t{code}", code, [3], [0, 1, 1])
        for code in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 21, 22)
    ]
    types.append(helper.make_tensor("words", kind.STRING, [2], [b"a", b"bc"]))
    graph = helper.make_graph(nodes, "branches", [condition, number], [out], initializer=types)
    model = helper.make_model(
        graph, functions=[twice], opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    )
    helper.set_model_props(model, {"author": "somebody"})
    onnx.save(model, place("branches.onnx"))

    folder = place("external")
    folder.mkdir()
    weights = [numpy_helper.from_array(numpy.ones((5, 3), "float32") * n, f"w{n}") for n in range(3)]
    nodes = [helper.make_node("Sum", ["w0", "w1", "w2"], ["y"])]
    out = helper.make_tensor_value_info("y", kind.FLOAT, [5, 3])
    model = helper.make_model(helper.make_graph(nodes, "sum", [], [out], initializer=weights))
    onnx.save(model, folder / "model.onnx", save_as_external_data=True, location="model.onnx.data", size_threshold=0)


def write_torch_onnx() -> None:
    """What torch exports."""
    torch = import_module("torch")
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8, 2))
    torch.onnx.export(net.eval(), (torch.zeros(1, 1, 4, 4),), str(place("net.onnx")), dynamo=False)


# ---- Keras and HDF5


def keras_models() -> dict[str, Any]:
    """A few architectures, small enough to keep."""
    keras = import_module("keras")
    layers = keras.layers
    image = keras.Input((8, 8, 1))
    branch = layers.Conv2D(2, 3, padding="same", activation="relu", kernel_regularizer="l2")(image)
    joined = layers.Concatenate()([image, layers.BatchNormalization()(branch)])
    head = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(joined)))
    words = keras.Input((5,), dtype="int32")
    embedded = layers.Embedding(10, 4)(words)
    attended = layers.MultiHeadAttention(2, 2)(embedded, embedded)
    found = layers.Dense(1)(layers.GlobalMaxPooling1D()(layers.LayerNormalization()(attended + embedded)))
    return {
        "dense": keras.Sequential(
            [keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dropout(0.1), layers.Dense(1)]
        ),
        "convolution": keras.Model(image, head),
        "attention": keras.Model(words, found),
        "recurrent": keras.Sequential(
            [keras.Input((4, 2)), layers.Bidirectional(layers.LSTM(2, return_sequences=True)), layers.GRU(2)]
        ),
    }


def write_keras(suffix: str = "", *only: str) -> None:
    """Each architecture, or only some, compiled and saved in the new format and the old one."""
    keras = import_module("keras")
    losses = {"dense": "mse", "convolution": keras.losses.CategoricalCrossentropy(), "attention": "mae"}
    for name, model in keras_models().items():
        if only and name not in only:
            continue
        rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
        model.compile(optimizer=keras.optimizers.Adam(rate), loss=losses.get(name, "mse"), metrics=["mae"])
        model.optimizer.build(model.trainable_variables)
        model.save(place(f"{name}{suffix}.keras"))
        model.save(place(f"{name}{suffix}.h5"))
    keras_models()["dense"].save_weights(place(f"dense{suffix}.weights.h5"))


def write_words() -> None:
    """A model that brings the words it knows, which needs TensorFlow."""
    keras, tf = import_module("keras"), import_module("tensorflow")
    words = keras.layers.TextVectorization(max_tokens=20, output_sequence_length=4)
    words.adapt(["one two three", "four five six"])
    layers = [keras.Input((1,), dtype="string"), words, keras.layers.Embedding(20, 2), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.AdamW(1e-3), keras.losses.BinaryCrossentropy(), metrics=[keras.metrics.AUC()])
    model(tf.constant([["one"]]))
    model.save(place("words.keras"))
    model.export(str(place("words")), verbose=False)


def write_hdf5() -> None:
    """Plain files: many groups, compressed pieces, texts, attributes of many kinds, empty and extendible arrays."""
    h5py, numpy = import_module("h5py"), import_module("numpy")
    numbers = numpy.arange(4000.0).reshape(40, 100)
    libraries: dict[str, dict[str, Any]] = {"earliest": {}, "latest": {"libver": "latest"}}
    for name, options in libraries.items():
        with h5py.File(place(f"arrays-{name}.hdf5"), "w", **options) as file:
            file.create_dataset("plain", data=numbers[:4])
            file.create_dataset("packed", data=numbers, chunks=(8, 50), compression="gzip", shuffle=True)
            file.create_dataset("checked", data=numbers[:8], chunks=(4, 10), fletcher32=True)
            file.create_dataset("quick", data=numbers[:8], chunks=(8, 100), compression="lzf")
            file.create_dataset("growing", data=numbers[:8, :10], chunks=(4, 5), maxshape=(None, 10))
            file.create_dataset("words", data=["one", "two", "three" * 9], dtype=h5py.string_dtype())
            file.create_dataset("fixed", data=numpy.array([b"abc", b"de"]))
            file.create_dataset("nothing", shape=(0, 3), dtype="float32")
            file.create_dataset("empty", dtype="int8", shape=None)
            file.create_dataset("point", data=3)
            file.create_dataset("flags", data=numpy.array([True, False]))
            file.create_dataset("pairs", data=numpy.zeros(3, dtype=[("a", "<i4"), ("b", "<f8", (2,))]))
            file.create_dataset("waves", data=numpy.ones(3, "complex64"))
            file.attrs["text"] = "a text that is a little longer than short"
            file.attrs["list"] = ["a", "bc"]
            file.attrs["number"] = 3.5
            file.attrs["array"] = numbers[0, :5]
            for index in range(4):
                group = file.create_group(f"group-{index}/inner")
                group["again"] = file["plain"]
                group["soft"] = h5py.SoftLink("/plain")
    with h5py.File(place("groups.hdf5"), "w") as file:
        for index in range(60):
            file.create_group(f"g{index}").attrs["n"] = index
    with h5py.File(place("pieces.hdf5"), "w") as file:
        file.create_dataset("many", data=numbers, chunks=(2, 5))


# ---- TensorFlow


def write_saved_models() -> None:
    """Folders that TensorFlow writes: modules, one with a table and an asset, Keras' export, the old way."""
    tf = import_module("tensorflow")

    class Scale(tf.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable([[1.0, 2.0], [3.0, 4.0]])

        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, rows: Any) -> Any:
            return tf.cond(tf.reduce_sum(rows) > 0, lambda: rows @ self.weight, lambda: rows)

    tf.saved_model.save(Scale(), str(place("module")))

    # A short name, because it is written into the graph.
    os.chdir(SAMPLES)
    vocabulary = Path("words.txt")
    vocabulary.write_text("one\ntwo\n")

    class Words(tf.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            lines = tf.lookup.TextFileInitializer(
                str(vocabulary),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            )
            self.table = tf.lookup.StaticVocabularyTable(lines, 1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])  # type: ignore[untyped-decorator]
        def __call__(self, words: Any) -> Any:
            return self.table.lookup(tf.strings.lower(words))

    tf.saved_model.save(Words(), str(place("vocabulary")))
    vocabulary.unlink()

    models = keras_models()
    models["convolution"].export(str(place("exported")), verbose=False)
    tf.saved_model.save(models["dense"], str(place("saved-dense")))
    tf.train.Checkpoint(weight=tf.Variable([1.0, 2.0]), step=tf.Variable(1)).write(str(place("checkpoint") / "ckpt"))

    old = tf.compat.v1
    with tf.Graph().as_default(), old.Session() as session:
        rows = old.placeholder(tf.float32, [None, 2], name="rows")
        weight = old.get_variable("weight", [2, 1], use_resource=False)
        answer = tf.matmul(rows, weight)
        session.run(old.global_variables_initializer())
        frozen = old.graph_util.convert_variables_to_constants(session, session.graph_def, [answer.op.name])
        place("frozen.pb").write_bytes(frozen.SerializeToString())
        old.saved_model.simple_save(session, str(place("old")), {"rows": rows}, {"answer": answer})


def main(which: str) -> None:
    """Write one half of the samples."""
    warnings.simplefilter("ignore")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    halves: dict[str, list[Callable[[], None]]] = {
        "others": [write_skl2onnx, write_onnx, write_torch_onnx, write_keras, write_hdf5],
        "tensorflow": [write_saved_models, write_words, lambda: write_keras("-tensorflow", "dense")],
    }
    for write in halves[which]:
        write()


if __name__ == "__main__":
    main(sys.argv[1])
