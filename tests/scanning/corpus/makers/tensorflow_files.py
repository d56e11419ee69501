"""SavedModel folders and Keras files as TensorFlow writes them."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    """Plain functions, exported Keras models, a lookup table, and Keras files of this backend."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    tf = import_module("tensorflow")
    keras, numpy = tf.keras, import_module("numpy")
    keras.utils.set_random_seed(7)

    class Doubling(tf.Module):  # type: ignore[misc, name-defined]
        """One weight and one function."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable([2.0])

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, x: Any) -> Any:
            return x * self.weight

    class Lookup(tf.Module):  # type: ignore[misc, name-defined]
        """Words to numbers."""

        def __init__(self) -> None:
            super().__init__()
            pairs = tf.lookup.KeyValueTensorInitializer(["a", "b"], tf.constant([1, 2], tf.int64))
            self.table = tf.lookup.StaticHashTable(pairs, 0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])  # type: ignore[untyped-decorator]
        def __call__(self, x: Any) -> Any:
            return self.table.lookup(x)

    tf.saved_model.save(Doubling(), folder / "doubling")
    tf.saved_model.save(Lookup(), folder / "lookup")
    layers = keras.layers
    stack = keras.Sequential([layers.Input((4,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
    pictures = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    memory = keras.Sequential([layers.Input((5,)), layers.Embedding(8, 2), layers.GRU(2), layers.Dense(1)])
    words = layers.TextVectorization(output_sequence_length=4, vocabulary=["cat", "dog"])
    reading = keras.Sequential([layers.Input((1,), dtype="string"), words, layers.Embedding(8, 2), layers.Flatten()])
    stack.compile("adam", "mse")
    stack.fit(numpy.ones((4, 4)), numpy.ones((4, 1)), verbose=0)
    for name, model in {"stack": stack, "pictures": pictures, "memory": memory, "reading": reading}.items():
        model.export(folder / f"{name}-saved", verbose=False)
        model.save(folder / f"{name}.keras")
    stack.save(folder / "stack.h5")
    stack.save_weights(folder / "stack.weights.h5")
